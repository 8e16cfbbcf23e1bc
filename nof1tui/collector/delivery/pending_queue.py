"""Envelopes that are not committed yet, as one queue: those of the spool, then those in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nof1tui.collector.delivery.backlog import Backlog
from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.spool import Spool, SpooledEnvelope

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class PendingItem:
    """An envelope of the queue; compared by identity, which survives the move from memory to the spool."""

    envelope: Envelope
    spooled: SpooledEnvelope | None = None
    """Its place in the spool; None while it is in memory."""


class PendingQueue:
    """Moves envelopes from memory to the spool and back. Errors of the spool are logged, not raised."""

    def __init__(self, spool: Spool | None, capacity_bytes: int) -> None:
        self.spool = spool
        self.backlog = Backlog(capacity_bytes)
        self.spool_error: str | None = None
        """Why the spool is unusable; None if it is usable."""
        self._taken: list[PendingItem] = []
        """Items that were returned and are not done."""
        self._spool_lock = asyncio.Lock()

    @property
    def record_count(self) -> int:
        return (self.spool.record_count if self.spool is not None else 0) + self.backlog.record_count

    @property
    def has_spooled(self) -> bool:
        return self.spool is not None and not self.spool.is_empty

    @property
    def is_empty(self) -> bool:
        return not self.backlog and not self.has_spooled

    def has(self, item: PendingItem) -> bool:
        """Whether the item is still queued; the backlog may have dropped it."""
        if item.spooled is not None and self.spool is not None:
            return self.spool.has(item.spooled)
        return any(envelope is item.envelope for envelope in self.backlog.envelopes)

    async def next(self, skipped: Collection[PendingItem] = ()) -> PendingItem | None:
        """The oldest item that is not skipped; None without one."""
        if self.spool is not None and not self.spool.is_empty:
            places = [item.spooled for item in skipped if item.spooled is not None]
            spooled = None
            with self.reporting_spool_errors():
                spooled = await asyncio.to_thread(self.spool.read_oldest, places)
            if spooled is not None:
                return self._take(spooled.envelope, spooled)
        ignored = [item.envelope for item in skipped]
        for envelope in self.backlog.envelopes:
            if not any(envelope is other for other in ignored):
                return self._take(envelope)
        return None

    async def done(self, item: PendingItem) -> None:
        """Remove an item that is committed."""
        if item in self._taken:
            self._taken.remove(item)
        self.backlog.remove(item.envelope)
        if item.spooled is not None and self.spool is not None:
            with self.reporting_spool_errors():
                await asyncio.to_thread(self.spool.remove, item.spooled)

    async def add(self, envelope: Envelope) -> PendingItem:
        """Add an envelope at the end as a new item: in the spool where possible, else in memory."""
        item = PendingItem(Envelope(envelope.batch, envelope.events))
        self._taken.append(item)
        if self.spool is not None:
            with self.reporting_spool_errors():
                [item.spooled] = await asyncio.to_thread(self.spool.append, item.envelope)
        if item.spooled is None:
            self.backlog.put(item.envelope)
        return item

    async def flush(self) -> None:
        """Move the backlog to the spool, as far as it fits."""
        spool = self.spool
        if spool is None:
            return
        async with self._spool_lock:
            with self.reporting_spool_errors():
                while self.backlog:
                    moved = await asyncio.to_thread(spool.append, *self.backlog.envelopes)
                    for spooled in moved:
                        await self._move(spool, spooled)

    async def adopt(self) -> int:
        """Take over spool files of killed processes; returns their number of records."""
        record_count = 0
        if self.spool is not None:
            with self.reporting_spool_errors():
                record_count = await asyncio.to_thread(self.spool.adopt_orphans)
        return record_count

    @contextmanager
    def reporting_spool_errors(self) -> Iterator[None]:
        """Log errors of the spool, each once, and suppress them: records then wait in memory."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            if reason != self.spool_error:
                log.error("the spool is unusable, records wait in memory: %s", reason)
            self.spool_error = reason
        else:
            if self.spool_error is not None:
                log.info("the spool is usable again")
            self.spool_error = None

    async def _move(self, spool: Spool, spooled: SpooledEnvelope) -> None:
        """The envelope is in the spool now; if it was committed meanwhile, remove it there too."""
        for item in self._taken:
            if item.envelope is spooled.envelope:
                item.spooled = spooled
        if not self.backlog.remove(spooled.envelope):
            await asyncio.to_thread(spool.remove, spooled)

    def _take(self, envelope: Envelope, spooled: SpooledEnvelope | None = None) -> PendingItem:
        """The item of this envelope: the same one as long as it is not done."""
        for item in self._taken:
            is_same_entry = (
                spooled is not None and item.spooled is not None and item.spooled.entry is spooled.entry
            )
            if item.envelope is envelope or is_same_entry:
                return item
        item = PendingItem(envelope, spooled)
        self._taken.append(item)
        return item
