"""Which decoded records of a body are accepted: not those from the future, implausible or contradictory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import (
    AccountRow,
    Analytics,
    Decision,
    Inception,
    Price,
    Record,
    Trade,
    record_time,
)

_MAX_CLOCK_AHEAD = timedelta(minutes=5)
"""Clock difference up to which a record's time counts as present."""
_MAX_BODY_AHEAD = timedelta(days=1)
"""A body's own time further ahead than this is wrong, not a faster clock."""
Rejection = tuple[bytes, str]
"""The raw text of a record, and why it is quarantined."""


@dataclass
class RecordAcceptance:
    """Collects the accepted records of one body; the others are returned with the reason."""

    fetched_at: datetime
    plausibility: PlausibilityFilter | None = None
    """Filter for account rows; None accepts all."""
    clock_ahead: timedelta | None = None
    """How far upstream's clock is ahead of ours; None accepts records of any time."""
    accounts: list[AccountRow] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    analytics: list[Analytics] = field(default_factory=list)
    inceptions: list[Inception] = field(default_factory=list)
    repeats: int = 0
    """Records that equal an earlier one of the body."""
    _future: list[tuple[Record, bytes]] = field(default_factory=list)
    """Records ahead of our clock; decided in `settle`, when upstream's time is known."""
    _seen: dict[object, Record] = field(default_factory=dict)
    """The records of this body by what identifies them."""

    def add(self, record: Record, data: bytes) -> Iterator[Rejection]:
        """Accept a record, keep it for `settle`, or return why it is rejected."""
        if self.clock_ahead is not None and record_time(record) > self.fetched_at + _MAX_CLOCK_AHEAD:
            self._future.append((record, data))
        else:
            yield from self._accept(record, data)

    def settle(self, made_at: datetime | None) -> Iterator[Rejection]:
        """Accept the records that are not ahead of every known clock; `made_at` is the body's own time."""
        upstream_now = self.fetched_at + (self.clock_ahead or timedelta())
        latest = max(self.fetched_at, upstream_now)
        if made_at is not None and made_at <= latest + _MAX_BODY_AHEAD:
            latest = max(latest, made_at)
        for record, data in self._future:
            if record_time(record) > latest + _MAX_CLOCK_AHEAD:
                yield data, f"from the future: {record_time(record):%F %TZ}"
            else:
                yield from self._accept(record, data)

    def _accept(self, record: Record, data: bytes) -> Iterator[Rejection]:
        known = self._seen.setdefault(_identity(record), record)
        if known is not record:
            self.repeats += known == record
            if known != record:
                yield data, "contradicts another record of this body with the same identity"
            return
        match record:
            case AccountRow():
                reason, rows = self.plausibility.evaluate(record) if self.plausibility else (None, [record])
                self.accounts += rows
                if reason is not None:
                    yield data, reason
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


def _identity(record: Record) -> object:
    """What a record replaces or is replaced by: two of one body with the same identity are one record."""
    match record:
        case AccountRow():
            return record.account, record.observed_at
        case Trade() | Decision():
            return record.id
        case Price():
            return record.coin, record.observed_at
        case Analytics():
            return record.account, record.updated_at
        case Inception():
            return record.account
