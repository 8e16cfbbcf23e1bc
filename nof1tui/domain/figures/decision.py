"""Figures of a decision: summary, signals with the orders they caused, long texts."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from nof1tui.domain.decisions.attribution import Attribution, ExecutedOrder
from nof1tui.domain.figures import shapes
from nof1tui.domain.figures.figure import Reading, declare, figures_in
from nof1tui.domain.figures.identity import identity_figures
from nof1tui.domain.figures.views import DecisionView
from nof1tui.domain.records import Feed, Signal

_fact = partial(declare, DecisionView, "decision", source="reported", feed=Feed.DECISIONS)


@_fact("id", "Id", nullable=False)
def id(view: DecisionView) -> str:  # noqa: A001
    """Decision id."""
    return view.decision.id


@_fact("time", "At", nullable=False)
def at(view: DecisionView) -> datetime:
    """Time of the decision."""
    return view.decision.at


@_fact("text", "Summary", aliases=("decision",))
def summary(view: DecisionView) -> str | None:
    """Summary of the decision in the model's words."""
    return view.decision.summary


@_fact("list", "Signals", members=shapes.SIGNALS, nullable=False)
def signals(view: DecisionView) -> Reading:
    """Signal of each coin, with the orders it caused."""
    if view.links is None:
        return [_signal(signal) | {"caused": None} for signal in view.decision.signals]
    return [
        _signal(link.signal) | {"caused": [_order(link, order) for order in link.orders]}
        for link in view.links
    ]


@_fact("count", "Acted", source="computed", inputs=("signals",), aliases=("acted",), nullable=False)
def acting_signals(view: DecisionView) -> int:
    """Signals other than hold."""
    return sum(1 for signal in view.decision.signals if signal.action != "hold")


@_fact("flag", "Malformed", nullable=False)
def answer_failed(view: DecisionView) -> bool:
    """Whether the response was malformed, so that signals are missing."""
    return view.decision.answer_failed


@_fact("text", "Reasoning")
def reasoning(view: DecisionView) -> str | None:
    """Reasoning of the model; null where long texts were not read."""
    return view.decision.texts.reasoning if view.decision.texts else None


@_fact("text", "Prompt")
def prompt(view: DecisionView) -> str | None:
    """Prompt of the model; null where long texts were not read."""
    return view.decision.texts.prompt if view.decision.texts else None


@_fact("text", "Answer")
def answer(view: DecisionView) -> str | None:
    """Response of the model; null where long texts were not read."""
    return view.decision.texts.answer if view.decision.texts else None


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "coin": signal.coin,
        "signal": signal.action,
        "quantity": signal.quantity,
        "leverage": signal.leverage,
        "profit_target": signal.profit_target,
        "stop_loss": signal.stop_loss,
        "risk_usd": signal.risk_usd,
        "confidence": signal.confidence,
        "invalidation": signal.invalidation,
        "justification": signal.justification,
    }


def _order(link: Attribution, order: ExecutedOrder) -> dict[str, Any]:
    return {
        "act": order.effect,
        "side": order.side,
        "at": order.at,
        "to_fill_s": (order.at - link.decision.at).total_seconds(),
        "order": order.oid,
        "trades": list(order.trades),
        "net_usd": order.net_usd,
    }


FIGURES = (*identity_figures(DecisionView, "decision"), *figures_in(vars()))
