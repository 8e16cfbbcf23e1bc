"""Columns of the feeds: state, ages and counts of each."""

from __future__ import annotations

from functools import partial

from nof1tui.domain.figures.views import FeedView
from nof1tui.domain.health import LoadProgress
from nof1tui.tui.columns.looks import Look, figure_columns, own_view
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.table.layout import Column, as_read

_STATES = {
    "down": Cell("○ down", "loss"),
    "loading": Cell("↓ load", "warn"),
    "stale": Cell("◐ stale", "warn"),
    "ok": Cell("● ok", "gain"),
    "pending": Cell("· pending", "muted"),
}


def _loading(loading: LoadProgress | None) -> str:
    if loading is None:
        return ""
    return f"loading: {fmt.byte_size(loading.body_bytes)}, {fmt.number(loading.records)} records received"


def fault_cell(view: FeedView) -> Cell:
    """The failure and the time until the next attempt; the anomaly of a feed that responds."""
    health = view.health
    if health.failure is None:
        return Cell(health.anomaly(view.upstream_now) or _loading(health.loading), "warn")
    retry = health.retry_at
    again = f"retry {fmt.age((retry - view.now).total_seconds())} · " if retry and retry > view.now else ""
    return Cell(again + fmt.sanitise_line(health.failure, 200), "loss")


def _count(value: int, style: str = "") -> Cell:
    return Cell(fmt.number(value), style if value else "muted")


_faults = partial(_count, style="warn")
_LOOKS = {
    "feed": Look(10, style="bold"),
    "state": Look(9, paint=_STATES.__getitem__),
    "interval_s": Look(6, 4, text=fmt.age),
    "answered_s": Look(8, 8, text=fmt.age),
    "age_s": Look(7, text=fmt.age, style="bold"),
    "status": Look(4, 7),
    "latency_s": Look(8, 5, text=fmt.milliseconds),
    "body_bytes": Look(8, 3),
    "unchanged_pct": Look(5, 2),
    "requests": Look(8, 1, paint=_count),
    "errors": Look(6, 6, paint=_faults),
    "quarantined": Look(8, 9, paint=_faults),
    "last_error": Look(12, 10, read=fault_cell, paint=as_read, sort=lambda cell: cell.text or None,
                       title="Fault", grows=True),
}  # fmt: skip


def feed_columns() -> tuple[Column[FeedView], ...]:
    """The columns of the feeds."""
    return figure_columns("feed", _LOOKS, own_view)
