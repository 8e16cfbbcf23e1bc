"""Endpoints of nof1's API: envelope keys, feeds, and which endpoint a body came from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from nof1tui.domain.records import Feed
from nof1tui.sources.decoding.envelopes import read_envelope
from nof1tui.sources.decoding.errors import DECODE_ERRORS
from nof1tui.sources.decoding.schema_drift import DriftRecorder
from nof1tui.sources.decoding.timestamps import is_finer_than_seconds, parse_timestamp_or_none

ENDPOINT_BY_ENVELOPE_KEY = {
    "accountTotals": "account-totals",
    "trades": "trades",
    "conversations": "conversations",
    "prices": "crypto-prices",
    "analytics": "analytics",
    "sinceInceptionValues": "since-inception-values",
}
"""Every endpoint with data, by the envelope key of its records."""
ENVELOPE_KEY_BY_ENDPOINT = {endpoint: key for key, endpoint in ENDPOINT_BY_ENVELOPE_KEY.items()}
_GENERIC_KEYS = ("data", "results", "items", "records")
OTHER_ENVELOPE_KEYS = {
    "account-totals": ("account_totals", "accounts", *_GENERIC_KEYS),
    "trades": ("closedTrades", "closed_trades", "trade_history", *_GENERIC_KEYS),
    "conversations": ("decisions", "chats", *_GENERIC_KEYS),
    "crypto-prices": ("cryptoPrices", "crypto_prices", *_GENERIC_KEYS),
    "analytics": ("statistics", *_GENERIC_KEYS),
    "since-inception-values": ("since_inception_values", "inceptions", *_GENERIC_KEYS),
}
"""Other keys under which servers put the records, by endpoint."""
SERVER_TIME_KEYS = ("serverTime", "server_time")
ENVELOPE_METADATA = frozenset({*SERVER_TIME_KEYS, "lastHourlyMarkerRead"})
"""Envelope keys beside the records."""
FEED_BY_ENDPOINT = {
    "account-totals": Feed.ACCOUNTS,
    "trades": Feed.TRADES,
    "conversations": Feed.DECISIONS,
    "crypto-prices": Feed.PRICES,
    "analytics": Feed.ANALYTICS,
    "since-inception-values": Feed.SEASON,
}


def detect_endpoint(body: bytes) -> str | None:
    """The data endpoint that this body's envelope belongs to; None for any other JSON object.

    Raises SourceMalformed when the body is not a JSON object.
    """
    envelope = read_envelope(body)
    return next((name for key, name in ENDPOINT_BY_ENVELOPE_KEY.items() if key in envelope), None)


def endpoint_of_name(name: str) -> str | None:
    """The endpoint in the name of a recorded file: `account-totals`, `analytics-gpt-5`."""
    return next((known for known in FEED_BY_ENDPOINT if name == known or name.startswith(f"{known}-")), None)


def read_server_time(body: bytes) -> datetime | None:
    """The body's `serverTime`; None without one. Raises SourceMalformed when it is not a JSON object."""
    return read_body_time(read_envelope(body))


def read_body_time(envelope: Mapping[str, Any], drift: DriftRecorder | None = None) -> datetime | None:
    """The time at which the body was made; None without one. Another form of it is drift."""
    key = next((key for key in SERVER_TIME_KEYS if key in envelope), None)
    if key is None:
        return None
    value = envelope[key]
    try:
        value = msgspec.json.decode(value) if isinstance(value, Raw) else value
    except DECODE_ERRORS:
        value = None
    moment = parse_timestamp_or_none(value)
    if drift is not None:
        _record_form(drift, key, value, moment)
    return moment


def _record_form(drift: DriftRecorder, key: str, value: object, moment: datetime | None) -> None:
    """Record how the time of a body differs from milliseconds under `serverTime`."""
    if key != SERVER_TIME_KEYS[0]:
        drift.add_change("envelope", key, "read as serverTime")
    if moment is None and value:
        drift.add_change("envelope", key, "left out: not a time", repr(value)[:80].encode("ascii", "replace"))
    elif isinstance(value, str):
        drift.add_change("envelope", key, "Expected int, got str")
    elif isinstance(value, int | float) and value and not is_finer_than_seconds(value):
        drift.add_change("envelope", key, "seconds, not milliseconds")
