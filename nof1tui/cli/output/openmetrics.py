"""The status of an arena, and figures of its accounts, as families of metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, get_args

from nof1tui.cli.output.status_document import feed_views
from nof1tui.domain.export.documents import FEEDS, LEADERBOARD, Document
from nof1tui.domain.export.metric_families import Labels, MetricFamily, MetricKind
from nof1tui.domain.figures.arena_view import ArenaView
from nof1tui.domain.figures.figure import Figure
from nof1tui.domain.figures.views import AccountView, FeedView
from nof1tui.domain.health import ArenaState

MAX_ACCOUNTS = 200
"""Accounts with samples, the best ranks first, so that the number of series stays bounded."""
_PINNED_NAMES = {
    ("feed", "last_ok_at"): "nof1_feed_answered_timestamp_seconds",
    ("account", "n"): "nof1_daily_returns",
}
"""Names that dashboards rely on, where the figure's key gives another."""
_SUFFIXES = {"seconds": ("_s", "_seconds"), "time": ("_at", "_timestamp_seconds")}
_PREFIXES = {"account": "nof1_", "feed": "nof1_feed_"}
_TEXTUAL = ("id", "text", "choice", "list", "object")


def status_families(arena: ArenaView, version: str) -> list[MetricFamily]:
    """The metrics of the arena, its feeds, and its accounts where they were read.

    Unknown values have no sample.
    """
    states = [({"nof1_state": name}, float(arena.state == name)) for name in get_args(ArenaState)]
    rows = [({"table": table}, float(count)) for table, count in arena.store.rows.items()]
    is_reachable, collects = arena.store.failure is None, arena.collector.role == "collector"
    family, single = MetricFamily.of, MetricFamily.single
    return [
        family("nof1_build", "info", "Version of the program.", [({"version": version}, 1.0)]),
        family("nof1_state", "stateset", "State of the arena's figures.", states),
        single("nof1_store_up", "gauge", "1 if the store could be read.", is_reachable),
        single("nof1_collector_up", "gauge", "1 if a collector is running.", collects),
        *_families(FEEDS, feed_views(arena)),
        *(_families(LEADERBOARD, arena.accounts[:MAX_ACCOUNTS]) if arena.accounts else ()),
        single("nof1_store_queued", "gauge", "Records not yet written.", arena.store.waiting),
        single("nof1_store_rejected", "gauge", "Records set aside.", arena.store.rejected),
        family("nof1_store_rows", "gauge", "Rows of a table; an estimate for large tables.", rows),
    ]


def metric_name(figure: Figure[Any]) -> str:
    """The name of the figure's family: of its subject and key, with the unit written out."""
    old, new = _SUFFIXES.get(figure.unit, ("", ""))
    key = f"{figure.key.removesuffix(old)}{new}"
    return _PINNED_NAMES.get((figure.subject, figure.key), f"{_PREFIXES[figure.subject]}{key}")


def _families(document: Document, views: Sequence[FeedView | AccountView]) -> Iterator[MetricFamily]:
    """The document's figures that are numbers, times or flags."""
    for figure in document.figures():
        if figure.unit in _TEXTUAL:
            continue
        samples = [(_labels(view), _number(figure, view)) for view in views]
        kind: MetricKind = "counter" if figure.unit == "counter" else "gauge"
        yield MetricFamily.of(metric_name(figure), kind, figure.description, samples)


def _labels(view: FeedView | AccountView) -> Labels:
    if isinstance(view, FeedView):
        return {"feed": view.health.feed.value}
    key = view.account
    return {"trader": key.trader, "season": key.season, "competition": key.competition}


def _number(figure: Figure[Any], view: FeedView | AccountView) -> float | None:
    value = figure.value(view)
    return value.timestamp() if isinstance(value, datetime) else figure.number(view)
