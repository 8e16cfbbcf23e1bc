"""Writes one envelope to the store, from memory or from the spool, and sets rejected records aside."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from math import inf
from time import monotonic

from nof1tui.collector.delivery.dedup import content_digest
from nof1tui.collector.delivery.envelope import RECORD_KINDS, Envelope
from nof1tui.collector.delivery.spool import Spool
from nof1tui.domain.batch import Batch
from nof1tui.domain.health import FeedHealth
from nof1tui.ports.errors import BatchRejected, StoreUnavailable
from nof1tui.ports.sink import Sink, WriteResult

log = logging.getLogger(__name__)

_MAX_REJECT_DIGESTS = 20_000
"""Digests of rejected records; above it all are forgotten, and may be counted twice."""
SLOW_STORE_S = 5.0
"""Seconds without an answer after which the store counts as away."""
WRITE_TIMEOUT_S = 60.0
"""Seconds without an answer after which a write is retried."""
MAX_REJECTS_PER_ENVELOPE = 50
"""Records of an envelope that are rejected one by one; then the rest is set aside unsplit."""


class SinkWriter:
    """Writes envelopes one at a time. `on_slow_store` gets a reason when the store does not answer."""

    def __init__(self, sink: Sink, spool: Spool | None, *, on_slow_store: Callable[[str], None]) -> None:
        self._sink = sink
        self._spool = spool
        self._on_slow_store = on_slow_store
        self._rejected_digests: set[bytes] = set()
        """Digests of records rejected before: the API serves them again at every poll."""
        self._rejected_records = 0
        self._last_rejection: str | None = None
        self.spool_error: str | None = None
        """Why the spool is unusable; None if it is usable."""
        self.write_started_at = inf
        """Monotonic start of the write under way; infinite without one."""

    @property
    def lost_records(self) -> int:
        """Records that the store rejected or that are corrupt in the spool."""
        return self._rejected_records + (self._spool.lost_records if self._spool is not None else 0)

    @property
    def loss_reason(self) -> str | None:
        """Why records are lost; None if none are."""
        if self._last_rejection is None and self._spool is not None and self._spool.lost_records:
            return f"{self._spool.lost_records:,} records in the spool were corrupt and were set aside"
        return self._last_rejection

    async def write(self, envelope: Envelope) -> None:
        """Write an envelope; of a rejected one only the rejected records are set aside.

        Raises StoreUnavailable.
        """
        queue, rejected = deque([envelope]), 0
        while queue:
            part = queue.popleft()
            try:
                async with self._write_deadline():
                    _log_written(part.batch, await self._sink.write(part.batch, part.events))
            except BatchRejected as error:
                halves = part.split() if rejected < MAX_REJECTS_PER_ENVELOPE else ()
                queue.extendleft(reversed(halves))
                if not halves:
                    rejected += 1
                    await self._reject(part, str(error))

    async def write_spooled(self) -> bool:
        """Write the oldest envelope of the spool; returns False if there is none."""
        spool = self._spool
        if spool is None:
            return False
        envelope = None
        with self.reporting_spool_errors():
            envelope = await asyncio.to_thread(spool.read_oldest)
        if envelope is None:
            return False
        await self.write(envelope)
        with self.reporting_spool_errors():
            await asyncio.to_thread(spool.remove_oldest)
        return True

    async def write_health(self, health: FeedHealth) -> None:
        """Write the health of a feed. Raises StoreUnavailable."""
        try:
            async with self._write_deadline():
                await self._sink.write_health(health)
        except BatchRejected as error:
            log.error("the health of %s was not stored: %s", health.feed, error)

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
            raise StoreUnavailable(f"no answer for {WRITE_TIMEOUT_S:.0f} seconds") from error
        finally:
            slow_timer.cancel()
            self.write_started_at = inf

    async def _reject(self, envelope: Envelope, reason: str) -> None:
        digests = {
            content_digest(record) for kind in RECORD_KINDS for record in getattr(envelope.batch, kind)
        }
        digests |= {content_digest(event) for event in envelope.events}
        if digests <= self._rejected_digests:
            return
        if len(self._rejected_digests) > _MAX_REJECT_DIGESTS:
            self._rejected_digests.clear()
        self._rejected_digests |= digests
        self._rejected_records += max(1, envelope.record_count)
        records = f"{envelope.record_count} {envelope.batch.feed} records"
        self._last_rejection = f"{records} were not stored: {reason}"
        log.error("%s", self._last_rejection)
        if self._spool is not None:
            with self.reporting_spool_errors():
                await asyncio.to_thread(self._spool.write_rejected, envelope, reason)


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
