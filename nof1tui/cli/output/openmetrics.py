"""The status of an arena, and figures of its accounts, as OpenMetrics text for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from nof1tui.cli.output.status_document import feed_views
from nof1tui.domain.export.documents import FEEDS, LEADERBOARD, Document
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
_UNITS = ("seconds", "bytes", "usd", "pct")
_TEXTUAL = ("id", "text", "choice", "list", "object")
Labels = Mapping[str, str]
Sample = tuple[Labels, float | None]


def render_openmetrics(arena: ArenaView, version: str) -> str:
    """OpenMetrics 1.0 text: the arena, its feeds, and its accounts where they were read.

    Unknown values have no sample.
    """
    states = [({"nof1_state": name}, float(arena.state == name)) for name in get_args(ArenaState)]
    rows = [({"table": table}, float(count)) for table, count in arena.store.rows.items()]
    is_reachable, collects = arena.store.failure is None, arena.collector.role == "collector"
    lines = [
        *_family("nof1_build", "info", "Version of the program.", [({"version": version}, 1.0)]),
        *_family("nof1_state", "stateset", "State of the arena's figures.", states),
        *_family("nof1_store_up", "gauge", "1 if the store could be read.", [({}, float(is_reachable))]),
        *_family("nof1_collector_up", "gauge", "1 if a collector is running.", [({}, float(collects))]),
        *_families(FEEDS, feed_views(arena)),
        *(_families(LEADERBOARD, arena.accounts[:MAX_ACCOUNTS]) if arena.accounts else ()),
        *_family(
            "nof1_store_queued", "gauge", "Records not yet written.", [({}, float(arena.store.waiting))]
        ),
        *_family("nof1_store_rejected", "gauge", "Records set aside.", [({}, float(arena.store.rejected))]),
        *_family("nof1_store_rows", "gauge", "Rows of a table; an estimate for large tables.", rows),
    ]
    return "\n".join([*lines, "# EOF", ""])


def metric_name(figure: Figure[Any]) -> str:
    """The name of the figure's family: of its subject and key, with the unit written out."""
    old, new = _SUFFIXES.get(figure.unit, ("", ""))
    key = f"{figure.key.removesuffix(old)}{new}"
    return _PINNED_NAMES.get((figure.subject, figure.key), f"{_PREFIXES[figure.subject]}{key}")


def _families(document: Document, views: Sequence[FeedView | AccountView]) -> Iterator[str]:
    """The document's figures that are numbers, times or flags."""
    for figure in document.figures():
        if figure.unit in _TEXTUAL:
            continue
        name, kind = metric_name(figure), "counter" if figure.unit == "counter" else "gauge"
        samples = [(_labels(view), _number(figure, view)) for view in views]
        yield from _family(name, kind, figure.description, samples)


def _labels(view: FeedView | AccountView) -> Labels:
    if isinstance(view, FeedView):
        return {"feed": view.health.feed.value}
    key = view.account
    return {"trader": key.trader, "season": key.season, "competition": key.competition}


def _number(figure: Figure[Any], view: FeedView | AccountView) -> float | None:
    value = figure.value(view)
    return value.timestamp() if isinstance(value, datetime) else figure.number(view)


def _family(name: str, kind: str, description: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    unit = name.rpartition("_")[2]
    if unit in _UNITS:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {description}"
    suffix = {"counter": "_total", "info": "_info"}.get(kind, "")
    for labels, value in samples:
        if value is not None:
            label_text = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            braces = f"{{{label_text}}}" if label_text else ""
            yield f"{name}{suffix}{braces} {value:.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
