"""Folding a long batch: the board of one piece and of many is the same, and others get a turn."""

from __future__ import annotations

import asyncio
import gc

from msgspec.structs import replace

from nof1tui.collector.folding import ROWS_PER_STEP, GcPause, fold_batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from tests.support.builders import account_row, batch

LONG = batch(
    accounts=tuple(
        account_row(trader, minutes=minute, equity=10_000.0 + minute)
        for minute in range(2 * ROWS_PER_STEP)
        for trader in ("gpt-5", "qwen3-max")
    )
)


class Holder:
    def __init__(self) -> None:
        self.board = Board(Roster())
        self.kept = 0

    def keep(self, board: Board) -> None:
        self.board, self.kept = board, self.kept + 1


async def test_a_board_folded_in_pieces_is_the_board_folded_at_once() -> None:
    holder, at_once = Holder(), apply_batch(Board(Roster()), LONG)
    shuffled = replace(LONG, accounts=LONG.accounts[::-1])
    events = await fold_batch(shuffled, lambda: holder.board, holder.keep)
    assert holder.kept > 3
    assert holder.board.leaderboard == at_once.leaderboard
    assert holder.board.curves == at_once.curves
    assert {event.id for event in events} == {event.id for event in at_once.new_events}
    assert holder.board.health == at_once.health


async def test_others_get_a_turn_and_their_changes_stay() -> None:
    holder, turns = Holder(), 0

    async def another() -> None:
        nonlocal turns
        while not holder.board.health.feeds:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    await fold_batch(LONG, lambda: holder.board, holder.keep)
    await other
    assert turns > 3


def test_the_garbage_collector_comes_back_when_the_last_load_ends() -> None:
    gc.enable()
    undisturbed = GcPause()
    undisturbed.begin(Feed.ACCOUNTS)
    undisturbed.begin(Feed.TRADES)
    undisturbed.end(Feed.PRICES)
    undisturbed.end(Feed.ACCOUNTS)
    assert not gc.isenabled()
    undisturbed.end(Feed.TRADES)
    assert gc.isenabled()
    gc.unfreeze()


def test_later_loads_stay_within_reach_of_the_garbage_collector() -> None:
    gc.enable()
    undisturbed = GcPause()
    counts = []
    for _ in range(3):
        undisturbed.begin(Feed.ACCOUNTS)
        undisturbed.end(Feed.ACCOUNTS)
        counts.append(gc.get_freeze_count())
    gc.unfreeze()
    assert counts[0] > 0
    assert counts[0] == counts[1] == counts[2]
