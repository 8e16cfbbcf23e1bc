"""Decisions with their orders, whichever of them are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import Decision, Feed, Signal
from nof1tui.domain.roster import Roster
from nof1tui.ports.decision_views import read_decision_views
from nof1tui.ports.history import History, RecordFilter
from tests.support.builders import at, batch, decision, trade

ENTRY = Signal("ETH", "buy_to_enter", quantity=1.5, confidence=0.7)


class AskedHistory:
    """Decisions, and the filters of the queries for them."""

    def __init__(self, *decisions: Decision) -> None:
        self.kept = decisions
        self.asked: list[RecordFilter] = []

    async def decisions(self, wanted: RecordFilter) -> Sequence[Decision]:
        self.asked.append(wanted)
        return self.kept


def test_an_order_is_that_of_the_nearest_decision_whichever_were_asked_for(roster: Roster) -> None:
    first, second = (decision(number, "gpt-5", 200 + number, signals=(ENTRY,)) for number in (1, 3))
    opened = trade(7, "gpt-5", 260, 12.5, coin="ETH", entry_at=at(202.9))
    board = apply_batch(Board(roster), batch(Feed.TRADES, trades=(opened,)))
    history = cast("History", AskedHistory(first, second))

    def orders(*asked: Decision) -> list[int]:
        views = asyncio.run(read_decision_views(history, board, asked))
        return [len(link.orders) for view in views for link in view.links or ()]

    assert orders(first, second) == [0, 1]
    assert orders(first) == [0]
    assert orders(second) == [1]
    assert orders() == []


def test_later_decisions_than_a_past_board_are_not_read(roster: Roster) -> None:
    history, asked = AskedHistory(), decision(1, "gpt-5", 200, signals=(ENTRY,))
    for as_of, until in ((None, at(206)), (at(202), at(202))):
        board = replace(Board(roster), as_of=as_of)
        asyncio.run(read_decision_views(cast("History", history), board, [asked]))
        assert (history.asked[-1].since, history.asked[-1].until) == (at(194), until)
