"""Health of feeds and store. The age of a feed is the age of its newest record, not of its last response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from nof1tui.domain.batch import Batch, RateLimitUsage, SchemaDrift
from nof1tui.domain.records import Feed

ArenaState = Literal["live", "stale", "down", "empty"]
InstanceRole = Literal["collector", "follower", "viewer"]

STALE_AFTER = timedelta(minutes=10)
"""Account rows come every two to three minutes (contract 3.1); this is three missed rows and more."""
FROZEN_AFTER = {
    Feed.ACCOUNTS: STALE_AFTER,
    Feed.PRICES: timedelta(minutes=5),
    Feed.DECISIONS: timedelta(minutes=30),
    Feed.ANALYTICS: timedelta(minutes=30),
}
"""Longest time without a newer record, for feeds whose records change continuously."""
_BACKWARDS_TOLERANCE = timedelta(minutes=5)
"""Caches may serve slightly older records than before; more is a fault of clock or feed."""
_MIN_SKEW_S = 5.0
"""`Date` has whole seconds and network delay: a smaller skew is ignored."""


class FeedFailure(Struct, frozen=True, gc=False):
    """A failed poll of a feed; `reason` is fit for display."""

    feed: Feed
    at: datetime
    reason: str
    status: int | None = None
    retry_at: datetime | None = None


class LoadProgress(Struct, frozen=True, gc=False):
    """Progress of a large response that is being received."""

    body_bytes: int
    """Received so far."""
    records: int


class FeedHealth(Struct, frozen=True, gc=False):
    """State of one feed: last poll, newest record, totals of requests and faults."""

    feed: Feed
    interval_s: float | None = None
    last_try_at: datetime | None = None
    last_ok_at: datetime | None = None
    newest_at: datetime | None = None
    """Time of the newest record ever received from this feed."""
    failure: str | None = None
    """Why the last poll failed; None after a success."""
    status: int | None = None
    retry_at: datetime | None = None
    requests: int = 0
    not_modified: int = 0
    errors: int = 0
    quarantined: int = 0
    latency_s: float | None = None
    body_bytes: int = 0
    coerced: int = 0
    """Records with a value that had to be converted from another type than the contract's."""
    skew_s: float | None = None
    """How far the API's clock is ahead of the local one, by the last `Date` header."""
    loading: LoadProgress | None = None
    behind_s: float | None = None
    """By how much the newest record of the last response was older than a known one; else None."""

    def anomaly(self, now: datetime) -> str | None:
        """Why records of a responding feed are stale, or None; `now` is the API's time."""
        if self.failure is not None:
            return None
        if self.behind_s is not None:
            return f"went back: newest record is {_format_age(self.behind_s)} older than one received before"
        limit = FROZEN_AFTER.get(self.feed)
        if limit is None or self.newest_at is None or self.last_ok_at is None:
            return None
        age = now - self.newest_at
        if age <= limit:
            return None
        return f"frozen: responding, but newest record is {_format_age(age.total_seconds())} old"

    def succeeded(self, batch: Batch) -> FeedHealth:
        """After a successful poll."""
        newest = max((t for t in (self.newest_at, batch.newest_at) if t is not None), default=None)
        return replace(
            self,
            last_try_at=batch.fetched_at,
            last_ok_at=batch.fetched_at,
            newest_at=newest,
            failure=None,
            status=batch.status,
            retry_at=None,
            requests=self.requests + 1,
            not_modified=self.not_modified + batch.not_modified,
            quarantined=self.quarantined + len(batch.rejects),
            latency_s=batch.latency_s,
            body_bytes=batch.body_bytes,
            coerced=self.coerced + batch.coerced,
            skew_s=self.skew_s if batch.skew_s is None else batch.skew_s,
            loading=None,
            behind_s=None if batch.piecemeal else _behind_s(self.newest_at, batch.newest_at),
        )

    def failed(self, failure: FeedFailure) -> FeedHealth:
        """After a failed poll."""
        return replace(
            self,
            last_try_at=failure.at,
            failure=failure.reason,
            status=failure.status,
            retry_at=failure.retry_at,
            requests=self.requests + 1,
            errors=self.errors + 1,
            loading=None,
        )


class StoreHealth(Struct, frozen=True, gc=False):
    """State of the store: server, backlog, last failure, and who collects."""

    server: str | None = None
    """Address of the store, without secrets; None without a store."""
    pending: int = 0
    """Records not yet committed."""
    dropped: int = 0
    """Records lost: dropped because the backlog was full, or corrupt in the spool."""
    rejected: int = 0
    """Records that the store did not take; they are set aside until they are written again or dismissed."""
    failure: str | None = None
    role: InstanceRole | None = None
    """Collects into the store, follows a collector to succeed it, or only reads; None while undecided."""
    collector: str | None = None
    """The collecting process: pid@host."""
    replica_lag_s: float | None = None
    """Seconds by which the replica that is read is behind its primary; None on a primary."""


class Health(Struct, frozen=True):
    """Health of all feeds and of the store."""

    feeds: Mapping[Feed, FeedHealth] = field(default_factory=lambda: MappingProxyType({}))
    store: StoreHealth = StoreHealth()
    schema_drift: tuple[SchemaDrift, ...] = ()
    """Deviations of responses from the contract, oldest first."""
    rate_limit: RateLimitUsage | None = None
    """Of the source, at its last response."""

    def with_schema_drift(self, drift: Iterable[SchemaDrift]) -> Health:
        """With these deviations added, each once."""
        known = {(item.endpoint, item.field, item.change): item for item in (*drift, *self.schema_drift)}
        if len(known) == len(self.schema_drift):
            return self
        return replace(self, schema_drift=tuple(sorted(known.values(), key=lambda item: item.seen_at)))

    def feed(self, feed: Feed) -> FeedHealth:
        return self.feeds.get(feed) or FeedHealth(feed)

    def with_feed(self, health: FeedHealth) -> Health:
        return replace(self, feeds=MappingProxyType({**self.feeds, health.feed: health}))

    @property
    def skew_s(self) -> float:
        """How far the API's clock is ahead of the local one, the median over feeds; 0 below `_MIN_SKEW_S`."""
        skews = sorted(feed.skew_s for feed in self.feeds.values() if feed.skew_s is not None)
        skew_s = skews[len(skews) // 2] if skews else 0.0
        return skew_s if abs(skew_s) >= _MIN_SKEW_S else 0.0

    def upstream_time(self, now: datetime) -> datetime:
        """`now` on the API's clock, by which ages of records are computed."""
        return now + timedelta(seconds=self.skew_s)

    def state(self, now: datetime) -> ArenaState:
        """The state that the status corner shows, derived from the account rows."""
        now = self.upstream_time(now)
        accounts = self.feed(Feed.ACCOUNTS)
        if accounts.failure is not None:
            return "down"
        if accounts.newest_at is None:
            return "empty"
        return "live" if now - accounts.newest_at <= STALE_AFTER else "stale"


def _behind_s(known: datetime | None, newest: datetime | None) -> float | None:
    if known is None or newest is None or known - newest <= _BACKWARDS_TOLERANCE:
        return None
    return (known - newest).total_seconds()


def _format_age(seconds: float) -> str:
    """`42m`, `3h`, `2d`."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * length or (unit == "m" and seconds >= 60):
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s"
