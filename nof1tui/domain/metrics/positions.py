"""Figures of open positions: exposure, leverage, distances to stop, target and liquidation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum

from msgspec import Struct

from nof1tui.domain.estimate import Mark
from nof1tui.domain.metrics import basic
from nof1tui.domain.metrics.figure_value import FigureValue, figure_value, percent
from nof1tui.domain.records import AccountRow, Position

POSITIONS = "positions"
LIQUIDATION_NEAR_PCT = 5.0
"""Liquidation is near when it is at most this far from the mark, in percent of the mark."""


class PositionFigures(Struct, frozen=True):
    """All figures of one account's open positions taken together."""

    gross: FigureValue
    """Σ |notional| / equity."""
    net: FigureValue
    """Σ signed notional / equity."""
    leverage_used: FigureValue
    """Effective leverage: Σ notional / Σ margin."""
    leverage_highest: FigureValue
    margin_share_pct: FigureValue
    """Margin used, percent of equity."""
    nearest_stop_pct: FigureValue
    nearest_liquidation_pct: FigureValue


def position_figures(positions: Sequence[Position], equity_usd: float) -> PositionFigures:
    """The figures of an account with these positions; an account without positions has an exposure of 0."""
    exposure, margin = basic.exposure(positions, equity_usd), total_margin_usd(positions)
    notional = fsum(position.notional_usd or 0.0 for position in positions)
    unknown = "equity is not above zero" if equity_usd <= 0 else "a position has no price"
    priced = all(position.notional_usd is not None for position in positions)

    def figure(value: float | None, missing: str) -> FigureValue:
        return figure_value(
            value, len(positions), POSITIONS, least=0, missing=missing if positions else "flat"
        )

    return PositionFigures(
        gross=figure(exposure.gross, unknown),
        net=figure(exposure.net, unknown),
        leverage_used=figure(notional / margin if margin and priced else None, "margin is unknown"),
        leverage_highest=figure(exposure.leverage, "leverage is unknown"),
        margin_share_pct=figure(
            percent(margin / equity_usd) if margin is not None and equity_usd > 0 else None,
            unknown if equity_usd <= 0 else "margin is unknown",
        ),
        nearest_stop_pct=figure(_nearest(positions, stop_distance_pct), "no stop is stated"),
        nearest_liquidation_pct=figure(
            _nearest(positions, basic.liquidation_distance_pct), "no liquidation price"
        ),
    )


def account_unrealized_usd(row: AccountRow) -> FigureValue:
    """Unrealised P&L of an account, USD: as reported, else the sum over its positions with the reason."""
    if row.unrealized_usd is not None:
        return FigureValue(row.unrealized_usd)
    parts = [its.unrealized_usd for its in row.positions if its.unrealized_usd is not None]
    if not parts:
        return FigureValue(None, 0, POSITIONS, "not reported")
    reason = f"not reported: sum over {len(parts)} of {len(row.positions)} positions"
    mark: Mark = "estimated" if len(parts) == len(row.positions) else "incomplete"
    return FigureValue(fsum(parts), len(parts), POSITIONS, reason, (mark,))


def margin_usd(position: Position) -> float | None:
    """Margin of a position, USD: as reported, else notional over leverage."""
    if position.margin_usd is not None:
        return position.margin_usd
    notional = position.notional_usd
    return notional / position.leverage if notional is not None and position.leverage else None


def total_margin_usd(positions: Sequence[Position]) -> float | None:
    """Margin of all positions, USD; None if the margin of one is unknown."""
    margins = [margin for position in positions if (margin := margin_usd(position)) is not None]
    return fsum(margins) if len(margins) == len(positions) else None


def stop_distance_pct(position: Position) -> float | None:
    """Distance of the mark to the stop, percent of the mark; negative beyond the stop."""
    plan = position.exit_plan
    return None if plan is None else _adverse_pct(position, plan.stop_loss)


def target_distance_pct(position: Position) -> float | None:
    """Distance of the mark to the target, percent of the mark; negative beyond the target."""
    distance_pct = (
        None if position.exit_plan is None else _adverse_pct(position, position.exit_plan.profit_target)
    )
    return None if distance_pct is None else 0.0 - distance_pct


def _adverse_pct(position: Position, price: float | None) -> float | None:
    mark = position.mark_price
    if mark is None or mark <= 0 or price is None:
        return None
    return 100.0 * (price - mark if position.side == "short" else mark - price) / mark


def _nearest(positions: Sequence[Position], distance: Callable[[Position], float | None]) -> float | None:
    return min(
        (distance_pct for position in positions if (distance_pct := distance(position)) is not None),
        default=None,
    )
