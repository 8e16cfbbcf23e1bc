"""Columns of the trader screen: open positions and closed trades."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from nof1tui.domain.figures import position as figures
from nof1tui.domain.figures.views import PositionView, TradeView
from nof1tui.domain.metrics.positions import LIQUIDATION_NEAR_PCT
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import ExitPlan
from nof1tui.tui.columns.looks import Look, coin_look, figure_columns, own_view, side_cell
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.gauge import gauge
from nof1tui.tui.style.units import value_of
from nof1tui.tui.table.layout import Column

_GAUGE_WIDTH = 9
NO_PLAN = "no plan"
_Prices = tuple[float | None, float | None]
_Plan = tuple[float | None, float | None, float | None]


def _plan(view: PositionView) -> _Plan:
    """Stop, place of the mark between the two, target."""
    plan = view.position.exit_plan or ExitPlan()
    return plan.stop_loss, value_of(figures.plan_progress.read(view)), plan.profit_target


def plan_text(view: PositionView) -> str:
    """Stop, a gauge of the mark between them, target; `no plan` without either."""
    return _plan_cell(_plan(view)).text


def _plan_cell(reading: _Plan, *, ascii: bool = False) -> Cell:  # noqa: A002
    stop, progress, target = reading
    if stop is None and target is None:
        return Cell(NO_PLAN, "muted")
    drawn = " … " if progress is None else f" {gauge(progress, _GAUGE_WIDTH, ascii)} "
    return Cell(f"{fmt.price(stop):>9}{drawn}{fmt.price(target):<9}")


def _liquidation(view: PositionView) -> _Prices:
    """The liquidation price, and the distance to it in percent."""
    return view.position.liquidation_price, value_of(figures.liquidation_distance_pct.read(view))


def liquidation_cell(reading: _Prices) -> Cell:
    """The liquidation price; when it is near, the distance in percent with a warning sign."""
    price, away_pct = reading
    if away_pct is not None and away_pct <= LIQUIDATION_NEAR_PCT:
        return Cell(f"⚠ {max(away_pct, 0.0):.1f}%", "warn")
    return Cell(fmt.price(price))


def _second(reading: tuple[Any, ...]) -> Any:
    return reading[1]


def _size(reading: float | None) -> float | None:
    return None if reading is None else abs(reading)


def _side_look(drop_order: float = 0) -> Look:
    return Look(5, drop_order, paint=side_cell)


_POSITION_LOOKS = {
    "coin": coin_look(5),
    "side": _side_look(),
    "quantity": Look(8, 4, sort=_size),
    "entry_price": Look(9, 5),
    "mark_price": Look(9, 9, style="bold"),
    "leverage": Look(4, 3),
    "notional_usd": Look(8, 7),
    "unrealized_usd": Look(8),
    "liquidation_price": Look(9, 6, read=_liquidation, paint=liquidation_cell, sort=_second),
    "plan_progress": Look(9 + _GAUGE_WIDTH + 11, 10, read=_plan, paint=_plan_cell, sort=_second, left=True,
                          title=f"{'Stop':>9} {'─' * 2} mark {'─' * 2} Target"),
    "r_multiple": Look(5, 8, text=fmt.risk),
    "confidence": Look(4, 1),
    "held_s": Look(7, 2),
}  # fmt: skip


def position_columns(*, ascii: bool) -> tuple[Column[PositionView], ...]:  # noqa: A002
    """The columns of open positions; `ascii` draws the gauge with ASCII characters."""
    columns: tuple[Column[PositionView], ...] = figure_columns("position", _POSITION_LOOKS, own_view)
    if not ascii:
        return columns
    paint, title = partial(_plan_cell, ascii=True), "     Stop -- mark -- Target"
    return tuple(
        replace(its, paint=paint, title=title) if its.key == "plan_progress" else its for its in columns
    )


def trade_filter_text(view: TradeView) -> str:
    """The text that the filter searches."""
    trade = view.trade
    result = "loss" if (trade.net_usd or 0.0) < 0 else "win"
    closed = fmt.day_and_time(trade.exit_at)
    return f"{fmt.sanitise_line(trade.coin)} {trade_side(trade) or ''} {closed} {result}"


_with_cents = partial(fmt.gain_usd, cents=True)
TRADE_LOOKS = {
    "exit_at": Look(12, 9),
    "coin": coin_look(6),
    "side": _side_look(8),
    "quantity": Look(10, 3, sort=_size),
    "entry_price": Look(10, 5),
    "exit_price": Look(10, 6),
    "held_s": Look(7, 4),
    "gross_usd": Look(11, 1, text=_with_cents),
    "fees_usd": Look(8, 2),
    "net_usd": Look(11, text=_with_cents),
}


def trade_columns() -> tuple[Column[TradeView], ...]:
    """The columns of closed trades of one trader."""
    return figure_columns("trade", TRADE_LOOKS, own_view)
