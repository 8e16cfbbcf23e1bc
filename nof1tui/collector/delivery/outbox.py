"""Writes envelopes to the store in order, and retries until they are committed.

    put ─ backlog ─┬──────── store
                   └─ spool ─┘      while the store is away, slow, or busy with spooled envelopes

The spool is older than the backlog, and is written first. Without a spool envelopes wait in the
backlog, as many as fit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import inf
from random import random
from time import monotonic
from typing import Any

from nof1tui.collector.backoff import store_retry_delay_s
from nof1tui.collector.delivery.backlog import BACKLOG_BYTES
from nof1tui.collector.delivery.dedup import Deduplicator
from nof1tui.collector.delivery.deliverer import Deliverer
from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.health_writer import HealthWriter
from nof1tui.collector.delivery.pending_queue import PendingQueue
from nof1tui.collector.delivery.sink_writer import SinkWriter
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.store_reporter import StoreReporter
from nof1tui.collector.delivery.suspects import Suspects
from nof1tui.domain.health import FeedHealth, StoreHealth
from nof1tui.domain.records import Feed
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.sink import Sink

log = logging.getLogger(__name__)

_SPOOL_ABOVE_BYTES = 16 * 2**20
"""Backlog that is spooled although the store responds."""
SPOOL_AFTER_S = 2.0
"""Seconds after which the backlog is spooled, whatever delays the store."""
ADOPT_EVERY_S = 60.0
"""Seconds between searches for spool files of killed processes."""
_REPORT_EVERY_S = 0.5
"""Seconds between health reports while the spool is written to the store."""


class Outbox:
    """Writes envelopes in the background, oldest first.

    `on_health` gets every change of the store's health. While the store is away, only the newest health
    of a feed is queued.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        on_health: Callable[[StoreHealth], None],
        store: StoreHealth | None = None,
        spool: Spool | None = None,
        capacity: int = BACKLOG_BYTES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`clock` is that of `sleep`, in seconds."""
        self._spool = spool
        self._queue = PendingQueue(spool, capacity)
        self._backlog = self._queue.backlog
        self._writer = SinkWriter(sink, self._queue, on_slow_store=self._mark_unavailable)
        self._suspects = Suspects(lambda tries: store_retry_delay_s(tries, jitter()))
        self._deliverer = Deliverer(
            self._queue, self._writer, self._suspects, clock=clock, on_stored=self._mark_stored
        )
        self._healths = HealthWriter(self._writer)
        self._reporter = StoreReporter(
            self._queue, self._writer, self._suspects, reported=store or StoreHealth(), on_health=on_health
        )
        self._sleep = sleep
        self._jitter = jitter
        self._clock = clock
        self._deduplicator = Deduplicator()
        self._unencodable: list[Envelope] = []
        """Records that can be neither stored nor spooled."""
        self._pending = asyncio.Event()
        self._arrived = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._retry_requested = asyncio.Event()
        self._away = asyncio.Event()
        self._next_adoption_at = 0.0
        """Loop time of the next search for spool files of killed processes."""

    @property
    def pending_records(self) -> int:
        """Records published but not committed."""
        return self._queue.record_count

    @property
    def is_store_away(self) -> bool:
        """Whether the last write failed or has not been answered."""
        return self._away.is_set()

    def put(self, envelope: Envelope | None, health: FeedHealth) -> None:
        """Queue an envelope, if given, and the feed's health."""
        if envelope is not None:
            envelope, unencodable = envelope.without_unencodable()
            if not unencodable.is_empty:
                self._unencodable.append(unencodable)
        if envelope is not None and self._is_behind:
            envelope = self._deduplicator.drop_duplicates(envelope)
        if envelope is not None and not envelope.is_empty:
            for dropped in self._backlog.put(envelope):
                self._deduplicator.forget(dropped)
        self._healths.put(health)
        self._drained.clear()
        self._pending.set()
        self._arrived.set()
        if self._is_behind:
            self._reporter.report()

    async def run(self) -> None:
        """Write until cancelled; spool files of killed processes come first."""
        await self._adopt()
        tasks = {
            asyncio.create_task(self._write_loop(), name="writer"),
            asyncio.create_task(self._spool_loop(), name="spooling"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def needs_refetch(self, feed: Feed) -> bool:
        """Whether to fetch all records of this feed again: some were dropped, and the store is back."""
        return feed in self._backlog.feeds_to_refetch and not self._is_behind

    def mark_refetched(self, feed: Feed) -> None:
        """All records of this feed were fetched again and queued."""
        self._backlog.feeds_to_refetch.discard(feed)

    def retry_now(self) -> None:
        """Try the store now: it is known to be back."""
        self._suspects.make_due()
        self._retry_requested.set()

    async def wait_until_drained(self, timeout_s: float) -> bool:
        """Wait until everything is committed; returns False after the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._drained.wait()
        except TimeoutError:
            return False
        return True

    def start_draining(self) -> None:
        """The spool has records: not drained until they are written."""
        if self._queue.has_spooled:
            self._drained.clear()
            self._pending.set()

    async def flush_to_spool(self) -> None:
        """Write the backlog to the spool, whatever the state of the store."""
        await self._queue.flush()

    async def close(self) -> None:
        """Spool everything for the next process; call it last."""
        await self.flush_to_spool()
        if self._spool is not None:
            self._spool.close()

    async def _write_loop(self) -> None:
        failures = 0
        while True:
            await self._wait_for_work()
            self._pending.clear()
            try:
                await self._write_all()
            except StoreUnavailable as error:
                failures += 1
                self._pending.set()
                self._mark_unavailable(str(error))
                await self._wait(store_retry_delay_s(failures, self._jitter()))
                continue
            failures = 0
            self._reporter.report()
            if self._queue.is_empty and not self._pending.is_set():
                self._deduplicator.clear()
                self._drained.set()

    async def _write_all(self) -> None:
        """Write everything queued, oldest first, and what arrives meanwhile. Raises StoreUnavailable."""
        while True:
            await self._adopt()
            while self._unencodable:
                await self._writer.set_aside(self._unencodable.pop(0), "a value cannot be encoded")
            item = await self._deliverer.next_item()
            if item is not None:
                await self._deliverer.deliver(item)
                if not self._queue.has_spooled or monotonic() - self._reporter.reported_at >= _REPORT_EVERY_S:
                    self._reporter.report()
            elif self._healths:
                if await self._healths.write_next(self._deliverer.stored):
                    self._mark_available()
            else:
                self._suspects.keep(self._queue.has)
                return

    async def _wait_for_work(self) -> None:
        """Wait until something is queued, or until a suspect is to be tried again."""
        if not self._pending.is_set():
            await self._wait(self._suspects.next_due_at - self._clock(), self._pending)

    async def _spool_loop(self) -> None:
        """Spool what cannot be written now; beside the writer, so that a hung disk does not block it."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if not self.is_store_away:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._spool_due_at - monotonic()):
                        await self._away.wait()
            if (
                self.is_store_away
                or monotonic() >= self._spool_due_at
                or self._backlog.size_bytes > _SPOOL_ABOVE_BYTES
            ):
                await self.flush_to_spool()
            elif self._backlog:
                self._arrived.set()
            if self._is_behind:
                self._reporter.report()

    async def _wait(self, delay_s: float, *events: asyncio.Event) -> None:
        """Wait for the delay, for one of the events, or until the store is known to be back."""
        events = (*events, self._retry_requested)
        self._retry_requested.clear()
        waits: set[asyncio.Future[Any]] = {asyncio.create_task(event.wait()) for event in events}
        if delay_s < inf:
            waits.add(asyncio.ensure_future(self._sleep(max(0.0, delay_s))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _adopt(self) -> None:
        """Take over spool files of killed processes, at the start and from time to time."""
        now = asyncio.get_running_loop().time()
        if self._spool is None or (now < self._next_adoption_at and not self._spool.has_orphans):
            return
        self._next_adoption_at = now + ADOPT_EVERY_S
        record_count = await self._queue.adopt()
        if record_count:
            log.info("writing %d records that were left in the spool", record_count)
            self._drained.clear()
            self._pending.set()
            self._reporter.report()

    @property
    def _is_behind(self) -> bool:
        return self._away.is_set() or self._queue.has_spooled

    @property
    def _spool_due_at(self) -> float:
        """Monotonic time at which the backlog is spooled."""
        return SPOOL_AFTER_S + min(self._backlog.oldest_since, self._writer.write_started_at)

    def _mark_stored(self) -> None:
        """Records were stored."""
        self._backlog.note_progress()
        self._mark_available()

    def _mark_available(self) -> None:
        """A write succeeded."""
        if self._away.is_set():
            log.info("store back, %d records queued", self.pending_records)
            self._away.clear()
            self._reporter.unavailable_reason = None
            self._reporter.report()

    def _mark_unavailable(self, reason: str) -> None:
        """A write failed, or was not answered for a while. Logged once."""
        if not self._away.is_set():
            log.warning("store away: %s", reason)
        self._away.set()
        self._arrived.set()
        self._reporter.unavailable_reason = reason
        self._reporter.report()
