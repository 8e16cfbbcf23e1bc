"""How the feeds and the store are doing, told honestly: ages are ages of records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from nof1tui.domain.records import Batch, Feed, RateLimitUsage, SchemaDrift

ArenaState = Literal["live", "stale", "down", "empty"]
InstanceRole = Literal["collector", "follower", "viewer"]

STALE_AFTER = timedelta(minutes=10)
"""Account rows come every two to three minutes (contract 3.1): three missed are too many."""


FROZEN_AFTER = {
    Feed.ACCOUNTS: STALE_AFTER,
    Feed.PRICES: timedelta(minutes=5),
    Feed.DECISIONS: timedelta(minutes=30),
    Feed.ANALYTICS: timedelta(minutes=30),
}
"""Feeds whose records must move, and for how long they may stand still."""
_BACKWARDS_TOLERANCE = timedelta(minutes=5)
"""Caches may answer a little older than before; more is a clock or a feed that went back."""
_MIN_SKEW_S = 5.0
"""`Date` has whole seconds and travels a while: less is no skew."""


@dataclass(frozen=True, slots=True)
class FeedFailure:
    """Why a feed could not be read this time, in words for the screen."""

    feed: Feed
    at: datetime
    reason: str
    status: int | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """A large answer that is on its way in."""

    body_bytes: int
    """So far."""
    records: int


@dataclass(frozen=True, slots=True)
class FeedHealth:
    feed: Feed
    interval_s: float | None = None
    last_try_at: datetime | None = None
    last_ok_at: datetime | None = None
    newest_at: datetime | None = None
    """Time of the newest record this feed ever gave."""
    failure: str | None = None
    """The last try's failure; None when it went well."""
    status: int | None = None
    retry_at: datetime | None = None
    requests: int = 0
    not_modified: int = 0
    errors: int = 0
    quarantined: int = 0
    latency_s: float | None = None
    body_bytes: int = 0
    coerced: int = 0
    """Records with a value of another type than the contract's that could be read all the same."""
    skew_s: float | None = None
    """How far upstream's clock is ahead of ours, by its last answer that told the time."""
    loading: LoadProgress | None = None

    behind_s: float | None = None
    """How much older the newest record of the last answer was than one known before; None for not."""

    def anomaly(self, now: datetime) -> str | None:
        """What is odd about a feed that answers; `now` is upstream's."""
        if self.failure is not None:
            return None
        if self.behind_s is not None:
            return (
                f"went back: its newest record is {_format_age(self.behind_s)} older than one it gave before"
            )
        limit = FROZEN_AFTER.get(self.feed)
        if limit is None or self.newest_at is None or self.last_ok_at is None:
            return None
        old = self.last_ok_at - self.newest_at + (now - self.last_ok_at)
        if old <= limit:
            return None
        return f"frozen: answers come, but the newest record is {_format_age(old.total_seconds())} old"

    def succeeded(self, batch: Batch) -> FeedHealth:
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


@dataclass(frozen=True, slots=True)
class StoreHealth:
    server: str | None = None
    """Which store, without secrets; None while there is none."""
    pending: int = 0
    """Records published but not yet committed."""
    dropped: int = 0
    """Records dropped because the backlog was full."""
    failure: str | None = None
    role: InstanceRole | None = None
    """Whether this instance collects into the store, follows another until it is gone, or only reads;
    None while undecided."""
    collector: str | None = None
    """Who collects: pid@host."""


@dataclass(frozen=True, slots=True)
class Health:
    feeds: Mapping[Feed, FeedHealth] = field(default_factory=lambda: MappingProxyType({}))
    store: StoreHealth = StoreHealth()
    schema_drift: tuple[SchemaDrift, ...] = ()
    """Where upstream's answers have left their contract, oldest first."""
    rate_limit: RateLimitUsage | None = None
    """Of the source, by its last answer."""

    def with_schema_drift(self, drift: Iterable[SchemaDrift]) -> Health:
        """With what was noticed now, unless it was noticed before."""
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
        """How far upstream's clock is ahead of ours; 0 where the difference is of no account."""
        told = sorted(feed.skew_s for feed in self.feeds.values() if feed.skew_s is not None)
        skew_s = told[len(told) // 2] if told else 0.0
        return skew_s if abs(skew_s) >= _MIN_SKEW_S else 0.0

    def upstream_time(self, now: datetime) -> datetime:
        """Our time as upstream would tell it: ages of records are told by its clock."""
        return now + timedelta(seconds=self.skew_s)

    def state(self, now: datetime) -> ArenaState:
        """What the status corner says; judged by account rows, the arena's own heartbeat."""
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
