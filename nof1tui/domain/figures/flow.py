"""Figures of a capital flow."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import get_args

from nof1tui.domain.figures.figure import declare, figures_in
from nof1tui.domain.figures.identity import identity_figures
from nof1tui.domain.figures.views import FlowView
from nof1tui.domain.records import FlowKind

_fact = partial(declare, FlowView, "flow", source="reported")
_KINDS: tuple[str, ...] = get_args(FlowKind)


@_fact("id", "Id", nullable=False)
def id(view: FlowView) -> str:  # noqa: A001
    """Flow id; reading the flow again gives the same."""
    return view.flow.id


@_fact("time", "At", nullable=False)
def at(view: FlowView) -> datetime:
    """Time of the flow; where only a span is known, its end."""
    return view.flow.at


@_fact("time", "Since")
def since(view: FlowView) -> datetime | None:
    """Start of the span in which the flow came; null where its time is known."""
    return view.flow.since


@_fact("usd", "Amount", nullable=False, signed=True)
def usd(view: FlowView) -> float:
    """Money into the account; below 0 out of it."""
    return view.flow.usd


@_fact("choice", "Kind", choices=_KINDS, nullable=False)
def kind(view: FlowView) -> str:
    """Kind of flow."""
    return view.flow.kind


@_fact("text", "Label", nullable=False)
def label(view: FlowView) -> str:
    """Type as the API calls it; `portfolio` for a change of value without P&L, `config` for the settings."""
    return view.flow.label


@_fact("time", "Learned", source="collector", nullable=False)
def fetched_at(view: FlowView) -> datetime:
    """Time at which the flow was learned."""
    return view.flow.fetched_at


@_fact("text", "Corrects")
def corrects(view: FlowView) -> str | None:
    """Id of the flow that this one replaces."""
    return view.flow.corrects


FIGURES = (*identity_figures(FlowView, "flow"), *figures_in(vars()))
