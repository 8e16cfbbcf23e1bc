"""Bodies of the nof1 API to records, pure (contract sections 1 to 4).

The envelope must be right, or the answer is malformed as a whole. Every record is decoded on its
own, while the body streams in: strictly, then leniently ("1.5" for 1.5), else it is a reject with
its raw text and the reason. The one place to edit when the arena renames a field is `wire_records`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw

from nof1tui.domain.batch import Batch, Reject
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import (
    AccountRow,
    Analytics,
    Decision,
    Feed,
    Inception,
    Price,
    Record,
    Trade,
    record_time,
)
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.decoding.json_stream import DECODE_ERRORS, KeyedRecord, RecordStream, read_envelope
from nof1tui.sources.decoding.schema_drift import DriftRecorder, KnownDrift
from nof1tui.sources.decoding.values import InvalidRecord, parse_timestamp_or_none, reject_reason
from nof1tui.sources.nof1 import context as convert
from nof1tui.sources.nof1 import season
from nof1tui.sources.nof1.accounts import parse_account_row
from nof1tui.sources.nof1.decisions import parse_decision
from nof1tui.sources.nof1.season import parse_inception, parse_price
from nof1tui.sources.nof1.trades import parse_trade

_MAX_CLOCK_AHEAD = timedelta(minutes=5)
"""By how much clocks may differ before a record is from the future."""
_MAX_QUARANTINED_BYTES = 16_384
"""Of a body that is malformed as a whole."""
MAX_BODY_RECORDS, MAX_BODY_REJECTS = 250_000, 10_000
"""Of one body: small records take more memory than the bytes they came in."""
_CHUNK_BYTES = 65_536
"""Bytes of a body at hand that are read at one go."""

ENDPOINT_BY_ENVELOPE_KEY = {
    "accountTotals": "account-totals",
    "trades": "trades",
    "conversations": "conversations",
    "prices": "crypto-prices",
    "analytics": "analytics",
    "sinceInceptionValues": "since-inception-values",
}
"""Envelope key of every endpoint that carries data."""
ENVELOPE_KEY_BY_ENDPOINT = {endpoint: key for key, endpoint in ENDPOINT_BY_ENVELOPE_KEY.items()}
_ENVELOPE_METADATA = frozenset({"serverTime", "lastHourlyMarkerRead"})
"""What stands beside the records in an envelope."""

FEED_BY_ENDPOINT = {
    "account-totals": Feed.ACCOUNTS,
    "trades": Feed.TRADES,
    "conversations": Feed.DECISIONS,
    "crypto-prices": Feed.PRICES,
    "analytics": Feed.ANALYTICS,
    "since-inception-values": Feed.SEASON,
}


@dataclass
class BodyDecoder:
    """One body on its way to records: `feed` it piece by piece, then `finish`."""

    endpoint: str
    fetched_at: datetime
    roster: Roster
    known_drift: KnownDrift = field(default_factory=KnownDrift)
    """What was noticed in earlier bodies is not told again."""
    judge: PlausibilityFilter | None = None
    """Which account rows to believe; without one all are."""
    clock_ahead: timedelta | None = None
    """How far upstream's clock is known to be ahead of ours; None believes any time."""
    made_at: datetime | None = None
    accounts: list[AccountRow] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    analytics: list[Analytics] = field(default_factory=list)
    inceptions: list[Inception] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    body_bytes: int = 0
    record_count: int = 0
    """Read so far."""

    def __post_init__(self) -> None:
        keyed = FEED_BY_ENDPOINT[self.endpoint] is Feed.PRICES
        self._stream = RecordStream(ENVELOPE_KEY_BY_ENDPOINT[self.endpoint], keyed=keyed)
        self._drift = DriftRecorder(self.endpoint, self.fetched_at, self.known_drift)
        self._context = convert.DecodeContext(self.fetched_at, self.roster, self._drift)
        self._future_records: list[tuple[Record, bytes]] = []
        """Records that lie ahead of our clock, until upstream's is known."""
        self._body_start = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Decode what is complete now. Raises SourceMalformed."""
        self.body_bytes += len(chunk)
        self._body_start += chunk[: _MAX_QUARANTINED_BYTES - len(self._body_start)]
        with self._quarantining():
            self.decode_records(self._stream.feed(chunk))

    def finish(self) -> Batch:
        """Decode the rest. Raises SourceMalformed when the envelope is wrong."""
        with self._quarantining():
            return self._finish()

    def _finish(self) -> Batch:
        left, envelope = self._stream.finish()
        self.made_at = _parse_server_time(envelope.get("serverTime"))
        for key in sorted(envelope.keys() - _ENVELOPE_METADATA):
            self._drift.add_new_key("envelope", key, b"")
        self.decode_records(left)
        self._settle_future_records()
        return self.batch()

    @contextmanager
    def _quarantining(self) -> Iterator[None]:
        """A body that is malformed as a whole is set aside, as far as it is kept."""
        try:
            yield
        except SourceMalformed as error:
            error.reject = self._build_reject(bytes(self._body_start), str(error))
            raise

    def batch(self) -> Batch:
        """What was decoded so far."""
        return Batch(
            feed=FEED_BY_ENDPOINT[self.endpoint],
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
            body_bytes=self.body_bytes,
            coerced=self._drift.coerced,
            drift=self._drift.take_new(),
        )

    def decode_records(self, records: Iterable[KeyedRecord]) -> None:
        """Decode these; what cannot be is a reject."""
        for key, data in records:
            self.record_count += 1
            self._check_limits()
            try:
                self._record(key, data)
            except (InvalidRecord, OverflowError, *DECODE_ERRORS) as error:
                self._reject(data, reject_reason(error))

    def _check_limits(self) -> None:
        if len(self.rejects) > MAX_BODY_REJECTS:
            raise SourceMalformed(f"more records than the limit of {MAX_BODY_REJECTS:,} cannot be decoded")
        if self.record_count > MAX_BODY_RECORDS:
            raise SourceMalformed(f"there are more records than the limit of {MAX_BODY_RECORDS:,}")

    def _record(self, key: str | None, data: bytes) -> None:
        context = self._context
        record: Record
        match self.endpoint:
            case "account-totals":
                record, refused = parse_account_row(data, context)
                for raw, reason in refused:
                    self._reject(
                        raw, f"position of {record.account.slug} at {record.observed_at:%F %TZ}: {reason}"
                    )
            case "trades":
                record = parse_trade(data, context)
            case "conversations":
                record = parse_decision(data, context)
            case "crypto-prices":
                record = parse_price(key, data, self.made_at, context)
            case "analytics":
                record = season.parse_analytics(data, context)
            case _:
                record = parse_inception(data, context)
        if self.clock_ahead is not None and record_time(record) > self.fetched_at + _MAX_CLOCK_AHEAD:
            self._future_records.append((record, data))
        else:
            self._collect(record, data)

    def _collect(self, record: Record, data: bytes) -> None:
        match record:
            case AccountRow():
                doubt, rows = self.judge.evaluate(record) if self.judge else (None, [record])
                self.accounts += rows
                if doubt is not None:
                    self._reject(data, doubt)
            case Trade():
                self.trades.append(record)
            case Decision():
                self.decisions.append(record)
            case Price():
                self.prices.append(record)
            case Analytics():
                self.analytics.append(record)
            case Inception():
                self.inceptions.append(record)

    def _settle_future_records(self) -> None:
        """What lies ahead of every clock we know of is from the future."""
        theirs = self.fetched_at + (self.clock_ahead or timedelta())
        latest = max(self.fetched_at, theirs, self.made_at or self.fetched_at) + _MAX_CLOCK_AHEAD
        for record, data in self._future_records:
            if record_time(record) > latest:
                self._reject(data, f"from the future: {record_time(record):%F %TZ}")
            else:
                self._collect(record, data)

    def _reject(self, data: bytes, reason: str) -> None:
        self.rejects.append(self._build_reject(data, reason))

    def _build_reject(self, data: bytes, reason: str) -> Reject:
        return Reject(self.endpoint, data.decode("utf-8", "backslashreplace"), reason, self.fetched_at)


def decode_body(
    endpoint: str,
    body: bytes,
    *,
    fetched_at: datetime,
    roster: Roster,
    judge: PlausibilityFilter | None = None,
) -> Batch:
    """A body at hand. Raises SourceMalformed when it is no JSON object, or has no records' key."""
    decoding = BodyDecoder(endpoint, fetched_at, roster, judge=judge)
    for start in range(0, len(body), _CHUNK_BYTES):
        decoding.feed(body[start : start + _CHUNK_BYTES])
    return decoding.finish()


def decode_quarantined(
    endpoint: str, raw: str, *, fetched_at: datetime, roster: Roster, judge: PlausibilityFilter | None = None
) -> Batch:
    """One record that was set aside, or a body that was: all of it decoded, or a reject with the reason."""
    data = raw.encode("utf-8", "replace")
    if endpoint not in ENVELOPE_KEY_BY_ENDPOINT:
        reject = Reject(endpoint, raw, "an endpoint that this version does not know", fetched_at)
        return Batch(Feed.ACCOUNTS, endpoint, fetched_at, rejects=(reject,))
    if _is_body(data):
        return decode_body(endpoint, data, fetched_at=fetched_at, roster=roster, judge=judge)
    decoding = BodyDecoder(endpoint, fetched_at, roster, judge=judge)
    decoding.decode_records([(None, data)])
    return decoding.batch()


def _is_body(data: bytes) -> bool:
    try:
        return detect_endpoint(data) is not None
    except SourceMalformed:
        return False


def detect_endpoint(body: bytes) -> str | None:
    """Which data endpoint's envelope this is; None for any other JSON.

    Raises SourceMalformed when it is no JSON object.
    """
    envelope = read_envelope(body)
    return next((name for key, name in ENDPOINT_BY_ENVELOPE_KEY.items() if key in envelope), None)


def read_server_time(body: bytes) -> datetime | None:
    """When a body was made, if it tells. Raises SourceMalformed."""
    return _parse_server_time(read_envelope(body).get("serverTime"))


def _parse_server_time(value: Raw | Any) -> datetime | None:
    try:
        return parse_timestamp_or_none(msgspec.json.decode(value) if isinstance(value, Raw) else value)
    except DECODE_ERRORS:
        return None
