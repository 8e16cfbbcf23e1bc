"""Figures of a feed: age of its records, responses, requests and faults."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from nof1tui.domain.figures.figure import Reading, declare, figures_in, known
from nof1tui.domain.figures.views import FeedView

_feed = partial(declare, FeedView, "feed", source="collector")
_counter = partial(_feed, nullable=False)
NO_RESPONSE = "no valid response yet"


@_feed("text", "Feed", nullable=False)
def feed(view: FeedView) -> str:
    """Feed of records."""
    return view.health.feed.value


@_feed("choice", "State", choices=("ok", "down", "loading", "stale", "pending"), nullable=False)
def state(view: FeedView) -> str:
    """ok, down, loading, stale (responding without new records), or pending before a response."""
    health = view.health
    if health.failure is not None:
        return "down"
    if health.loading is not None:
        return "loading"
    if health.anomaly(view.upstream_now) is not None:
        return "stale"
    return "ok" if health.last_ok_at else "pending"


@_feed(
    "seconds", "Newest", source="reported", inputs=("newest_at",), aliases=("newest", "age"),
    renamed_from=("feed_age_s",), best="low",
)  # fmt: skip
def age_s(view: FeedView) -> Reading:
    """Age of the newest record, on the API's clock.

    Formula: API's time now − newest record's time, not below 0
    """
    return known(_seconds(view.health.newest_at, view.upstream_now), "no record yet")


@_feed("seconds", "Answered", inputs=("last_ok_at",), aliases=("answered",), best="low")
def answered_s(view: FeedView) -> Reading:
    """Time since the last valid response."""
    return known(_seconds(view.health.last_ok_at, view.now), NO_RESPONSE)


@_feed(
    "seconds", "Failing", inputs=("last_ok_at", "last_error"), renamed_from=("feed_failing_s",), best="low"
)
def failing_s(view: FeedView) -> Reading:
    """Time since the last valid response; 0 while it responds."""
    if view.health.failure is None:
        return 0.0
    return known(_seconds(view.health.last_ok_at, view.now), NO_RESPONSE)


@_feed("flag", "Down", inputs=("last_error",), nullable=False)
def failing(view: FeedView) -> bool:
    """Whether the last poll failed."""
    return view.health.failure is not None


@_feed("time", "Last OK")
def last_ok_at(view: FeedView) -> datetime | None:
    """Time of the last valid response."""
    return view.health.last_ok_at


@_feed("text", "Error", aliases=("fault",))
def last_error(view: FeedView) -> str | None:
    """Failure of the last poll; null where it succeeded."""
    return view.health.failure


@_feed("text", "Notice", inputs=("newest_at",))
def notice(view: FeedView) -> str | None:
    """Why the records of a responding feed are stale."""
    return view.health.anomaly(view.upstream_now)


@_feed("time", "Newest at", source="reported")
def newest_at(view: FeedView) -> datetime | None:
    """Time of the newest record."""
    return view.health.newest_at


@_feed("time", "Retry", aliases=("retry",))
def retry_at(view: FeedView) -> datetime | None:
    """Time of the next attempt after a failure."""
    return view.health.retry_at


@_feed("count", "HTTP", source="reported")
def status(view: FeedView) -> int | None:
    """HTTP status of the last response."""
    return view.health.status


@_feed("seconds", "Every", aliases=("every",))
def interval_s(view: FeedView) -> float | None:
    """Time between polls."""
    return view.health.interval_s


@_feed("seconds", "Latency", aliases=("latency",), best="low")
def latency_s(view: FeedView) -> float | None:
    """Duration of the last request."""
    return view.health.latency_s


@_feed("bytes", "Body", aliases=("bytes", "body"), nullable=False)
def body_bytes(view: FeedView) -> int:
    """Size of the last response."""
    return view.health.body_bytes


@_counter("counter", "Requests")
def requests(view: FeedView) -> int:
    """Requests sent."""
    return view.health.requests


@_counter("counter", "304")
def not_modified(view: FeedView) -> int:
    """Requests answered with 304 Not Modified."""
    return view.health.not_modified


@_feed("pct", "304 %", inputs=("not_modified", "requests", "errors"), aliases=("unchanged",), best="high")
def unchanged_pct(view: FeedView) -> Reading:
    """304 responses, share of valid responses.

    Formula: 304 responses / (requests − errors)
    """
    valid = view.health.requests - view.health.errors
    return known(100.0 * view.health.not_modified / valid if valid else None, NO_RESPONSE)


@_counter("counter", "Errors", best="low")
def errors(view: FeedView) -> int:
    """Failed requests."""
    return view.health.errors


@_counter("counter", "Quarant.", best="low")
def quarantined(view: FeedView) -> int:
    """Undecodable records, kept raw."""
    return view.health.quarantined


@_counter("counter", "Coerced", best="low")
def coerced(view: FeedView) -> int:
    """Records with converted types."""
    return view.health.coerced


def _seconds(moment: datetime | None, now: datetime) -> float | None:
    """Time from the moment to now, seconds, not below 0."""
    return None if moment is None else max(0.0, (now - moment).total_seconds())


FIGURES = figures_in(vars())
