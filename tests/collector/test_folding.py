"""Folding a long batch: the board does not depend on the steps, and other tasks run in between."""

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
        self.count = 0

    def publish(self, board: Board) -> None:
        self.board, self.count = board, self.count + 1


async def test_a_board_folded_in_steps_equals_one_folded_in_one_step() -> None:
    holder, in_one_step = Holder(), apply_batch(Board(Roster()), LONG)
    shuffled = replace(LONG, accounts=LONG.accounts[::-1])
    events = await fold_batch(shuffled, lambda: holder.board, holder.publish)
    assert holder.count > 3
    assert holder.board.leaderboard == in_one_step.leaderboard
    assert holder.board.curves == in_one_step.curves
    assert {event.id for event in events} == {event.id for event in in_one_step.new_events}
    assert holder.board.health == in_one_step.health


async def test_other_tasks_run_in_between_and_their_changes_are_kept() -> None:
    holder, turns = Holder(), 0

    async def another() -> None:
        nonlocal turns
        while not holder.board.health.feeds:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    await fold_batch(LONG, lambda: holder.board, holder.publish)
    await other
    assert turns > 3


def test_the_garbage_collector_is_enabled_when_the_last_load_ends() -> None:
    gc.enable()
    pause = GcPause()
    pause.begin(Feed.ACCOUNTS)
    pause.begin(Feed.TRADES)
    pause.end(Feed.PRICES)
    pause.end(Feed.ACCOUNTS)
    assert not gc.isenabled()
    pause.end(Feed.TRADES)
    assert gc.isenabled()
    gc.unfreeze()


def test_later_loads_are_not_frozen_by_the_garbage_collector() -> None:
    gc.enable()
    pause = GcPause()
    counts = []
    for _ in range(3):
        pause.begin(Feed.ACCOUNTS)
        pause.end(Feed.ACCOUNTS)
        counts.append(gc.get_freeze_count())
    gc.unfreeze()
    assert counts[0] > 0
    assert counts[0] == counts[1] == counts[2]
