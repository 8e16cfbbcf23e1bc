"""Views with what only stored decisions say: the orders of their signals, and the outcomes of entries."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.decisions.attribution import MAX_FILL_DELAY, MAX_FILL_LEAD
from nof1tui.domain.decisions.outcomes import decision_figures
from nof1tui.domain.export.record_views import decision_views
from nof1tui.domain.figures.views import AccountView, DecisionView
from nof1tui.domain.records import Decision
from nof1tui.domain.series.closes import Span
from nof1tui.ports.history import History, RecordFilter
from nof1tui.ports.outcomes import read_entries


async def with_outcomes(
    history: History, board: Board, views: Sequence[AccountView], span: Span
) -> list[AccountView]:
    """The views with the outcomes of their accounts' decisions inside the span. Raises StoreUnavailable."""
    entries = await read_entries(history, board, [view.account for view in views], span)
    return [replace(view, outcomes=decision_figures(entries[view.account])) for view in views]


async def read_decision_views(
    history: History, board: Board, decisions: Sequence[Decision]
) -> list[DecisionView]:
    """Views of these decisions, each signal with its orders.

    Decisions of the same time are read as well, because an order is that of the nearest signal. Raises
    StoreUnavailable.
    """
    if not decisions:
        return []
    reach, until = MAX_FILL_LEAD + MAX_FILL_DELAY, max(its.at for its in decisions)
    wanted = RecordFilter(
        traders=sorted({its.account.trader for its in decisions}),
        since=min(its.at for its in decisions) - reach,
        until=min(until + reach, board.as_of or until + reach),
        actions_only=True,
    )
    return decision_views(decisions, board, near=await history.decisions(wanted))
