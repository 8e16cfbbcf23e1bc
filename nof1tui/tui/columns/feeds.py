"""Columns of the feeds: state, ages and counts of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nof1tui.domain.health import FeedHealth, LoadProgress
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.table.layout import Column


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed at one time; its ages grow while nothing is received."""

    health: FeedHealth
    now: datetime
    upstream_now: datetime
    """The same time by the server's clock, which the times of records use."""

    @property
    def since_answer_s(self) -> float | None:
        """Seconds since the last valid response."""
        return _between(self.health.last_ok_at, self.now)

    @property
    def record_age_s(self) -> float | None:
        """Age of the newest record in seconds."""
        return _between(self.health.newest_at, self.upstream_now)

    @property
    def unchanged_pct(self) -> float | None:
        """Share of responses with status `304 Not Modified`, in percent."""
        answered = self.health.requests - self.health.errors
        return 100.0 * self.health.not_modified / answered if answered else None


def _between(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _state(row: FeedRow) -> Cell:
    if row.health.failure is not None:
        return Cell("○ down", "loss")
    if row.health.loading is not None:
        return Cell("↓ load", "warn")
    if row.health.anomaly(row.upstream_now) is not None:
        return Cell("◐ stale", "warn")
    return Cell("● ok", "gain") if row.health.last_ok_at else Cell("· pending", "muted")


def _loading(loading: LoadProgress | None) -> str:
    if loading is None:
        return ""
    return f"loading: {fmt.byte_size(loading.body_bytes)}, {fmt.number(loading.records)} records received"


def fault_cell(row: FeedRow) -> Cell:
    """The failure and the time until the next attempt; the anomaly of a feed that responds."""
    if row.health.failure is None:
        return Cell(row.health.anomaly(row.upstream_now) or _loading(row.health.loading), "warn")
    retry = row.health.retry_at
    again = f"retry {fmt.age((retry - row.now).total_seconds())} · " if retry and retry > row.now else ""
    return Cell(again + fmt.sanitise_line(row.health.failure, 200), "loss")


def _count(value: int, style: str = "") -> Cell:
    return Cell(fmt.number(value), style if value else "muted")


FEED_COLUMNS: tuple[Column[FeedRow], ...] = (
    Column(
        "feed", "Feed", 10, lambda r: Cell(r.health.feed.value, "bold"), justify="left",
        sort_key=lambda r: r.health.feed.value,
    ),
    Column("state", "State", 9, _state, justify="left", sort_key=lambda r: r.health.failure is not None),
    Column(
        "every", "Every", 6, lambda r: Cell(fmt.age(r.health.interval_s)), drop_order=4,
        sort_key=lambda r: r.health.interval_s, tooltip="Seconds between polls",
    ),
    Column(
        "answered", "Answered", 8, lambda r: Cell(fmt.age(r.since_answer_s)), drop_order=8,
        sort_key=lambda r: r.since_answer_s, tooltip="Time since last valid response",
    ),
    Column(
        "newest", "Newest", 7, lambda r: Cell(fmt.age(r.record_age_s), "bold"),
        sort_key=lambda r: r.record_age_s, tooltip="Age of the newest record",
    ),
    Column(
        "status", "HTTP", 4, lambda r: Cell(str(r.health.status or fmt.UNKNOWN)), drop_order=7,
        sort_key=lambda r: r.health.status,
    ),
    Column(
        "latency", "Latency", 8, lambda r: Cell(fmt.milliseconds(r.health.latency_s)), drop_order=5,
        sort_key=lambda r: r.health.latency_s,
    ),
    Column(
        "bytes", "Body", 8, lambda r: Cell(fmt.byte_size(r.health.body_bytes)), drop_order=3,
        sort_key=lambda r: r.health.body_bytes, tooltip="Size of last response",
    ),
    Column(
        "unchanged", "304", 5, lambda r: Cell(fmt.share(r.unchanged_pct)), drop_order=2,
        sort_key=lambda r: r.unchanged_pct, tooltip="304 responses, %",
    ),
    Column(
        "requests", "Requests", 8, lambda r: _count(r.health.requests), drop_order=1,
        sort_key=lambda r: r.health.requests,
    ),
    Column(
        "errors", "Errors", 6, lambda r: _count(r.health.errors, "warn"), drop_order=6,
        sort_key=lambda r: r.health.errors,
    ),
    Column(
        "quarantined", "Quarant.", 8, lambda r: _count(r.health.quarantined, "warn"), drop_order=9,
        sort_key=lambda r: r.health.quarantined, tooltip="Undecodable records (kept raw)",
    ),
    Column("fault", "Fault", 12, fault_cell, justify="left", grows=True, drop_order=10),
)  # fmt: skip
