"""Writes envelopes to the store, and sets the records aside that it rejects."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf
from time import monotonic

from nof1tui.collector.delivery.dedup import content_digest
from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.pending_queue import PendingQueue
from nof1tui.collector.delivery.rejected_file import item_digests
from nof1tui.domain.batch import Batch
from nof1tui.domain.health import FeedHealth
from nof1tui.ports.errors import STATEMENT_TIMEOUT_STATE, BatchRejected, StoreUnavailable
from nof1tui.ports.sink import Sink, WriteResult

log = logging.getLogger(__name__)

_MAX_REJECT_DIGESTS = 20_000
"""Digests of rejected records; above it all are forgotten, and are tried again."""
SLOW_STORE_S = 5.0
"""Seconds without an answer after which the store counts as away."""
WRITE_TIMEOUT_S = 60.0
"""Seconds without an answer after which a write is retried."""


class SinkWriter:
    """Writes envelopes one at a time. `on_slow_store` gets a reason when the store does not answer."""

    def __init__(self, sink: Sink, queue: PendingQueue, *, on_slow_store: Callable[[str], None]) -> None:
        self._sink = sink
        self._queue = queue
        self._on_slow_store = on_slow_store
        self._rejected_digests: set[bytes] = set()
        """Digests of records rejected before: the API serves them again at every poll."""
        self._saved_rejects = 0
        self._unsaved_rejects = 0
        """Rejected records that could not be saved to the disk."""
        self.last_rejection: str | None = None
        """Why the last records were set aside; None without any."""
        self.write_started_at = inf
        """Monotonic start of the write under way; infinite without one."""

    @property
    def rejected_records(self) -> int:
        """Records that were set aside, also by earlier processes; the last count if it cannot be read."""
        spool = self._queue.spool
        if spool is not None:
            try:
                self._saved_rejects = spool.rejected_records
            except OSError as error:
                log.debug("the rejected records were not counted: %s", error)
        return self._saved_rejects + self._unsaved_rejects

    async def write(self, envelope: Envelope) -> None:
        """Write an envelope; of a rejected one only the rejected records are set aside.

        Raises StoreUnavailable.
        """
        queue = deque([self._without_rejected(envelope)])
        while queue:
            part = queue.popleft()
            if part.is_empty:
                continue
            try:
                async with self._write_deadline():
                    _log_written(part.batch, await self._sink.write(part.batch, part.events))
            except BatchRejected as error:
                halves = part.split()
                queue.extendleft(reversed(halves))
                if not halves:
                    await self.set_aside(part, str(error))

    async def set_aside(self, envelope: Envelope, reason: str) -> None:
        """Keep records that the store does not take, and count them."""
        if len(self._rejected_digests) > _MAX_REJECT_DIGESTS:
            self._rejected_digests.clear()
        self._rejected_digests |= item_digests(envelope)
        records = max(1, envelope.record_count)
        self.last_rejection = f"{records} {envelope.batch.feed} records were not stored: {reason}"
        log.error("%s", self.last_rejection)
        spool, is_saved = self._queue.spool, False
        if spool is not None:
            with self._queue.reporting_spool_errors():
                await asyncio.to_thread(spool.set_aside, envelope, reason)
                is_saved = True
        if not is_saved:
            self._unsaved_rejects += records

    async def write_health(self, health: FeedHealth) -> None:
        """Write the health of a feed. Raises StoreUnavailable."""
        try:
            async with self._write_deadline():
                await self._sink.write_health(health)
        except BatchRejected as error:
            log.error("the health of %s was not stored: %s", health.feed, error)

    def _without_rejected(self, envelope: Envelope) -> Envelope:
        """The envelope without records that were rejected before."""
        if not self._rejected_digests:
            return envelope
        return envelope.filtered(lambda item: content_digest(item) not in self._rejected_digests)

    @asynccontextmanager
    async def _write_deadline(self) -> AsyncIterator[None]:
        """Report a slow write, and cancel it after the timeout. Raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        self.write_started_at = monotonic()
        reason = f"no answer for {SLOW_STORE_S:.0f} seconds"
        slow_timer = loop.call_later(SLOW_STORE_S, self._on_slow_store, reason)
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                yield
        except TimeoutError as error:
            reason = f"no answer for {WRITE_TIMEOUT_S:.0f} seconds"
            raise StoreUnavailable(reason, state=STATEMENT_TIMEOUT_STATE) from error
        finally:
            slow_timer.cancel()
            self.write_started_at = inf


def _log_written(batch: Batch, written: WriteResult) -> None:
    stored = {kind: counts.new + counts.revised for kind, counts in written.counts.items()}
    text = ", ".join(f"{count} {kind}" for kind, count in sorted(stored.items()) if count)
    log.info(
        "%s: %d read, stored %s",
        batch.feed,
        batch.size,
        text or "nothing new",
        extra={"feed": batch.feed.value, "read": batch.size, "stored": stored},
    )
