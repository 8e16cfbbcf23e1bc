"""Figures of open positions: exposure, leverage in use, distances to stop, target and liquidation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum

from nof1tui.domain.metrics import basic
from nof1tui.domain.metrics.figure_value import FigureValue, figure_value, percent
from nof1tui.domain.records import Position

POSITIONS = "positions"


@dataclass(frozen=True, slots=True)
class PositionFigures:
    """All that is told of one account's open positions together."""

    gross: FigureValue
    """Σ |notional| / equity."""
    net: FigureValue
    """Σ signed notional / equity."""
    leverage_used: FigureValue
    """Σ notional / Σ margin: the leverage the positions are held at, weighted by their size."""
    leverage_highest: FigureValue
    margin_share_pct: FigureValue
    """Margin tied up as a share of equity."""
    nearest_stop_pct: FigureValue
    nearest_liquidation_pct: FigureValue


def position_figures(positions: Sequence[Position], equity_usd: float) -> PositionFigures:
    """The figures of an account with these positions; flat accounts have an exposure of 0."""
    exposed, margin = basic.exposure(positions, equity_usd), total_margin_usd(positions)
    notional = fsum(position.notional_usd or 0.0 for position in positions)
    unknown = "equity is not above zero" if equity_usd <= 0 else "a position has no price"
    priced = all(position.notional_usd is not None for position in positions)

    def told(value: float | None, missing: str) -> FigureValue:
        return figure_value(
            value, len(positions), POSITIONS, least=0, missing=missing if positions else "flat"
        )

    return PositionFigures(
        gross=told(exposed.gross, unknown),
        net=told(exposed.net, unknown),
        leverage_used=told(notional / margin if margin and priced else None, "margin is unknown"),
        leverage_highest=told(exposed.leverage, "leverage is unknown"),
        margin_share_pct=told(
            percent(margin / equity_usd) if margin is not None and equity_usd > 0 else None,
            unknown if equity_usd <= 0 else "margin is unknown",
        ),
        nearest_stop_pct=told(_nearest(positions, stop_distance_pct), "no stop is stated"),
        nearest_liquidation_pct=told(
            _nearest(positions, basic.liquidation_distance_pct), "no liquidation price"
        ),
    )


def margin_usd(position: Position) -> float | None:
    """As stated, else notional over leverage."""
    if position.margin_usd is not None:
        return position.margin_usd
    notional = position.notional_usd
    return notional / position.leverage if notional is not None and position.leverage else None


def total_margin_usd(positions: Sequence[Position]) -> float | None:
    margins = [margin for position in positions if (margin := margin_usd(position)) is not None]
    return fsum(margins) if len(margins) == len(positions) else None


def stop_distance_pct(position: Position) -> float | None:
    """How far the mark may move against the position until its stop, in percent of the mark.

    Negative: the mark is beyond the stop.
    """
    plan = position.exit_plan
    return None if plan is None else _adverse_pct(position, plan.stop_loss)


def target_distance_pct(position: Position) -> float | None:
    """How far the mark has to move in favour until its target, in percent of the mark.

    Negative: the mark is beyond the target.
    """
    away = None if position.exit_plan is None else _adverse_pct(position, position.exit_plan.profit_target)
    return None if away is None else 0.0 - away


def _adverse_pct(position: Position, price: float | None) -> float | None:
    mark = position.mark_price
    if mark is None or mark <= 0 or price is None:
        return None
    return 100.0 * (price - mark if position.side == "short" else mark - price) / mark


def _nearest(positions: Sequence[Position], distance: Callable[[Position], float | None]) -> float | None:
    return min((away for position in positions if (away := distance(position)) is not None), default=None)
