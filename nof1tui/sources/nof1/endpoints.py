"""Endpoints of nof1's API: envelope keys, feeds, and which endpoint a body came from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from nof1tui.domain.records import Feed
from nof1tui.sources.decoding.json_stream import DECODE_ERRORS, read_envelope
from nof1tui.sources.decoding.values import parse_timestamp_or_none

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
ENVELOPE_METADATA = frozenset({"serverTime", "lastHourlyMarkerRead"})
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


def read_server_time(body: bytes) -> datetime | None:
    """The body's `serverTime`; None without one. Raises SourceMalformed when it is not a JSON object."""
    return parse_server_time(read_envelope(body).get("serverTime"))


def parse_server_time(value: Raw | Any) -> datetime | None:
    """The time in an envelope's `serverTime`; None when it is not a time."""
    try:
        return parse_timestamp_or_none(msgspec.json.decode(value) if isinstance(value, Raw) else value)
    except DECODE_ERRORS:
        return None
