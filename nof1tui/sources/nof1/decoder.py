"""Bodies of the nof1 API to records, pure (contract sections 1 to 4).

An answer with a wrong envelope is malformed as a whole. Records are decoded one by one while the
body streams in: strictly, then leniently ("1.5" for 1.5). One that fails both is a reject, with its
raw text and the reason. A field that the arena renames is edited in the file of its record kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
from nof1tui.sources.decoding.json_stream import DECODE_ERRORS, KeyedRecord, RecordStream
from nof1tui.sources.decoding.schema_drift import DriftRecorder, KnownDrift
from nof1tui.sources.decoding.values import InvalidRecord, reject_reason
from nof1tui.sources.nof1.accounts import parse_account_row
from nof1tui.sources.nof1.analytics import parse_analytics
from nof1tui.sources.nof1.context import DecodeContext
from nof1tui.sources.nof1.decisions import parse_decision
from nof1tui.sources.nof1.endpoints import (
    ENVELOPE_KEY_BY_ENDPOINT,
    ENVELOPE_METADATA,
    FEED_BY_ENDPOINT,
    parse_server_time,
)
from nof1tui.sources.nof1.inceptions import parse_inception
from nof1tui.sources.nof1.prices import parse_price
from nof1tui.sources.nof1.trades import parse_trade

_MAX_CLOCK_AHEAD = timedelta(minutes=5)
"""Clock difference up to which a record's time counts as present."""
_MAX_QUARANTINED_BYTES = 16_384
"""Bytes kept of a body that is malformed as a whole."""
MAX_BODY_RECORDS, MAX_BODY_REJECTS = 250_000, 10_000
"""Limits of one body: decoded small records take more memory than their JSON."""
_CHUNK_BYTES = 65_536
"""Bytes of a complete body that are decoded in one step."""


@dataclass
class BodyDecoder:
    """Decodes one body: `feed` it chunk by chunk, then `finish`."""

    endpoint: str
    fetched_at: datetime
    roster: Roster
    known_drift: KnownDrift = field(default_factory=KnownDrift)
    """Drift seen in earlier bodies; it is not reported again."""
    plausibility: PlausibilityFilter | None = None
    """Filter for account rows; None accepts all."""
    clock_ahead: timedelta | None = None
    """How far upstream's clock is ahead of ours; None accepts records of any time."""
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

    def __post_init__(self) -> None:
        keyed = FEED_BY_ENDPOINT[self.endpoint] is Feed.PRICES
        self._stream = RecordStream(ENVELOPE_KEY_BY_ENDPOINT[self.endpoint], keyed=keyed)
        self._drift = DriftRecorder(self.endpoint, self.fetched_at, self.known_drift)
        self._context = DecodeContext(self.fetched_at, self.roster, self._drift)
        self._future_records: list[tuple[Record, bytes]] = []
        """Records ahead of our clock; decided in `finish`, when upstream's time is known."""
        self._body_start = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Decode the records that this chunk completes. Raises SourceMalformed."""
        self.body_bytes += len(chunk)
        self._body_start += chunk[: _MAX_QUARANTINED_BYTES - len(self._body_start)]
        with self._quarantining():
            self.decode_records(self._stream.feed(chunk))

    def finish(self) -> Batch:
        """Decode the rest. Raises SourceMalformed when the envelope is wrong."""
        with self._quarantining():
            return self._finish()

    def _finish(self) -> Batch:
        remaining, envelope = self._stream.finish()
        self.made_at = parse_server_time(envelope.get("serverTime"))
        for key in sorted(envelope.keys() - ENVELOPE_METADATA):
            self._drift.add_new_key("envelope", key, b"")
        self.decode_records(remaining)
        self._settle_future_records()
        return self.batch()

    @contextmanager
    def _quarantining(self) -> Iterator[None]:
        """Attach the beginning of a body that is malformed as a whole to the error, for the quarantine."""
        try:
            yield
        except SourceMalformed as error:
            error.reject = self._build_reject(bytes(self._body_start), str(error))
            raise

    def batch(self) -> Batch:
        """The records decoded so far."""
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
        """Decode these records; one that cannot be decoded is a reject."""
        for key, data in records:
            self.record_count += 1
            self._check_limits()
            try:
                self._decode_record(key, data)
            except (InvalidRecord, OverflowError, *DECODE_ERRORS) as error:
                self._reject(data, reject_reason(error))

    def _check_limits(self) -> None:
        if len(self.rejects) > MAX_BODY_REJECTS:
            raise SourceMalformed(f"more records than the limit of {MAX_BODY_REJECTS:,} cannot be decoded")
        if self.record_count > MAX_BODY_RECORDS:
            raise SourceMalformed(f"there are more records than the limit of {MAX_BODY_RECORDS:,}")

    def _decode_record(self, key: str | None, data: bytes) -> None:
        context = self._context
        record: Record
        match self.endpoint:
            case "account-totals":
                record, rejected = parse_account_row(data, context)
                for raw, reason in rejected:
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
                record = parse_analytics(data, context)
            case _:
                record = parse_inception(data, context)
        if self.clock_ahead is not None and record_time(record) > self.fetched_at + _MAX_CLOCK_AHEAD:
            self._future_records.append((record, data))
        else:
            self._collect(record, data)

    def _collect(self, record: Record, data: bytes) -> None:
        match record:
            case AccountRow():
                reason, rows = self.plausibility.evaluate(record) if self.plausibility else (None, [record])
                self.accounts += rows
                if reason is not None:
                    self._reject(data, reason)
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
        """Accept the records that are not ahead of every known clock; the others are rejects."""
        upstream_now = self.fetched_at + (self.clock_ahead or timedelta())
        latest = max(self.fetched_at, upstream_now, self.made_at or self.fetched_at) + _MAX_CLOCK_AHEAD
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
    plausibility: PlausibilityFilter | None = None,
) -> Batch:
    """The records of a complete body.

    Raises SourceMalformed when it is not a JSON object or lacks the key of its records.
    """
    decoder = BodyDecoder(endpoint, fetched_at, roster, plausibility=plausibility)
    for start in range(0, len(body), _CHUNK_BYTES):
        decoder.feed(body[start : start + _CHUNK_BYTES])
    return decoder.finish()
