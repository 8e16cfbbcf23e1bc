"""Bodies of the nof1 API to records, pure (contract sections 1 to 4).

An answer with a wrong envelope is malformed as a whole. Records are decoded one by one while the
body streams in: in one step, or field by field where they differ from the contract. A record that
cannot be identified or dated is a reject, with its raw text and the reason. A field that the arena
renames is edited in the file of its record kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nof1tui.domain.batch import Batch, Reject
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import Feed, Record
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.decoding.envelopes import KeyedRecord
from nof1tui.sources.decoding.errors import DECODE_ERRORS, InvalidRecord, reject_reason
from nof1tui.sources.decoding.json_stream import RecordStream
from nof1tui.sources.decoding.schema_drift import DriftRecorder, KnownDrift
from nof1tui.sources.nof1.acceptance import RecordAcceptance, Rejection
from nof1tui.sources.nof1.accounts import parse_account_row
from nof1tui.sources.nof1.analytics import parse_analytics
from nof1tui.sources.nof1.context import DecodeContext
from nof1tui.sources.nof1.decisions import parse_decision
from nof1tui.sources.nof1.endpoints import (
    ENVELOPE_KEY_BY_ENDPOINT,
    ENVELOPE_METADATA,
    FEED_BY_ENDPOINT,
    OTHER_ENVELOPE_KEYS,
    read_body_time,
)
from nof1tui.sources.nof1.identities import IdentityRegister
from nof1tui.sources.nof1.inceptions import parse_inception
from nof1tui.sources.nof1.prices import parse_price
from nof1tui.sources.nof1.trades import parse_trade

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
    identities: IdentityRegister = field(default_factory=IdentityRegister)
    made_at: datetime | None = None
    rejects: list[Reject] = field(default_factory=list)
    body_bytes: int = 0
    record_count: int = 0

    def __post_init__(self) -> None:
        keyed = FEED_BY_ENDPOINT[self.endpoint] is Feed.PRICES
        self._stream = RecordStream(
            ENVELOPE_KEY_BY_ENDPOINT[self.endpoint], OTHER_ENVELOPE_KEYS[self.endpoint], keyed=keyed
        )
        self._drift = DriftRecorder(self.endpoint, self.fetched_at, self.known_drift)
        self._context = DecodeContext(self.fetched_at, self.roster, self._drift, self.identities)
        self._acceptance = RecordAcceptance(self.fetched_at, self.plausibility, self.clock_ahead)
        self._coerced_records = 0
        self._body_start = bytearray()

    @property
    def repeat_count(self) -> int:
        """Records that equal an earlier one of the body, and count once in the batch."""
        return self._acceptance.repeats

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
        for place, change in self._stream.deviations:
            self._drift.add_change("envelope", place, change)
        self.made_at = read_body_time(envelope, self._drift)
        for key in sorted(envelope.keys() - ENVELOPE_METADATA):
            self._drift.add_new_key("envelope", key, b"")
        self.decode_records(remaining)
        return self.settle()

    @contextmanager
    def _quarantining(self) -> Iterator[None]:
        """Attach the beginning of a body that is malformed as a whole to the error, for the quarantine."""
        try:
            yield
        except SourceMalformed as error:
            error.reject = self._build_reject(bytes(self._body_start), str(error))
            raise

    def settle(self) -> Batch:
        """The records decoded so far, after those ahead of our clock are accepted or rejected."""
        self._reject_all(self._acceptance.settle(self.made_at))
        accepted = self._acceptance
        return Batch(
            feed=FEED_BY_ENDPOINT[self.endpoint],
            endpoint=self.endpoint,
            fetched_at=self.fetched_at,
            made_at=self.made_at,
            accounts=tuple(accepted.accounts),
            trades=tuple(accepted.trades),
            decisions=tuple(accepted.decisions),
            prices=tuple(accepted.prices),
            analytics=tuple(accepted.analytics),
            inceptions=tuple(accepted.inceptions),
            rejects=tuple(self.rejects),
            body_bytes=self.body_bytes,
            coerced=self._coerced_records,
            drift=self._drift.take_new(),
        )

    def decode_records(self, records: Iterable[KeyedRecord]) -> None:
        """Decode these records; one that cannot be decoded is a reject."""
        for key, data in records:
            self.record_count += 1
            self._check_limits()
            coerced = self._drift.coerced
            try:
                self._reject_all(self._acceptance.add(self._decode_record(key, data), data))
            except (InvalidRecord, OverflowError, *DECODE_ERRORS) as error:
                self._reject(data, reject_reason(error))
            self._coerced_records += self._drift.coerced > coerced

    def _check_limits(self) -> None:
        if len(self.rejects) > MAX_BODY_REJECTS:
            raise SourceMalformed(f"more records than the limit of {MAX_BODY_REJECTS:,} cannot be decoded")
        if self.record_count > MAX_BODY_RECORDS:
            raise SourceMalformed(f"there are more records than the limit of {MAX_BODY_RECORDS:,}")

    def _decode_record(self, key: str | None, data: bytes) -> Record:
        context = self._context
        match self.endpoint:
            case "account-totals":
                record, rejected = parse_account_row(data, context)
                place = f"position of {record.account.slug} at {record.observed_at:%F %TZ}"
                self._reject_all((raw, f"{place}: {reason}") for raw, reason in rejected)
                return record
            case "trades":
                return parse_trade(data, context)
            case "conversations":
                return parse_decision(data, context)
            case "crypto-prices":
                return parse_price(key, data, self.made_at, context)
            case "analytics":
                return parse_analytics(data, context)
            case _:
                return parse_inception(data, context)

    def _reject_all(self, rejections: Iterable[Rejection]) -> None:
        for data, reason in rejections:
            self._reject(data, reason)

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
    clock_ahead: timedelta | None = None,
    identities: IdentityRegister | None = None,
) -> Batch:
    """The records of a complete body.

    Raises SourceMalformed when it is not a JSON object or lacks the key of its records.
    """
    decoder = BodyDecoder(
        endpoint,
        fetched_at,
        roster,
        plausibility=plausibility,
        clock_ahead=clock_ahead,
        identities=identities or IdentityRegister(),
    )
    for start in range(0, len(body), _CHUNK_BYTES):
        decoder.feed(body[start : start + _CHUNK_BYTES])
    return decoder.finish()
