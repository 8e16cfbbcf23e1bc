"""The status of a store as the JSON document of `status --json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.health import ArenaState, FeedHealth, Health
from nof1tui.domain.records import Reconciliation

if TYPE_CHECKING:
    from nof1tui.store.reading.reader import CollectorState


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What a store has recorded about itself, its feeds and its collector."""

    now: datetime
    server: str
    revision: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    feeds: tuple[FeedHealth, ...] = ()
    drift: tuple[SchemaDrift, ...] = ()
    checks: tuple[Reconciliation, ...] = ()
    collector: CollectorState | None = None


def status_document(status: StoreStatus, source: str) -> dict[str, Any]:
    """The document; its keys are stable."""
    health = Health({feed.feed: feed for feed in status.feeds})
    now = health.upstream_time(status.now)
    return {
        "state": _state(status),
        "source": source,
        "collector": _collector(status),
        "feeds": {feed.feed.value: _feed(feed, now) for feed in status.feeds},
        "store": {"server": status.server, "revision": status.revision, "waiting": 0, "rows": status.rows},
        "clock_skew_s": health.skew_s,
        "chain": [_check(check) for check in status.checks],
        "drift": [
            *(_drift(item) for item in status.drift),
            *({"kind": "chain", **_check(check)} for check in status.checks if check.verdict == "drift"),
        ],
    }


def unreachable_document(source: str, reason: str) -> dict[str, Any]:
    """The document of a store that is missing or cannot be reached."""
    return {
        "state": "empty",
        "source": source,
        "collector": {"role": "none", "holder": None, "since": None},
        "feeds": {},
        "store": {"server": None, "revision": None, "waiting": 0, "rows": {}, "failure": reason},
        "chain": [],
        "drift": [],
    }


def _state(status: StoreStatus) -> ArenaState:
    """The arena's state; a store with imported rows and without polls is stale, not empty."""
    state = Health({feed.feed: feed for feed in status.feeds}).state(status.now)
    return "stale" if state == "empty" and status.rows.get("account_snapshots") else state


def _collector(status: StoreStatus) -> dict[str, Any]:
    collector = status.collector
    if collector is None or not collector.leads:
        return {"role": "none", "holder": None, "since": None}
    return {"role": "collector", "holder": collector.holder, "since": collector.since}


def _feed(feed: FeedHealth, now: datetime) -> dict[str, Any]:
    return {
        "age_s": None if feed.newest_at is None else max(0.0, (now - feed.newest_at).total_seconds()),
        "last_ok_at": feed.last_ok_at,
        "last_error": feed.failure,
        "status": feed.status,
        "requests": feed.requests,
        "not_modified": feed.not_modified,
        "errors": feed.errors,
        "quarantined": feed.quarantined,
        "coerced": feed.coerced,
        "notice": feed.anomaly(now),
        "newest_at": feed.newest_at,
        "retry_at": feed.retry_at,
    }


def _check(check: Reconciliation) -> dict[str, Any]:
    return {
        "trader": check.account.trader,
        "season": check.account.season,
        "competition": check.account.competition or None,
        "verdict": check.verdict,
        "checked_at": check.checked_at,
        "reason": check.reason or None,
        "drift_usd": check.drift_usd,
        "drift_pct": check.drift_pct,
        "since": check.since,
    }


def _drift(drift: SchemaDrift) -> dict[str, Any]:
    return {
        "kind": "schema",
        "endpoint": drift.endpoint,
        "field": drift.field,
        "change": drift.change,
        "sample": drift.sample,
        "seen_at": drift.seen_at,
    }
