"""Bytes of the nof1 API to records, pure (contract sections 1 to 4).

The envelope must be right, or the answer is malformed as a whole. Every record is decoded on its
own: strictly, then leniently ("1.5" for 1.5), else it is a reject with its raw text and the reason.
The one place to edit when the arena renames a field is `wire_records`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from nof1tui.domain.model import (
    AccountRow,
    Analytics,
    Batch,
    Decision,
    Feed,
    Inception,
    Price,
    Reject,
    Trade,
)
from nof1tui.domain.roster import Roster
from nof1tui.ports import SourceMalformed
from nof1tui.sources import wire_convert as convert
from nof1tui.sources.wire_convert import Unusable

SLICE = 40
"""Records decoded before the event loop gets a turn."""

ENVELOPES = {
    "accountTotals": "account-totals",
    "trades": "trades",
    "conversations": "conversations",
    "prices": "crypto-prices",
    "analytics": "analytics",
    "sinceInceptionValues": "since-inception-values",
}
"""Envelope key of every endpoint that carries data."""

FEEDS = {
    "account-totals": Feed.ACCOUNTS,
    "trades": Feed.TRADES,
    "conversations": Feed.DECISIONS,
    "crypto-prices": Feed.PRICES,
    "analytics": Feed.ANALYTICS,
    "since-inception-values": Feed.SEASON,
}


@dataclass
class Decoding:
    """One body on its way to records; `slices` does the work bit by bit."""

    endpoint: str
    fetched_at: datetime
    roster: Roster
    made_at: datetime | None
    records: list[tuple[str | None, Raw]]
    """Key (of a map) and raw record."""
    accounts: list[AccountRow] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    analytics: list[Analytics] = field(default_factory=list)
    inceptions: list[Inception] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def slices(self) -> Iterator[None]:
        """Decode; yields after every `SLICE` records."""
        for index, (key, raw) in enumerate(self.records, start=1):
            data = bytes(raw)
            try:
                self._record(key, data)
            except (Unusable, OverflowError, *convert.DECODE_ERRORS) as error:
                self._reject(data, convert.reason_of(error))
            if index % SLICE == 0:
                yield

    def batch(self) -> Batch:
        return Batch(
            feed=FEEDS[self.endpoint],
            endpoint=self.endpoint,
            fetched_at=self.fetched_at,
            made_at=self.made_at,
            accounts=tuple(self.accounts),
            trades=tuple(self.trades),
            decisions=tuple(self.decisions),
            prices=tuple(self.prices),
            analytics=tuple(self.analytics),
            inceptions=tuple(self.inceptions),
            rejects=tuple(self.rejects),
        )

    def _record(self, key: str | None, data: bytes) -> None:
        match self.endpoint:
            case "account-totals":
                row, refused = convert.account_row(data, self.fetched_at, self.roster)
                self.accounts.append(row)
                for raw, reason in refused:
                    self._reject(raw, f"position of {row.account.slug} at {row.observed_at:%F %TZ}: {reason}")
            case "trades":
                self.trades.append(convert.trade(data, self.fetched_at, self.roster))
            case "conversations":
                self.decisions.append(convert.decision(data, self.fetched_at, self.roster))
            case "crypto-prices":
                self.prices.append(convert.price(key or "", data, self.fetched_at, self.made_at))
            case "analytics":
                self.analytics.append(convert.analytics(data, self.fetched_at, self.roster))
            case _:
                self.inceptions.append(convert.inception(data, self.fetched_at, self.roster))

    def _reject(self, data: bytes, reason: str) -> None:
        raw = data.decode("utf-8", "backslashreplace")
        self.rejects.append(Reject(self.endpoint, raw, reason, self.fetched_at))


def open_body(endpoint: str, body: bytes, *, fetched_at: datetime, roster: Roster) -> Decoding:
    """Check the envelope of a body of this endpoint; the records are decoded by `slices`.

    Raises SourceMalformed when it is no JSON object, or the endpoint's list is missing.
    """
    envelope = _envelope(body)
    key = next(key for key, name in ENVELOPES.items() if name == endpoint)
    if key not in envelope:
        raise SourceMalformed(f"{endpoint}: the answer has no {key!r} but {_keys(envelope)}")
    records = _records(endpoint, key, envelope[key])
    return Decoding(endpoint, fetched_at, roster, _server_time(envelope.get("serverTime")), records)


def parse(endpoint: str, body: bytes, *, fetched_at: datetime, roster: Roster) -> Batch:
    """The whole body at once. Raises SourceMalformed like `open_body`."""
    decoding = open_body(endpoint, body, fetched_at=fetched_at, roster=roster)
    for _ in decoding.slices():
        pass
    return replace(decoding.batch(), body_bytes=len(body))


def endpoint_of(body: bytes) -> str | None:
    """Which data endpoint's envelope this is; None for any other JSON.

    Raises SourceMalformed when it is no JSON object.
    """
    envelope = _envelope(body)
    return next((name for key, name in ENVELOPES.items() if key in envelope), None)


def _records(endpoint: str, key: str, value: Raw | Any) -> list[tuple[str | None, Raw]]:
    try:
        if not isinstance(value, Raw):
            return _loose_records(value)
        if endpoint == "crypto-prices":
            return list(msgspec.json.decode(value, type=dict[str, Raw]).items())
        return [(None, record) for record in msgspec.json.decode(value, type=list[Raw])]
    except (*convert.DECODE_ERRORS, TypeError) as error:
        raise SourceMalformed(f"{endpoint}: {key!r} is not what it should be: {error}") from error


def _loose_records(value: Any) -> list[tuple[str | None, Raw]]:
    items = value.items() if isinstance(value, dict) else ((None, record) for record in list(value))
    return [(key, Raw(_dumps_loosely(record))) for key, record in items]


def _dumps_loosely(value: Any) -> bytes:
    """JSON with lone surrogates as `?`; `NaN` stays, so that only the record with it is rejected."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _envelope(body: bytes) -> Mapping[str, Raw | Any]:
    """The top-level keys; raw, or decoded where the body is JSON only loosely (NaN, lone surrogates)."""
    try:
        return msgspec.json.decode(body, type=dict[str, Raw])
    except convert.DECODE_ERRORS as error:
        loose = _loose_envelope(body)
        if loose is not None:
            return loose
        raise SourceMalformed(_what_came(body, error)) from error


def _loose_envelope(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _what_came(body: bytes, error: Exception) -> str:
    start = body[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body")):
        return "the server answered with a web page, not with data"
    if not body.strip():
        return "the server answered with an empty body"
    return f"the answer is not a JSON object: {error}"


def _server_time(value: Raw | Any) -> datetime | None:
    try:
        return convert.moment_or_none(msgspec.json.decode(value) if isinstance(value, Raw) else value)
    except convert.DECODE_ERRORS:
        return None


def _keys(envelope: Mapping[str, Raw | Any]) -> str:
    names = [key[:40] for key in list(envelope)[:8]]
    return ", ".join(repr(name) for name in names) or "nothing at all"
