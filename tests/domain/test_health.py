"""Health: anomalies of responding feeds, and the clock that ages are computed with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.health import FeedHealth, Health
from nof1tui.domain.records import Feed
from tests.support.builders import account_row, at, batch, trade


def polled(feed: Feed, newest_minutes: float, **changes: Any) -> FeedHealth:
    """A feed that responded at the samples' start, with a newest record `minutes` older."""
    return FeedHealth(feed, last_ok_at=at(), newest_at=at(-newest_minutes), **changes)


@pytest.mark.parametrize(
    ("feed", "minutes", "notice"),
    [
        (Feed.ACCOUNTS, 9, None),
        (Feed.ACCOUNTS, 42, "frozen: responding, but newest record is 42m old"),
        (Feed.PRICES, 6, "frozen: responding, but newest record is 6m old"),
        (Feed.DECISIONS, 29, None),
        (Feed.DECISIONS, 36 * 60, "frozen: responding, but newest record is 36h old"),
        (Feed.TRADES, 5_000, None),
        (Feed.SEASON, 50_000, None),
    ],
)
def test_a_responding_feed_without_new_records_is_frozen(
    feed: Feed, minutes: float, notice: str | None
) -> None:
    assert polled(feed, minutes).anomaly(at()) == notice


def test_a_failing_feed_has_a_failure_and_no_anomaly() -> None:
    assert polled(Feed.ACCOUNTS, 500, failure="429").anomaly(at()) is None


def test_a_response_older_than_the_one_before_is_an_anomaly_until_it_catches_up() -> None:
    def answered(minutes: float) -> Any:
        return batch(accounts=(account_row(minutes=minutes),))

    health = FeedHealth(Feed.ACCOUNTS).succeeded(answered(0))
    assert health.succeeded(answered(-3)).anomaly(at()) is None, "caches may be a little behind"
    back = health.succeeded(answered(-120))
    assert back.anomaly(at()) == "went back: newest record is 2h older than one received before"
    assert back.newest_at == at()
    assert back.succeeded(answered(0)).anomaly(at()) is None


def test_batches_of_history_do_not_count_as_going_back() -> None:
    health = FeedHealth(Feed.TRADES).succeeded(batch(Feed.TRADES, trades=(trade(minutes=0),)))
    late = replace(batch(Feed.TRADES, trades=(trade(minutes=-600),)), piecemeal=True)
    assert health.succeeded(late).anomaly(at()) is None


@pytest.mark.parametrize(
    ("skews", "ahead_s"),
    [((), 0.0), ((None, 2.0), 0.0), ((3600.0, 3590.0, None, -2.0), 3590.0), ((-90.0,), -90.0)],
)
def test_the_skew_is_the_median_of_the_feeds(skews: tuple[float | None, ...], ahead_s: float) -> None:
    feeds = {feed: FeedHealth(feed, skew_s=skew) for feed, skew in zip(Feed, skews, strict=False)}
    assert Health(feeds).skew_s == ahead_s
    assert Health(feeds).upstream_time(at()) == at() + timedelta(seconds=ahead_s)


def test_a_wrong_local_clock_does_not_make_a_live_arena_stale() -> None:
    local_now = at(180)
    health = Health({Feed.ACCOUNTS: polled(Feed.ACCOUNTS, 1, skew_s=-180 * 60.0)})
    assert health.state(local_now) == "live"
    assert Health({Feed.ACCOUNTS: polled(Feed.ACCOUNTS, 1)}).state(local_now) == "stale"


def test_the_same_drift_is_kept_once_the_oldest_first() -> None:
    first, later = (
        SchemaDrift("trades", "trade.a", "new key", at(1)),
        SchemaDrift("trades", "trade.b", "new key", at(0)),
    )
    health = Health().with_schema_drift((first,)).with_schema_drift((later, first))
    assert health.schema_drift == (later, first)
    assert health.with_schema_drift((first,)) is health
