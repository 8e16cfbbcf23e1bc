"""Entries of accounts with their outcomes, read in two queries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.events.event import Event
from nof1tui.domain.records import AccountKey, Decision, Feed, Signal
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.closes import WHOLE_SEASON
from nof1tui.ports.history import History, RecordFilter
from nof1tui.ports.outcomes import read_entries
from tests.support.builders import account_row, at, batch, decision, trade

ENTRY = Signal("ETH", "buy_to_enter", quantity=1.5, confidence=0.7)
GPT, QWEN = AccountKey("s1", "gpt-5"), AccountKey("s1", "qwen3-max")


class CountingHistory:
    """Decisions of two models, and the filters of the queries."""

    def __init__(self, *decisions: Decision) -> None:
        self.kept = decisions
        self.asked: list[RecordFilter] = []

    async def decisions(self, wanted: RecordFilter) -> Sequence[Decision]:
        self.asked.append(wanted)
        return self.kept

    async def events(self, wanted: RecordFilter) -> Sequence[Event]:
        self.asked.append(wanted)
        return ()


def entries_of(history: CountingHistory, board: Board, *accounts: AccountKey) -> Any:
    return asyncio.run(read_entries(cast("History", history), board, accounts, WHOLE_SEASON))


def test_entries_of_all_accounts_need_two_queries(roster: Roster) -> None:
    history = CountingHistory(
        decision(1, "gpt-5", 200, signals=(ENTRY,)), decision(2, "qwen3-max", 300, signals=(ENTRY,))
    )
    accounts = (account_row("gpt-5"), account_row("qwen3-max"))
    closed = trade(7, "gpt-5", 260, 12.5, coin="ETH", entry_at=at(200 + 4 / 60))
    board = apply_batch(Board(roster), batch(accounts=accounts))
    board = apply_batch(board, batch(Feed.TRADES, trades=(closed,)))
    entries = entries_of(history, board, GPT, QWEN)
    assert [(entry.net_usd, entry.attribution.to_fill_s) for entry in entries[GPT]] == [(12.5, 4.0)]
    assert [entry.net_usd for entry in entries[QWEN]] == [None]
    decisions, plans = history.asked
    assert (decisions.traders, decisions.season, decisions.actions_only) == (
        ["gpt-5", "qwen3-max"],
        "s1",
        True,
    )
    assert plans.kinds == ["plan"]


def test_no_accounts_need_no_query(roster: Roster) -> None:
    history = CountingHistory()
    assert entries_of(history, Board(roster)) == {}
    assert history.asked == []
