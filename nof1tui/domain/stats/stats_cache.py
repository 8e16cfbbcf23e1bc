"""Cached figures of every account on a board, recomputed only where records changed."""

from __future__ import annotations

from msgspec import Struct

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.metrics.correlation import Correlations
from nof1tui.domain.metrics.crowding import Crowding, crowding
from nof1tui.domain.metrics.drawdown import RunningDrawdown, drawdown, extend_drawdown
from nof1tui.domain.metrics.performance import Performance, performance
from nof1tui.domain.metrics.positions import PositionFigures, position_figures
from nof1tui.domain.metrics.trades import TradeFigures, trade_figures
from nof1tui.domain.records import AccountKey, AccountRow
from nof1tui.domain.series.closes import (
    SECONDS_PER_HOUR,
    WHOLE_SEASON,
    Closes,
    Span,
    hourly_closes,
    is_prefix,
)
from nof1tui.domain.series.curve import Curve


class TraderFigures(Struct, frozen=True):
    """One account's figures; those of positions are always as of the board's time."""

    account: AccountKey
    performance: Performance
    trades: TradeFigures
    positions: PositionFigures


class _CacheEntry(Struct, frozen=True):
    """The inputs of an account's figures, and the figures."""

    row: AccountRow
    curve: Curve
    market: Curve | None
    log: TradeLog
    drawdown: RunningDrawdown
    figures: TraderFigures

    def is_current(self, row: AccountRow, curve: Curve, market: Curve | None, log: TradeLog) -> bool:
        return self.row is row and self.curve is curve and self.market is market and self.log is log


class StatsCache:
    """Figures of successive boards. Records are compared by identity, as each board shares the unchanged
    records of the one before. For the whole season new points of a curve are added to running figures;
    for a span all its points are read.
    """

    def __init__(self) -> None:
        self._span = WHOLE_SEASON
        self._entries: dict[AccountKey, _CacheEntry] = {}
        self._hourly: dict[AccountKey, tuple[Curve, Closes]] = {}
        self._correlations = Correlations({}, "hourly returns of both")

    def figures(self, board: Board, span: Span = WHOLE_SEASON) -> tuple[TraderFigures, ...]:
        """The figures of every account on the board, in the order of the leaderboard."""
        if span != self._span:
            self._span, self._entries = span, {}
        market = market_curve(board)
        self._entries = {
            row.account: self._refreshed(board, row.account, market) for row in board.leaderboard
        }
        return tuple(entry.figures for entry in self._entries.values())

    def figures_of(self, board: Board, account: AccountKey, span: Span = WHOLE_SEASON) -> TraderFigures:
        """The figures of one account, which is the only one kept then."""
        if span != self._span:
            self._span, self._entries = span, {}
        self._entries = {account: self._refreshed(board, account, market_curve(board))}
        return self._entries[account].figures

    def hourly_correlations(self, board: Board) -> Correlations:
        """Correlations by complete hours of the season; sound days earlier than by daily returns."""
        self._hourly = {
            key: (curve, _updated_hourly_closes(self._hourly.get(key), curve))
            for key, curve in board.curves.items()
        }
        self._correlations = self._correlations.with_closes(
            {key: closes for key, (_, closes) in self._hourly.items()}
        )
        return self._correlations

    def _refreshed(self, board: Board, key: AccountKey, market: Curve | None) -> _CacheEntry:
        row, log = board.accounts[key], board.trades.get(key, _NO_TRADES)
        curve = board.curves.get(key, _NO_CURVE)
        old = self._entries.get(key)
        if old is not None and old.is_current(row, curve, market, log):
            return old
        running = self._drawdown(old, curve)
        trades = old.figures.trades if old is not None and old.log is log else self._trades(log)
        figures = TraderFigures(
            key,
            performance(curve, self._span, market=market, running=running),
            trades,
            position_figures(row.positions, row.equity_usd),
        )
        return _CacheEntry(row, curve, market, log, running, figures)

    def _drawdown(self, old: _CacheEntry | None, curve: Curve) -> RunningDrawdown:
        if old is None or self._span != WHOLE_SEASON:
            return drawdown(curve, self._span)
        return old.drawdown if old.curve is curve else extend_drawdown(old.drawdown, old.curve, curve)

    def _trades(self, log: TradeLog) -> TradeFigures:
        return trade_figures(trade for trade in log.trades if self._span.contains(trade.exit_at))


def _updated_hourly_closes(known: tuple[Curve, Closes] | None, curve: Curve) -> Closes:
    """The hourly closes; the known ones while no further hour is complete."""
    if known is not None:
        before, closes = known
        if before is curve or (before.times and is_prefix(before, curve) and _same_hour(before, curve)):
            return closes
    return hourly_closes(curve)


def _same_hour(one: Curve, other: Curve) -> bool:
    return one.times[-1] // SECONDS_PER_HOUR == other.times[-1] // SECONDS_PER_HOUR


def market_curve(board: Board) -> Curve | None:
    """The curve of the season's benchmark account (BTC bought and held), or None."""
    keys = [key for key in board.curves if board.roster.trader(key.trader).kind == "benchmark"]
    return board.curves[min(keys)] if keys else None


def board_crowding(board: Board) -> Crowding:
    """Crowding of the board's models, in the order of the leaderboard."""
    return crowding(board.accounts[row.account] for row in board.leaderboard if not row.is_benchmark)


_NO_TRADES = TradeLog()
_NO_CURVE = Curve(0.0)
