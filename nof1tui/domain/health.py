"""How the feeds and the store are doing, told honestly: ages are ages of records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from nof1tui.domain.model import Batch, Feed

State = Literal["live", "stale", "down", "empty"]
Role = Literal["collector", "follower"]

STALE_AFTER = timedelta(minutes=10)
"""Account rows come every two to three minutes (contract 3.1): three missed are too many."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a feed could not be read this time, in words for the screen."""

    feed: Feed
    at: datetime
    reason: str
    status: int | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Loading:
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
    loading: Loading | None = None

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
        )

    def failed(self, failure: Failure) -> FeedHealth:
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
    waiting: int = 0
    """Records published but not yet committed."""
    lost: int = 0
    """Records dropped because the backlog was full."""
    failure: str | None = None
    role: Role | None = None
    """Whether this instance collects into the store or follows another; None while undecided."""
    holder: str | None = None
    """Who collects: pid@host."""


@dataclass(frozen=True, slots=True)
class Health:
    feeds: Mapping[Feed, FeedHealth] = field(default_factory=lambda: MappingProxyType({}))
    store: StoreHealth = StoreHealth()

    def feed(self, feed: Feed) -> FeedHealth:
        return self.feeds.get(feed) or FeedHealth(feed)

    def with_feed(self, health: FeedHealth) -> Health:
        return replace(self, feeds=MappingProxyType({**self.feeds, health.feed: health}))

    def state(self, now: datetime) -> State:
        """What the status corner says; judged by account rows, the arena's own heartbeat."""
        accounts = self.feed(Feed.ACCOUNTS)
        if accounts.failure is not None:
            return "down"
        if accounts.newest_at is None:
            return "empty"
        return "live" if now - accounts.newest_at <= STALE_AFTER else "stale"
