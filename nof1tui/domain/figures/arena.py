"""Figures of the whole arena: its state, its models taken together, and its store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from math import fsum
from typing import Any

from nof1tui.domain.figures import shapes
from nof1tui.domain.figures.arena_view import ArenaView
from nof1tui.domain.figures.figure import Reading, declare, figures_in, known
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.figure_value import (
    CLOSED_TRADES,
    RELIABLE_TRADES,
    FigureValue,
    figure_value,
    known_part,
)
from nof1tui.domain.metrics.positions import POSITIONS
from nof1tui.domain.metrics.trades import NO_RESULT
from nof1tui.domain.records import Feed, Position, Reconciliation

_arena = partial(declare, ArenaView, "arena")
_status = partial(declare, ArenaView, "arena", source="collector", nullable=False)
_sum = partial(declare, ArenaView, "arena", group="exposure", counted=POSITIONS)
_traded = partial(declare, ArenaView, "arena", group="trades", counted=CLOSED_TRADES, feed=Feed.TRADES)
SECONDS_PER_DAY = 86_400
NO_SEASON_START = "the season's start is unknown"


@_status("choice", "State", choices=("live", "stale", "down", "empty"))
def state(arena: ArenaView) -> str:
    """live, stale, down or empty, by the account rows."""
    return arena.state


@_status("text", "Source", source="config")
def source(arena: ArenaView) -> str:
    """Source of the records."""
    return arena.source


@_status("seconds", "Clock skew", signed=True)
def clock_skew_s(arena: ArenaView) -> float:
    """How far the API's clock is ahead of the local one; 0 below 5 s."""
    return arena.health.skew_s


@_status("object", "Collector", members=shapes.COLLECTOR)
def collector(arena: ArenaView) -> Reading:
    """The process that collects into the store."""
    its = arena.collector
    return {"role": its.role, "holder": its.holder, "since": its.since}


@_status("object", "Store", members=shapes.STORE)
def store(arena: ArenaView) -> Reading:
    """The store: server, schema revision, rows by table."""
    its = arena.store
    failure = {} if its.failure is None else {"failure": its.failure}
    known_rows = {"server": its.server, "revision": its.revision, "waiting": its.waiting}
    known_rows |= {"rejected": its.rejected, "elsewhere": its.elsewhere}
    return {**known_rows, "rows": dict(its.rows), **failure}


@_status("list", "Chain", source="chain", members=shapes.CHECK)
def chain(arena: ArenaView) -> Reading:
    """The last comparison of each account with the chain."""
    return [_check(check) for check in arena.checks]


@_status("list", "Drift", members=shapes.DRIFT)
def drift(arena: ArenaView) -> Reading:
    """Deviations of responses from the contract, and of accounts from the chain."""
    return [
        *(
            {
                "kind": "schema",
                "endpoint": item.endpoint,
                "field": item.field,
                "change": item.change,
                "sample": item.sample,
                "seen_at": item.seen_at,
            }
            for item in arena.drift
        ),
        *({"kind": "chain", **_check(check)} for check in arena.checks if check.verdict == "drift"),
    ]


@_arena("count", "Models", nullable=False)
def models(arena: ArenaView) -> int:
    """Accounts in the leaderboard, without benchmarks."""
    return len(_models(arena))


@_arena("count", "Day", source="config")
def season_day(arena: ArenaView) -> Reading:
    """Day of the season, 1 on the first."""
    start: datetime | None = arena.season_starts_at
    if start is None:
        return known(None, NO_SEASON_START)
    return int((arena.now - start).total_seconds() // SECONDS_PER_DAY) + 1


@_arena("count", "Pos", aliases=("pos",), nullable=False)
def positions(arena: ArenaView) -> int:
    """Open positions of all models."""
    return len(_positions(arena))


@_sum("usd", "Long", aliases=("long",))
def long_usd(arena: ArenaView) -> FigureValue:
    """Notional of all long positions.

    Formula: Σ notional of longs
    """
    return _notional([position for position in _positions(arena) if position.side == "long"])


@_sum("usd", "Short", aliases=("short",))
def short_usd(arena: ArenaView) -> FigureValue:
    """Notional of all short positions, unsigned.

    Formula: Σ notional of shorts
    """
    return _notional([position for position in _positions(arena) if position.side == "short"])


@_sum("usd", "Unreal.", source="reported", aliases=("unrealized", "unreal"), signed=True)
def unrealized_usd(arena: ArenaView) -> FigureValue:
    """Unrealised P&L of all positions, as reported."""
    held = _positions(arena)
    parts = [position.unrealized_usd for position in held if position.unrealized_usd is not None]
    return known_part(fsum(parts), len(parts), len(held), POSITIONS, "P&L")


@_sum("multiple", "Max lev", source="reported", aliases=("lev",))
def leverage(arena: ArenaView) -> FigureValue:
    """Highest leverage of an open position."""
    held = _positions(arena)
    highest = max((position.leverage for position in held if position.leverage is not None), default=None)
    return figure_value(highest, len(held), POSITIONS, missing="leverage is unknown")


@_traded("count", "Trades", source="reported", nullable=False)
def trades(arena: ArenaView) -> int:
    """Closed trades of all models."""
    return sum(view.trade_stats.trades for view in _models(arena))


@_traded(
    "pct", "Win", minimum_n=1, sound_n=RELIABLE_TRADES, inputs=("trades",), aliases=("win",), best="high"
)
def win_rate_pct(arena: ArenaView) -> FigureValue:
    """Win rate: share of all models' trades with net P&L above 0.

    Formula: wins / trades with a known result
    """
    stats = [view.trade_stats for view in _models(arena)]
    judged, wins = sum(its.judged for its in stats), sum(its.wins for its in stats)
    rate = 100.0 * wins / judged if judged else None
    return figure_value(rate, judged, CLOSED_TRADES, sound=RELIABLE_TRADES, missing=NO_RESULT)


@_traded("usd", "Net", source="reported", aliases=("net",), signed=True)
def net_usd(arena: ArenaView) -> FigureValue:
    """Net P&L of all models' closed trades, as reported."""
    stats = [view.trade_stats for view in _models(arena)]
    known, count = sum(its.judged for its in stats), sum(its.trades for its in stats)
    return known_part(fsum(its.net_usd for its in stats), known, count, CLOSED_TRADES, "a result")


@_traded("usd", "Fees", source="reported", aliases=("fees",))
def fees_usd(arena: ArenaView) -> FigureValue:
    """Fees on all models' closed trades."""
    stats = [view.trade_stats for view in _models(arena)]
    count = sum(its.trades for its in stats)
    known = count - sum(its.without_fees for its in stats)
    return known_part(fsum(its.fees_usd for its in stats), known, count, CLOSED_TRADES, "fees")


@_arena("object", "Correlation", group="risk", members=shapes.CORRELATIONS)
def correlations(arena: ArenaView) -> Reading:
    """Correlation of hourly returns between accounts, a symmetric matrix."""
    if arena.read_correlations is None:
        return known(None, "curves not read")
    between = arena.read_correlations().between
    accounts = [view.account for view in arena.accounts]
    pairs = [[between(one, other) for other in accounts] for one in accounts]
    return {
        "returns": "hourly",
        "accounts": [account.slug for account in accounts],
        "matrix": [[pair.value for pair in row] for row in pairs],
        "n": [[pair.n for pair in row] for row in pairs],
        "reasons": [[pair.reason for pair in row] for row in pairs],
    }


def _models(arena: ArenaView) -> Sequence[AccountView]:
    return [view for view in arena.accounts if not view.leaderboard_row.is_benchmark]


def _positions(arena: ArenaView) -> Sequence[Position]:
    return [position for view in _models(arena) for position in view.row.positions]


def _notional(held: Iterable[Position]) -> FigureValue:
    sizes = [position.notional_usd for position in held]
    priced = [size for size in sizes if size is not None]
    return known_part(fsum(priced), len(priced), len(sizes), POSITIONS, "price")


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


FIGURES = figures_in(vars())
