"""The way from the screen to the disk: parcels in order, tried until they are committed.

    put ─ memory ─┬──────── store
                  └─ spool ─┘      while the store is away, silent, or busy with what waited before

What is on the spool is older than what is in memory, and is written first. Without a spool parcels
wait in memory, as many as fit.
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
"""Bytes in memory from which the spool takes over though the store answers."""
SPOOL_AFTER_S = 2.0
"""What has waited so long in memory goes to the disk, whatever holds the store up."""
ADOPT_EVERY_S = 60.0
"""Between two looks for what a killed process left behind."""
_REPORT_EVERY_S = 0.5
"""Between two words on how much still waits, while the spool is written."""


class Outbox:
    """Writes parcels behind the screen's back, oldest first.

    `changed` hears of every change of the store's health. Only the newest health of a feed is
    kept while the store is away.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        changed: Callable[[StoreHealth], None],
        store: StoreHealth | None = None,
        spool: Spool | None = None,
        capacity: int = BACKLOG_BYTES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random,
    ) -> None:
        self._writer = SinkWriter(sink, spool, silent=self._mark_unavailable)
        self._on_store_health = changed
        self._spool = spool
        self._backlog = Backlog(capacity)
        self._sleep = sleep
        self._jitter = chance
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
        """Loop's time of the next look for what others left."""

    @property
    def pending_records(self) -> int:
        """Records published but not committed."""
        spooled = self._spool.record_count if self._spool is not None else 0
        return spooled + self._backlog.record_count

    @property
    def is_store_away(self) -> bool:
        """Whether the store did not take what it was offered last."""
        return self._away.is_set()

    def put(self, parcel: Envelope | None, health: FeedHealth) -> None:
        """Queue a parcel (if there is one) and the feed's health."""
        if parcel is not None and self._is_behind:
            parcel = self._deduplicator.drop_duplicates(parcel)
        if parcel is not None and not parcel.is_empty:
            for gone in self._backlog.put(parcel):
                self._deduplicator.forget(gone)
        self._healths[health.feed] = health
        self._drained.clear()
        self._pending.set()
        self._arrived.set()
        if self._is_behind:
            self._report_health()

    async def run(self) -> None:
        """Write until cancelled. What another process left behind comes first."""
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
        """Whether records of this feed were given up and the store takes them now: ask for all again."""
        return feed in self._backlog.feeds_to_refetch and not self._is_behind

    def mark_refetched(self, feed: Feed) -> None:
        """Everything that upstream has of this feed was put anew."""
        self._backlog.feeds_to_refetch.discard(feed)

    def retry_now(self) -> None:
        """The store is known to be back: try it now."""
        self._retry_requested.set()

    async def wait_until_drained(self, timeout_s: float) -> bool:
        """Wait for everything queued to be committed; False when it was not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._drained.wait()
        except TimeoutError:
            return False
        return True

    async def flush_to_spool(self) -> None:
        """Put what is in memory on the disk, whatever the store is doing."""
        spool = self._spool
        if spool is None:
            return
        async with self._spool_lock:
            with self._writer.reporting_spool_errors():
                while self._backlog:
                    parcels = self._backlog.envelopes
                    kept = await asyncio.to_thread(spool.append, *parcels)
                    for parcel in parcels[:kept]:
                        self._backlog.remove(parcel)

    async def close(self) -> None:
        """Leave everything to the next process; the last thing to do."""
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
        """Everything that waits, oldest first; what comes meanwhile too."""
        while True:
            if self._has_spooled and await self._writer.write_spooled():
                self._mark_available()
                if not self._has_spooled or monotonic() - self._reported_at >= _REPORT_EVERY_S:
                    self._report_health()
            elif self._backlog:
                parcel = self._backlog.envelopes[0]
                await self._writer.write(parcel)
                self._backlog.remove(parcel)
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
        """What cannot be written now goes to the disk, and a hung disk keeps nobody else up."""
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
        """Leave the store alone for a while, or until it is known to be back."""
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
        """Take over what a killed process left behind, at the start and now and then."""
        now = asyncio.get_running_loop().time()
        if self._spool is None or now < self._next_adoption_at:
            return
        self._next_adoption_at = now + ADOPT_EVERY_S
        found = 0
        with self._writer.reporting_spool_errors():
            found = await asyncio.to_thread(self._spool.adopt_orphans)
        if found:
            log.info("%d records were left in the spool and are written now", found)
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
        """When what is in memory has waited for long, or what is being written has."""
        return SPOOL_AFTER_S + min(self._backlog.oldest_since, self._writer.write_started_at)

    def _mark_available(self) -> None:
        """The store took something."""
        if self._away.is_set():
            log.info("store back, %d records wait", self.pending_records)
            self._away.clear()
            self._unavailable_reason = None
            self._report_health()

    def _mark_unavailable(self, reason: str) -> None:
        """It refused to answer, or has not answered for a while. Told once."""
        if not self._away.is_set():
            log.warning("store away: %s", reason)
        self._away.set()
        self._arrived.set()
        self._unavailable_reason = reason
        self._report_health()

    def _report_health(self) -> None:
        """Tell how the store is doing; what is lost for good is told when it is there."""
        given_up = self._backlog.evicted_records
        full = f"the backlog was full, {given_up:,} records were given up" if given_up else None
        health = replace(
            self._reported,
            pending=self.pending_records if self._is_behind else 0,
            dropped=given_up + self._writer.lost_records,
            failure=self._unavailable_reason or self._writer.loss_reason or full,
        )
        if health != self._reported:
            self._reported, self._reported_at = health, monotonic()
            self._on_store_health(health)
