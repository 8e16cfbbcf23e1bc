"""Delivers envelopes to the store in pieces, and keeps one that fails from holding up the others.

item ─ pieces ─ write ─┬ stored ─ envelopes of other feeds ─ next piece
                       └ failed ┬ too slow: halve it
                                ├ others are stored: isolate the records that fail, try them later
                                └ otherwise the store is away: raise
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence

from nof1tui.collector.delivery.envelope import Envelope, merge_envelopes
from nof1tui.collector.delivery.pending_queue import PendingItem, PendingQueue
from nof1tui.collector.delivery.sink_writer import SinkWriter
from nof1tui.collector.delivery.suspects import Suspects
from nof1tui.ports.errors import StoreUnavailable

log = logging.getLogger(__name__)

PROBE_AFTER_FAILURES = 3
"""Failures in a row of one envelope after which another one is tried."""
_TIMEOUT_WEIGHT = 4
"""A timeout costs seconds: it counts as this number of failures while records are isolated."""

Pieces = deque[Envelope]
Failure = tuple[Envelope, StoreUnavailable]
"""An envelope that could not be stored, and why."""


class Deliverer:
    """Writes the items of a queue. `on_stored` is called after each write that succeeded."""

    def __init__(
        self,
        queue: PendingQueue,
        writer: SinkWriter,
        suspects: Suspects,
        *,
        clock: Callable[[], float],
        on_stored: Callable[[], None],
    ) -> None:
        """`clock` is that of the suspects, in seconds."""
        self.suspects = suspects
        self._queue = queue
        self._writer = writer
        self._clock = clock
        self._on_stored = on_stored
        self._unfinished: dict[PendingItem, Pieces] = {}
        """What is left to write of items whose delivery was interrupted."""
        self._in_progress: list[PendingItem] = []
        """Items being written, each interrupted by the next one."""
        self._stored = 0
        self._failures = 0
        """Failed writes since the last that succeeded."""

    @property
    def stored(self) -> int:
        """Number of writes that succeeded."""
        return self._stored

    async def next_item(self) -> PendingItem | None:
        """The oldest item that is to be written now; None without one."""
        return await self._queue.next(self.suspects.waiting(self._clock()))

    async def deliver(self, item: PendingItem) -> None:
        """Write an item and remove it from the queue; records that fail alone stay in it for later.

        Raises StoreUnavailable when the store is away; the same call may then be repeated.
        """
        self._in_progress.append(item)
        try:
            if await self._write_pieces(item, self._pieces(item)):
                await self._finish(item)
        finally:
            self._in_progress.remove(item)

    async def _write_pieces(self, item: PendingItem, pieces: Pieces) -> bool:
        """Whether every piece is stored or waits as an item of its own. Raises StoreUnavailable."""
        while pieces:
            try:
                await self._write(pieces[0])
            except StoreUnavailable as error:
                if item in self.suspects:
                    if not await self._is_settled(item, pieces, error):
                        return False
                elif not await self._is_deferred(item, pieces, error):
                    raise
            pieces.popleft()
            if pieces:
                self._queue.backlog.note_progress()
                await self._deliver_others(item)
        return True

    def _pieces(self, item: PendingItem) -> Pieces:
        """What is left to write of an item."""
        if item not in self._unfinished:
            self._unfinished[item] = deque(item.envelope.pieces())
        return self._unfinished[item]

    async def _finish(self, item: PendingItem) -> None:
        """Every piece of the item is stored, or waits as an item of its own."""
        del self._unfinished[item]
        await self._queue.done(item)
        if self.suspects.remove(item) and not self.suspects:
            log.info("records that could not be stored are stored now")

    async def _write(self, piece: Envelope) -> None:
        await self._writer.write(piece)
        self._stored += 1
        self._failures = 0
        self._on_stored()

    async def _deliver_others(self, item: PendingItem) -> None:
        """Write what waits of other feeds: a large batch must not hold it up."""
        feed, skipped = item.envelope.batch.feed, [*self._in_progress, *self.suspects]
        while (other := await self._queue.next(skipped)) is not None:
            skipped.append(other)
            if other.envelope.batch.feed is not feed:
                await self.deliver(other)

    async def _is_settled(self, item: PendingItem, pieces: Pieces, error: StoreUnavailable) -> bool:
        """A suspect failed again; whether nothing of its first piece is left to be tried as this item."""
        if error.state is not None and pieces[0].item_count > 1:
            failed = await self._isolate(pieces[0], error)
            if sum(envelope.item_count for envelope, _ in failed) < pieces[0].item_count:
                await self._suspect(failed)
                return True
        if self.suspects.is_to_blame(item, error, now=self._clock(), stored=self._stored):
            await self._writer.set_aside(item.envelope, str(error))
            return True
        del self._unfinished[item]
        return False

    async def _is_deferred(self, item: PendingItem, pieces: Pieces, error: StoreUnavailable) -> bool:
        """Whether the failed first piece is at fault and not the store; then it waits as a suspect."""
        self._failures += 1
        if error.timed_out and (halves := pieces[0].split()):
            pieces.popleft()
            pieces.extendleft(reversed(halves))
            return False
        if self._failures < PROBE_AFTER_FAILURES and self.suspects.has_state(error.state):
            await self._suspect([(pieces[0], error)])
            return True
        if self._failures >= PROBE_AFTER_FAILURES and await self._is_another_stored(item, pieces):
            await self._suspect(await self._isolate(pieces[0], error))
            return True
        return False

    async def _suspect(self, failed: Sequence[Failure]) -> None:
        """Try these again later, and other envelopes meanwhile."""
        if failed and not self.suspects:
            log.warning("some records cannot be stored for now: %s", failed[0][1])
        for envelope, error in failed:
            item = await self._queue.add(envelope)
            self.suspects.add(item, error, now=self._clock(), stored=self._stored)

    async def _is_another_stored(self, item: PendingItem, pieces: Pieces) -> bool:
        """Try something else than the first piece: another piece, another item, or one of its records."""
        if len(pieces) > 1:
            if is_stored := await self._is_stored(pieces[1]):
                del pieces[1]
            return is_stored
        other = await self._queue.next([item, *self.suspects])
        if other is not None:
            left = self._pieces(other)
            if is_stored := await self._is_stored(left[0]):
                left.popleft()
                if not left:
                    await self._finish(other)
            return is_stored
        count = pieces[0].item_count
        if count > 1:
            record, others = pieces[0].take(self._failures % count)
            if is_stored := await self._is_stored(record):
                pieces[0] = others
            return is_stored
        return False

    async def _is_stored(self, envelope: Envelope) -> bool:
        try:
            await self._write(envelope)
        except StoreUnavailable:
            return False
        return True

    async def _isolate(self, piece: Envelope, error: StoreUnavailable) -> list[Failure]:
        """Write what can be written of a piece that fails with this error; returns what cannot.

        Records that fail with one SQLSTATE stay together. After many failures in a row the remaining
        records are returned untried.
        """
        untried, failed = deque([piece]), list[Failure]()
        most, in_a_row = 2 * piece.item_count.bit_length() + 8, 0
        while untried and in_a_row < most:
            part = untried.popleft()
            try:
                await self._write(part)
            except StoreUnavailable as reason:
                error = reason
                in_a_row += _TIMEOUT_WEIGHT if error.timed_out else 1
                halves = part.split()
                untried.extendleft(reversed(halves))
                if not halves:
                    failed.append((part, error))
            else:
                in_a_row = 0
        if untried:
            failed.append((merge_envelopes(tuple(untried)), error))
        by_state = dict[str | None, list[Failure]]()
        for failure in failed:
            by_state.setdefault(failure[1].state, []).append(failure)
        return [
            (merge_envelopes([envelope for envelope, _ in same]), same[-1][1]) for same in by_state.values()
        ]
