"""Figures of an open position."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from nof1tui.domain.figures.figure import Reading, declare, figures_in, known
from nof1tui.domain.figures.identity import identity_figures
from nof1tui.domain.figures.shapes import SIDES
from nof1tui.domain.figures.views import PositionView
from nof1tui.domain.metrics import basic, positions
from nof1tui.domain.metrics.figure_value import percent
from nof1tui.domain.records import ExitPlan

_computed = partial(declare, PositionView, "position", group="exposure")
_fact = partial(declare, PositionView, "position", source="reported")
NO_STOP = "no stop is stated"
NO_TARGET = "no target is stated"
NO_MARK = "no mark price"


@_fact("text", "Coin", nullable=False)
def coin(view: PositionView) -> str:
    """Coin or market."""
    return view.position.coin


@_fact("choice", "Side", choices=SIDES, nullable=False)
def side(view: PositionView) -> str:
    """long or short, by the sign of the quantity."""
    return view.position.side


@_fact("coins", "Qty", aliases=("qty",), nullable=False)
def quantity(view: PositionView) -> float:
    """Size in coins; a short is below 0."""
    return view.position.quantity


@_fact("price", "Entry", aliases=("entry",))
def entry_price(view: PositionView) -> float | None:
    """Average entry price."""
    return view.position.entry_price


@_fact("price", "Mark", aliases=("mark",))
def mark_price(view: PositionView) -> float | None:
    """Mark price."""
    return view.position.mark_price


@_fact("multiple", "Lev", aliases=("lev",))
def leverage(view: PositionView) -> float | None:
    """Leverage of the position."""
    return view.position.leverage


@_computed("usd", "Notional", inputs=("quantity", "mark_price"), aliases=("notional",))
def notional_usd(view: PositionView) -> Reading:
    """Size at the mark, or at the entry price without a mark; unsigned.

    Formula: |quantity| · mark
    """
    return known(view.position.notional_usd, "no price")


@_fact("usd", "Unreal.", aliases=("unrealized", "unreal"), signed=True, best="high")
def unrealized_usd(view: PositionView) -> float | None:
    """Unrealised P&L as reported."""
    return view.position.unrealized_usd


@_fact("usd", "Margin", inputs=("notional_usd", "leverage"), aliases=("margin",))
def margin_usd(view: PositionView) -> Reading:
    """Margin as reported, else notional over leverage."""
    return known(positions.margin_usd(view.position), "margin is unknown")


@_computed("pct", "On margin", inputs=("unrealized_usd", "margin_usd"), signed=True, best="high")
def on_margin_pct(view: PositionView) -> Reading:
    """Unrealised P&L, percent of the margin.

    Formula: unrealised P&L / margin
    """
    margin, unrealized = positions.margin_usd(view.position), view.position.unrealized_usd
    value = percent(unrealized / margin) if margin and unrealized is not None else None
    return known(value, "margin or P&L is unknown")


@_fact("price", "Liq.", aliases=("liq", "liquidation"))
def liquidation_price(view: PositionView) -> float | None:
    """Liquidation price."""
    return view.position.liquidation_price


@_computed("pct", "Liq. Δ", inputs=("mark_price", "liquidation_price"), aliases=("liq_away",), best="high")
def liquidation_distance_pct(view: PositionView) -> Reading:
    """Distance from the mark to the liquidation price, percent of the mark.

    Formula: adverse move left / mark
    """
    missing = "no liquidation price" if view.position.liquidation_price is None else NO_MARK
    return known(basic.liquidation_distance_pct(view.position), missing)


@_fact("price", "Stop", aliases=("stop",))
def stop_loss(view: PositionView) -> float | None:
    """Stated stop."""
    return _plan(view).stop_loss


@_fact("price", "Target", aliases=("target",))
def profit_target(view: PositionView) -> float | None:
    """Stated target."""
    return _plan(view).profit_target


@_computed("pct", "Stop Δ", inputs=("mark_price", "stop_loss"), best="high")
def stop_distance_pct(view: PositionView) -> Reading:
    """Distance from the mark to the stop, percent of the mark; below 0: beyond it.

    Formula: adverse move left / mark
    """
    missing = NO_STOP if _plan(view).stop_loss is None else NO_MARK
    return known(positions.stop_distance_pct(view.position), missing)


@_computed("pct", "Target Δ", inputs=("mark_price", "profit_target"), best="low")
def target_distance_pct(view: PositionView) -> Reading:
    """Distance from the mark to the target, percent of the mark; below 0: beyond it.

    Formula: move in favour left / mark
    """
    missing = NO_TARGET if _plan(view).profit_target is None else NO_MARK
    return known(positions.target_distance_pct(view.position), missing)


@_computed(
    "fraction", "Plan", inputs=("mark_price", "stop_loss", "profit_target"), aliases=("plan",), best="high"
)
def plan_progress(view: PositionView) -> Reading:
    """Place of the mark between stop (0) and target (1).

    Formula: (mark − stop) / (target − stop)
    """
    return known(basic.stop_target_progress(view.position), "needs stop, target and mark")


@_fact("text", "Ends when")
def invalidation(view: PositionView) -> str | None:
    """Stated condition that ends the plan."""
    return _plan(view).invalidation


@_fact("fraction", "Conf", aliases=("conf",))
def confidence(view: PositionView) -> float | None:
    """Stated confidence, 0 to 1."""
    return view.position.confidence


@_fact("usd", "Risk")
def risk_usd(view: PositionView) -> float | None:
    """Stated risk."""
    return view.position.risk_usd


@_computed(
    "multiple", "R", inputs=("unrealized_usd", "risk_usd"), aliases=("r", "risk"), signed=True, best="high"
)
def r_multiple(view: PositionView) -> Reading:
    """Unrealised P&L over stated risk.

    Formula: unrealised P&L / risk
    """
    return known(basic.risk_multiple(view.position), "risk or P&L is unknown")


@_computed("seconds", "Held", inputs=("entry_at", "observed_at"), aliases=("held",))
def held_s(view: PositionView) -> Reading:
    """Time since entry, at the time of the account row.

    Formula: row's time − entry
    """
    entered = view.position.entry_at
    value = None if entered is None else (view.observed_at - entered).total_seconds()
    return known(value, "time of entry is unknown")


@_fact("time", "Opened", aliases=("opened",))
def entry_at(view: PositionView) -> datetime | None:
    """Time of entry."""
    return view.position.entry_at


@_fact("time", "Seen", nullable=False)
def observed_at(view: PositionView) -> datetime:
    """Time of the account row."""
    return view.observed_at


@_fact("id", "Entry order")
def entry_oid(view: PositionView) -> int | None:
    """Order id of the entry."""
    return view.position.entry_oid


@_fact("id", "TP order")
def tp_oid(view: PositionView) -> int | None:
    """Order id of the target."""
    return view.position.tp_oid


@_fact("id", "SL order")
def sl_oid(view: PositionView) -> int | None:
    """Order id of the stop."""
    return view.position.sl_oid


def _plan(view: PositionView) -> ExitPlan:
    return view.position.exit_plan or ExitPlan()


FIGURES = (*identity_figures(PositionView, "position"), *figures_in(vars()))
