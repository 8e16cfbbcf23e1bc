"""Folding a batch into the board without holding up the event loop, however long the batch is."""

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
"""Account rows that are folded in before others get a turn: a few milliseconds of work."""


async def fold_batch(
    batch: Batch, board: Callable[[], Board], keep: Callable[[Board], None]
) -> tuple[Event, ...]:
    """Fold the batch into `board()`, which others may change meanwhile; returns the events of it all."""
    events: tuple[Event, ...] = ()
    for piece in _batch_steps(batch):
        folded = merge_records(board(), piece)
        events += folded.new_events
        keep(folded)
        if piece is not batch:
            await asyncio.sleep(0)
    done = record_response(replace(board(), new_events=()), batch)
    events += done.new_events
    keep(replace(done, new_events=events))
    return events


def _batch_steps(batch: Batch) -> Iterator[Batch]:
    """The batch itself if it is short; else its account rows in the order of their time, then the rest."""
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
    """Keeps the garbage collector away while records come by the thousand: its pauses would be seen.

    What the first load has brought is not looked at again by later collections: it is no garbage. Only
    the first: what is frozen again and again in a long run would never be freed.
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
