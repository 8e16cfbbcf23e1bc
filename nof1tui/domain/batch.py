"""What one response of a source brings: records, rejects, schema drift and request statistics."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from nof1tui.domain.records import (
    AccountRow,
    Analytics,
    Decision,
    Feed,
    Inception,
    Price,
    Reconciliation,
    Trade,
    record_time,
)


class Reject(Struct, frozen=True, gc=False):
    """A record that could not be decoded; quarantined raw, with the reason."""

    endpoint: str
    raw: str
    reason: str
    seen_at: datetime


class SchemaDrift(Struct, frozen=True, gc=False):
    """A deviation of an endpoint's responses from its contract; reported once per field and change."""

    endpoint: str
    field: str
    """The record's kind and the key: `position.funding`."""
    change: str
    """`new key`, or the type received in place of the expected one."""
    seen_at: datetime
    sample: str = ""
    """The beginning of the first such value."""


class RateLimitUsage(Struct, frozen=True, gc=False):
    """Request weight spent and allowed per minute, where the API limits it."""

    spent: int
    """In the last minute."""
    most: int
    waiting: int = 0
    """Queued requests."""


class Batch(Struct, frozen=True):
    """All records of one response, with how the request went."""

    feed: Feed
    endpoint: str
    fetched_at: datetime
    made_at: datetime | None = None
    """The API's `serverTime`: when the body was generated, not when it was sent."""
    accounts: tuple[AccountRow, ...] = ()
    trades: tuple[Trade, ...] = ()
    decisions: tuple[Decision, ...] = ()
    prices: tuple[Price, ...] = ()
    analytics: tuple[Analytics, ...] = ()
    inceptions: tuple[Inception, ...] = ()
    rejects: tuple[Reject, ...] = ()
    status: int | None = None
    body_bytes: int = 0
    latency_s: float = 0.0
    not_modified: bool = False
    coerced: int = 0
    """Records with a value that had to be converted from another type than the contract's."""
    drift: tuple[SchemaDrift, ...] = ()
    """Deviations that this source has not reported before."""
    skew_s: float | None = None
    """How far the API's clock is ahead of the local one; None without a `Date` header."""
    piecemeal: bool = False
    """Whether the batch holds further records of any time rather than the newest ones."""
    budget: RateLimitUsage | None = None
    checks: tuple[Reconciliation, ...] = ()
    """Results of checks against the chain."""

    @property
    def size(self) -> int:
        """Number of decoded records, without rejects."""
        return (
            len(self.accounts)
            + len(self.trades)
            + len(self.decisions)
            + len(self.prices)
            + len(self.analytics)
            + len(self.inceptions)
        )

    @property
    def newest_at(self) -> datetime | None:
        """Time of the newest record; None without records."""
        kinds = (self.accounts, self.trades, self.decisions, self.prices, self.analytics, self.inceptions)
        return max((record_time(record) for kind in kinds for record in kind), default=None)
