"""Folds a batch into the board in steps, so that a long batch does not block the event loop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import merge_records, record_response
from nof1tui.domain.events.event import Event
from nof1tui.domain.records import Feed

ROWS_PER_STEP = 64
"""Account rows of one step: a few milliseconds of work."""


async def fold_batch(
    batch: Batch, board: Callable[[], Board], set_board: Callable[[Board], None]
) -> tuple[Event, ...]:
    """Fold the batch into `board()`, which others may change between steps; returns its events."""
    events: tuple[Event, ...] = ()
    for step in _batch_steps(batch):
        folded = merge_records(board(), step)
        events += folded.new_events
        set_board(folded)
        if step is not batch:
            await asyncio.sleep(0)
    done = record_response(replace(board(), new_events=()), batch)
    events += done.new_events
    set_board(replace(done, new_events=events))
    return events


def _batch_steps(batch: Batch) -> Iterator[Batch]:
    """The batch itself if it is short; else its account rows, oldest first, then the rest."""
    if len(batch.accounts) <= ROWS_PER_STEP:
        yield batch
        return
    rows = sorted(batch.accounts, key=lambda row: row.observed_at)
    for start in range(0, len(rows), ROWS_PER_STEP):
        yield Batch(
            batch.feed, batch.endpoint, batch.fetched_at, accounts=tuple(rows[start : start + ROWS_PER_STEP])
        )
    yield replace(batch, accounts=())


class GcPause:
    """Disables cyclic garbage collection while large responses load, where its pauses would be visible.

    Objects of the first load are exempt from later collections. Only those: repeated freezing in a long
    run would keep objects for good.
    """

    def __init__(self) -> None:
        self._loading: set[Feed] = set()
        self._first = True

    def begin(self, feed: Feed) -> None:
        if self._loading or gc.isenabled():
            gc.disable()
            self._loading.add(feed)

    def end(self, feed: Feed) -> None:
        if feed in self._loading:
            self._loading.remove(feed)
            if not self._loading:
                if self._first:
                    self._first = False
                    gc.freeze()
                gc.enable()
