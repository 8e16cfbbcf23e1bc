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
from random import random
from time import monotonic

from msgspec.structs import replace

from nof1tui.collector.backoff import store_retry_delay_s
from nof1tui.collector.delivery.backlog import BACKLOG_BYTES, Backlog
from nof1tui.collector.delivery.dedup import Deduplicator
from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.sink_writer import SinkWriter
from nof1tui.collector.delivery.spool import Spool
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
    ) -> None:
        self._writer = SinkWriter(sink, spool, on_slow_store=self._mark_unavailable)
        self._on_health = on_health
        self._spool = spool
        self._backlog = Backlog(capacity)
        self._sleep = sleep
        self._jitter = jitter
        self._deduplicator = Deduplicator()
        self._healths: dict[Feed, FeedHealth] = {}
        self._pending = asyncio.Event()
        self._arrived = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._retry_requested = asyncio.Event()
        self._away = asyncio.Event()
        self._spool_lock = asyncio.Lock()
        self._reported = store or StoreHealth()
        self._reported_at = 0.0
        self._unavailable_reason: str | None = None
        """Why the store is away."""
        self._next_adoption_at = 0.0
        """Loop time of the next search for spool files of killed processes."""

    @property
    def pending_records(self) -> int:
        """Records published but not committed."""
        spooled = self._spool.record_count if self._spool is not None else 0
        return spooled + self._backlog.record_count

    @property
    def is_store_away(self) -> bool:
        """Whether the last write failed or has not been answered."""
        return self._away.is_set()

    def put(self, envelope: Envelope | None, health: FeedHealth) -> None:
        """Queue an envelope, if given, and the feed's health."""
        if envelope is not None and self._is_behind:
            envelope = self._deduplicator.drop_duplicates(envelope)
        if envelope is not None and not envelope.is_empty:
            for dropped in self._backlog.put(envelope):
                self._deduplicator.forget(dropped)
        self._healths[health.feed] = health
        self._drained.clear()
        self._pending.set()
        self._arrived.set()
        if self._is_behind:
            self._report_health()

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
        self._retry_requested.set()

    async def wait_until_drained(self, timeout_s: float) -> bool:
        """Wait until everything is committed; returns False after the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._drained.wait()
        except TimeoutError:
            return False
        return True

    async def flush_to_spool(self) -> None:
        """Write the backlog to the spool, whatever the state of the store."""
        spool = self._spool
        if spool is None:
            return
        async with self._spool_lock:
            with self._writer.reporting_spool_errors():
                while self._backlog:
                    envelopes = self._backlog.envelopes
                    count = await asyncio.to_thread(spool.append, *envelopes)
                    for envelope in envelopes[:count]:
                        self._backlog.remove(envelope)

    async def close(self) -> None:
        """Spool everything for the next process; call it last."""
        await self.flush_to_spool()
        if self._spool is not None:
            self._spool.close()

    async def _write_loop(self) -> None:
        failures = 0
        while True:
            await self._pending.wait()
            try:
                await self._write_all()
            except StoreUnavailable as error:
                failures += 1
                self._mark_unavailable(str(error))
                await self._wait_for_retry(store_retry_delay_s(failures, self._jitter()))
                continue
            failures = 0
            await self._adopt()
            if self._backlog or self._healths or (self._has_spooled and not self._writer.spool_error):
                continue
            self._report_health()
            self._pending.clear()
            if not self._has_spooled:
                self._deduplicator.clear()
                self._drained.set()

    async def _write_all(self) -> None:
        """Write everything queued, oldest first, and what arrives meanwhile. Raises StoreUnavailable."""
        while True:
            if self._has_spooled and await self._writer.write_spooled():
                self._mark_available()
                if not self._has_spooled or monotonic() - self._reported_at >= _REPORT_EVERY_S:
                    self._report_health()
            elif self._backlog:
                envelope = self._backlog.envelopes[0]
                await self._writer.write(envelope)
                self._backlog.remove(envelope)
                self._mark_available()
            elif self._healths:
                feed, health = next(iter(self._healths.items()))
                await self._writer.write_health(health)
                self._mark_available()
                if self._healths.get(feed) is health:
                    del self._healths[feed]
            else:
                return

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
                self._report_health()

    async def _wait_for_retry(self, delay_s: float) -> None:
        """Wait for the delay, or until the store is known to be back."""
        self._retry_requested.clear()
        waits = [
            asyncio.ensure_future(self._sleep(delay_s)),
            asyncio.create_task(self._retry_requested.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _adopt(self) -> None:
        """Take over spool files of killed processes, at the start and from time to time."""
        now = asyncio.get_running_loop().time()
        if self._spool is None or now < self._next_adoption_at:
            return
        self._next_adoption_at = now + ADOPT_EVERY_S
        record_count = 0
        with self._writer.reporting_spool_errors():
            record_count = await asyncio.to_thread(self._spool.adopt_orphans)
        if record_count:
            log.info("writing %d records that were left in the spool", record_count)
        if self._has_spooled:
            self._drained.clear()
            self._pending.set()
            self._report_health()

    @property
    def _has_spooled(self) -> bool:
        return self._spool is not None and not self._spool.is_empty

    @property
    def _is_behind(self) -> bool:
        return self._away.is_set() or self._has_spooled

    @property
    def _spool_due_at(self) -> float:
        """Monotonic time at which the backlog is spooled."""
        return SPOOL_AFTER_S + min(self._backlog.oldest_since, self._writer.write_started_at)

    def _mark_available(self) -> None:
        """A write succeeded."""
        if self._away.is_set():
            log.info("store back, %d records queued", self.pending_records)
            self._away.clear()
            self._unavailable_reason = None
            self._report_health()

    def _mark_unavailable(self, reason: str) -> None:
        """A write failed, or was not answered for a while. Logged once."""
        if not self._away.is_set():
            log.warning("store away: %s", reason)
        self._away.set()
        self._arrived.set()
        self._unavailable_reason = reason
        self._report_health()

    def _report_health(self) -> None:
        """Report the store's health, if it changed."""
        evicted = self._backlog.evicted_records
        full = f"backlog full, {evicted:,} records dropped" if evicted else None
        health = replace(
            self._reported,
            pending=self.pending_records if self._is_behind else 0,
            dropped=evicted + self._writer.lost_records,
            failure=self._unavailable_reason or self._writer.loss_reason or full,
        )
        if health != self._reported:
            self._reported, self._reported_at = health, monotonic()
            self._on_health(health)
