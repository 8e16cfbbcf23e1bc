"""One parcel into the store, from memory or from the spool; what the store refuses is kept aside."""

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
"""Contents of refused records; beyond, all are forgotten and may be counted twice."""
SLOW_STORE_S = 5.0
"""A store that has not answered for so long is told to be away."""
WRITE_TIMEOUT_S = 60.0
"""After so long its answer will not come any more: it is asked again."""
MAX_REJECTS_PER_ENVELOPE = 50
"""Records of a parcel that are refused one by one; then the rest of it is kept aside as it is."""


class SinkWriter:
    """Writes parcels one at a time. `silent` is told why when the store does not answer."""

    def __init__(self, sink: Sink, spool: Spool | None, *, silent: Callable[[str], None]) -> None:
        self._sink = sink
        self._spool = spool
        self._on_slow_store = silent
        self._rejected_digests: set[bytes] = set()
        """Contents refused before: upstream serves them again and again."""
        self._rejected_records = 0
        self._last_rejection: str | None = None
        self.spool_error: str | None = None
        """Why the spool cannot be used just now."""
        self.write_started_at = inf
        """When the store was asked what it has not answered yet, by the monotonic clock."""

    @property
    def lost_records(self) -> int:
        """Records that the store refused or that could not be read again."""
        return self._rejected_records + (self._spool.lost_records if self._spool is not None else 0)

    @property
    def loss_reason(self) -> str | None:
        """Why records are lost."""
        if self._last_rejection is None and self._spool is not None and self._spool.lost_records:
            return f"{self._spool.lost_records:,} records in the spool could not be read and were set aside"
        return self._last_rejection

    async def write(self, parcel: Envelope) -> None:
        """Raises StoreUnavailable. Of what the store refuses only the culprits are kept aside."""
        pieces, refused = deque([parcel]), 0
        while pieces:
            piece = pieces.popleft()
            try:
                async with self._write_deadline():
                    _log_written(piece.batch, await self._sink.write(piece.batch, piece.events))
            except BatchRejected as error:
                halves = piece.split() if refused < MAX_REJECTS_PER_ENVELOPE else ()
                pieces.extendleft(reversed(halves))
                if not halves:
                    refused += 1
                    await self._reject(piece, str(error))

    async def write_spooled(self) -> bool:
        """The parcel that has waited longest on the disk; False when the disk gave none."""
        spool = self._spool
        if spool is None:
            return False
        parcel = None
        with self.reporting_spool_errors():
            parcel = await asyncio.to_thread(spool.read_oldest)
        if parcel is None:
            return False
        await self.write(parcel)
        with self.reporting_spool_errors():
            await asyncio.to_thread(spool.remove_oldest)
        return True

    async def write_health(self, health: FeedHealth) -> None:
        """Raises StoreUnavailable."""
        try:
            async with self._write_deadline():
                await self._sink.write_health(health)
        except BatchRejected as error:
            log.error("the health of %s was not stored: %s", health.feed, error)

    @contextmanager
    def reporting_spool_errors(self) -> Iterator[None]:
        """The disk's faults do not end anything: records then wait in memory. Told once each."""
        try:
            yield
        except OSError as error:
            told = error.strerror or str(error)
            if told != self.spool_error:
                log.error("the spool cannot be used, records wait in memory: %s", told)
            self.spool_error = told
        else:
            if self.spool_error is not None:
                log.info("the spool can be used again")
            self.spool_error = None

    @asynccontextmanager
    async def _write_deadline(self) -> AsyncIterator[None]:
        """Tell of a store that is silent, and end the wait at last. Raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        self.write_started_at = monotonic()
        told = loop.call_later(SLOW_STORE_S, self._on_slow_store, f"no answer for {SLOW_STORE_S:.0f} seconds")
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                yield
        except TimeoutError as error:
            raise StoreUnavailable(f"no answer for {WRITE_TIMEOUT_S:.0f} seconds") from error
        finally:
            told.cancel()
            self.write_started_at = inf

    async def _reject(self, parcel: Envelope, reason: str) -> None:
        contents = {content_digest(record) for kind in RECORD_KINDS for record in getattr(parcel.batch, kind)}
        contents |= {content_digest(event) for event in parcel.events}
        if contents <= self._rejected_digests:
            return
        if len(self._rejected_digests) > _MAX_REJECT_DIGESTS:
            self._rejected_digests.clear()
        self._rejected_digests |= contents
        self._rejected_records += max(1, parcel.record_count)
        what = f"{parcel.record_count} {parcel.batch.feed} records"
        self._last_rejection = f"{what} were not stored: {reason}"
        log.error("%s", self._last_rejection)
        if self._spool is not None:
            with self.reporting_spool_errors():
                await asyncio.to_thread(self._spool.write_rejected, parcel, reason)


def _log_written(batch: Batch, written: WriteResult) -> None:
    fresh = {kind: tally.new + tally.revised for kind, tally in written.counts.items()}
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(fresh.items()) if count)
    log.info(
        "%s: %d read, stored %s",
        batch.feed,
        batch.size,
        told or "nothing new",
        extra={"feed": batch.feed.value, "read": batch.size, "stored": fresh},
    )
