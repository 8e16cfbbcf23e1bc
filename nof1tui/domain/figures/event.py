"""Figures of an event."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from nof1tui.domain.events.event import ALL_EVENT_KINDS
from nof1tui.domain.figures.figure import declare, figures_in
from nof1tui.domain.figures.identity import identity_figures
from nof1tui.domain.figures.shapes import SIDES
from nof1tui.domain.figures.views import EventView
from nof1tui.domain.records import ExitPlan

_fact = partial(declare, EventView, "event", source="computed")


@_fact("id", "Id", nullable=False)
def id(view: EventView) -> str:  # noqa: A001
    """Event id; deriving the event again gives the same."""
    return view.event.id


@_fact("time", "At", nullable=False)
def at(view: EventView) -> datetime:
    """Time of the event."""
    return view.event.at


@_fact("choice", "Event", choices=ALL_EVENT_KINDS, aliases=("event",), nullable=False)
def kind(view: EventView) -> str:
    """Kind of event."""
    return view.event.kind


@_fact("text", "Coin")
def coin(view: EventView) -> str | None:
    """Coin or market."""
    return view.event.coin


@_fact("choice", "Side", choices=SIDES)
def side(view: EventView) -> str | None:
    """Side of the position or trade."""
    return view.event.side


@_fact("coins", "Qty", aliases=("qty",))
def quantity(view: EventView) -> float | None:
    """Size opened or closed, or by which it changed; unsigned."""
    return view.event.quantity


@_fact("price", "Price")
def price(view: EventView) -> float | None:
    """Price of entry or exit, or the mark."""
    return view.event.price


@_fact("multiple", "Lev", aliases=("lev",))
def leverage(view: EventView) -> float | None:
    """Leverage of the position."""
    return view.event.leverage


@_fact("usd", "Net", aliases=("net",), signed=True)
def net_usd(view: EventView) -> float | None:
    """Net P&L of the trade, as reported."""
    return view.event.net_usd


@_fact("text", "Other")
def other(view: EventView) -> str | None:
    """Account that lost the lead."""
    return view.event.other.slug if view.event.other else None


@_fact("text", "Details", nullable=False)
def detail(view: EventView) -> str:
    """Description of the event."""
    return view.detail


@_fact("ratio", "Value")
def value(view: EventView) -> float | None:
    """New rank or leverage, distance to liquidation in percent, or drift in percent."""
    return view.event.value


@_fact("ratio", "Before")
def before(view: EventView) -> float | None:
    """Previous rank or leverage."""
    return view.event.before


@_fact("price", "Stop")
def stop_loss(view: EventView) -> float | None:
    """Stop of the new plan."""
    return (view.event.plan or _NO_PLAN).stop_loss


@_fact("price", "Target")
def profit_target(view: EventView) -> float | None:
    """Target of the new plan."""
    return (view.event.plan or _NO_PLAN).profit_target


@_fact("price", "Old stop")
def stop_loss_before(view: EventView) -> float | None:
    """Stop of the previous plan."""
    return (view.event.plan_before or _NO_PLAN).stop_loss


@_fact("price", "Old target")
def profit_target_before(view: EventView) -> float | None:
    """Target of the previous plan."""
    return (view.event.plan_before or _NO_PLAN).profit_target


@_fact("text", "Feed")
def feed(view: EventView) -> str | None:
    """Feed that failed or recovered."""
    return view.event.feed.value if view.event.feed else None


@_fact("text", "Reason")
def reason(view: EventView) -> str | None:
    """Why the feed failed, how the account differs from the chain, or the text of an alert."""
    return view.event.reason


_NO_PLAN = ExitPlan()
FIGURES = (*identity_figures(EventView, "event", nullable=True), *figures_in(vars()))
