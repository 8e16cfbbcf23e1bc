"""Figures of closed trades, by net P&L as reported by the API.

A win is a trade with net P&L above 0, a loss one below 0; trades without a known result only count
as trades.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from math import fsum
from statistics import median

from msgspec import Struct

from nof1tui.domain.metrics.basic import TradeStats, trade_stats
from nof1tui.domain.metrics.figure_value import (
    CLOSED_TRADES,
    RELIABLE_TRADES,
    FigureValue,
    figure_value,
    percent,
)
from nof1tui.domain.records import Side, Trade

NO_RESULT = "no trade with a known result"
NO_WIN = "no winning trade"
NO_LOSS = "no losing trade"


class TradeBreakdown(Struct, frozen=True, gc=False):
    """Figures of a subset of trades: one side's or one coin's."""

    name: str
    trades: int
    net_usd: float
    win_rate_pct: FigureValue
    share_pct: float
    """Share of all trades, by count."""


class Streaks(Struct, frozen=True, gc=False):
    """Consecutive wins or losses, by time of exit; a net P&L of exactly 0 ends both."""

    longest_win: int = 0
    longest_loss: int = 0
    current: int = 0
    """Current streak: positive for wins, negative for losses, 0 after a net P&L of 0."""


class TradeFigures(Struct, frozen=True):
    """All figures of one account's closed trades."""

    totals: TradeStats
    win_rate_pct: FigureValue
    profit_factor: FigureValue
    """Sum of the wins over the sum of the losses."""
    payoff: FigureValue
    """Average win over average loss."""
    expectancy_usd: FigureValue
    """Average net P&L of a trade."""
    biggest_win_usd: FigureValue
    biggest_loss_usd: FigureValue
    hold_mean_s: FigureValue
    hold_median_s: FigureValue
    fee_share_pct: FigureValue
    """Fees of all trades, percent of gross profit (the sum of gross P&L above 0)."""
    sides: tuple[TradeBreakdown, ...]
    """Longs, then shorts."""
    coins: tuple[TradeBreakdown, ...]
    """Best net P&L first."""
    streaks: Streaks
    last_exit_at: datetime | None = None


def trade_figures(trades: Iterable[Trade]) -> TradeFigures:
    """The figures of these trades, in any order."""
    rows = sorted(trades, key=lambda trade: (trade.exit_at, trade.id))
    totals = trade_stats(rows)
    losses = sum(1 for row in rows if row.net_usd is not None and row.net_usd < 0)
    held = [row.held_s for row in rows if row.held_s is not None]
    profit = fsum(row.gross_usd for row in rows if row.gross_usd is not None and row.gross_usd > 0)
    return TradeFigures(
        totals=totals,
        win_rate_pct=win_rate(totals),
        profit_factor=_rate(totals.profit_factor, totals, NO_LOSS),
        payoff=_rate(_payoff(totals, losses), totals, NO_WIN if losses else NO_LOSS),
        expectancy_usd=_rate(totals.net_usd / totals.judged if totals.judged else None, totals, NO_RESULT),
        biggest_win_usd=figure_value(totals.biggest_win_usd, totals.judged, CLOSED_TRADES, missing=NO_WIN),
        biggest_loss_usd=figure_value(totals.biggest_loss_usd, totals.judged, CLOSED_TRADES, missing=NO_LOSS),
        hold_mean_s=figure_value(
            fsum(held) / len(held) if held else None, len(held), CLOSED_TRADES, sound=RELIABLE_TRADES
        ),
        hold_median_s=figure_value(
            median(held) if held else None, len(held), CLOSED_TRADES, sound=RELIABLE_TRADES
        ),
        fee_share_pct=_rate(
            percent(totals.fees_usd / profit) if profit > 0 else None, totals, "no gross profit"
        ),
        sides=_by_side(rows),
        coins=_by_coin(rows),
        streaks=streaks(rows),
        last_exit_at=rows[-1].exit_at if rows else None,
    )


def trade_side(trade: Trade) -> Side | None:
    """The side as reported, else by the sign of the quantity."""
    if trade.side is not None or not trade.quantity:
        return trade.side
    return "short" if trade.quantity < 0 else "long"


def streaks(trades: Sequence[Trade]) -> Streaks:
    """Longest and current streaks of trades in order of exit."""
    signs = [_sign(row.net_usd) for row in trades if row.net_usd is not None]
    runs = [(sign, sum(1 for _ in run)) for sign, run in groupby(signs)]
    last_sign, last_length = runs[-1] if runs else (0, 0)
    return Streaks(
        longest_win=max((length for sign, length in runs if sign > 0), default=0),
        longest_loss=max((length for sign, length in runs if sign < 0), default=0),
        current=last_sign * last_length,
    )


def _sign(net: float) -> int:
    return (net > 0) - (net < 0)


def _payoff(totals: TradeStats, losses: int) -> float | None:
    if not totals.wins or not losses:
        return None
    return totals.gains_usd / totals.wins / (-totals.losses_usd / losses)


def _rate(value: float | None, totals: TradeStats, missing: str) -> FigureValue:
    return figure_value(value, totals.judged, CLOSED_TRADES, sound=RELIABLE_TRADES, missing=missing)


def win_rate(totals: TradeStats) -> FigureValue:
    """Share of trades with net P&L above 0, percent of those with a known result."""
    return _rate(totals.win_rate_pct, totals, NO_RESULT)


def _breakdown(name: str, rows: Sequence[Trade], total: int) -> TradeBreakdown:
    totals = trade_stats(rows)
    share = 100.0 * len(rows) / total if total else 0.0
    return TradeBreakdown(name, totals.trades, totals.net_usd, win_rate(totals), share)


def _by_side(rows: Sequence[Trade]) -> tuple[TradeBreakdown, ...]:
    sides: tuple[Side, ...] = ("long", "short")
    return tuple(
        _breakdown(side, [row for row in rows if trade_side(row) == side], len(rows)) for side in sides
    )


def _by_coin(rows: Sequence[Trade]) -> tuple[TradeBreakdown, ...]:
    by_coin: dict[str, list[Trade]] = {}
    for row in rows:
        by_coin.setdefault(row.coin, []).append(row)
    parts = (_breakdown(coin, its, len(rows)) for coin, its in by_coin.items())
    return tuple(sorted(parts, key=lambda part: (-part.net_usd, part.name)))
