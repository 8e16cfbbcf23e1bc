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
from dataclasses import replace
from random import random
from time import monotonic

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
        self._writing = SinkWriter(sink, spool, silent=self._is_away)
        self._changed = changed
        self._spool = spool
        self._backlog = Backlog(capacity)
        self._sleep = sleep
        self._chance = chance
        self._repeats = Deduplicator()
        self._healths: dict[Feed, FeedHealth] = {}
        self._pending = asyncio.Event()
        self._arrived = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._hurried = asyncio.Event()
        self._away = asyncio.Event()
        self._spooling = asyncio.Lock()
        self._said = store or StoreHealth()
        self._said_at = 0.0
        self._trouble: str | None = None
        """Why the store is away."""
        self._look_at = 0.0
        """Loop's time of the next look for what others left."""

    @property
    def waiting(self) -> int:
        """Records published but not committed."""
        spooled = self._spool.records if self._spool is not None else 0
        return spooled + self._backlog.records

    @property
    def away(self) -> bool:
        """Whether the store did not take what it was offered last."""
        return self._away.is_set()

    def put(self, parcel: Envelope | None, health: FeedHealth) -> None:
        """Queue a parcel (if there is one) and the feed's health."""
        if parcel is not None and self._is_behind:
            parcel = self._repeats.without_known(parcel)
        if parcel is not None and not parcel.is_empty:
            for gone in self._backlog.put(parcel):
                self._repeats.forget(gone)
        self._healths[health.feed] = health
        self._settled.clear()
        self._pending.set()
        self._arrived.set()
        if self._is_behind:
            self._say()

    async def run(self) -> None:
        """Write until cancelled. What another process left behind comes first."""
        await self._adopt()
        tasks = {
            asyncio.create_task(self._write_for_ever(), name="writer"),
            asyncio.create_task(self._spool_for_ever(), name="spooling"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def is_missed(self, feed: Feed) -> bool:
        """Whether records of this feed were given up and the store takes them now: ask for all again."""
        return feed in self._backlog.missed and not self._is_behind

    def found_again(self, feed: Feed) -> None:
        """Everything that upstream has of this feed was put anew."""
        self._backlog.missed.discard(feed)

    def hurry(self) -> None:
        """The store is known to be back: try it now."""
        self._hurried.set()

    async def drained(self, timeout_s: float) -> bool:
        """Wait for everything queued to be committed; False when it was not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._settled.wait()
        except TimeoutError:
            return False
        return True

    async def save(self) -> None:
        """Put what is in memory on the disk, whatever the store is doing."""
        spool = self._spool
        if spool is None:
            return
        async with self._spooling:
            with self._writing.faults_told():
                while self._backlog:
                    parcels = self._backlog.parcels
                    kept = await asyncio.to_thread(spool.append, *parcels)
                    for parcel in parcels[:kept]:
                        self._backlog.drop(parcel)

    async def keep(self) -> None:
        """Leave everything to the next process; the last thing to do."""
        await self.save()
        if self._spool is not None:
            self._spool.close()

    async def _write_for_ever(self) -> None:
        failures = 0
        while True:
            await self._pending.wait()
            try:
                await self._write_all()
            except StoreUnavailable as error:
                failures += 1
                self._is_away(str(error))
                await self._rest(store_retry_delay_s(failures, self._chance()))
                continue
            failures = 0
            await self._adopt()
            if self._backlog or self._healths or (self._spool_waits and not self._writing.fault):
                continue
            self._say()
            self._pending.clear()
            if not self._spool_waits:
                self._repeats.clear()
                self._settled.set()

    async def _write_all(self) -> None:
        """Everything that waits, oldest first; what comes meanwhile too."""
        while True:
            if self._spool_waits and await self._writing.write_spooled():
                self._is_back()
                if not self._spool_waits or monotonic() - self._said_at >= _REPORT_EVERY_S:
                    self._say()
            elif self._backlog:
                parcel = self._backlog.parcels[0]
                await self._writing.write(parcel)
                self._backlog.drop(parcel)
                self._is_back()
            elif self._healths:
                feed, health = next(iter(self._healths.items()))
                await self._writing.write_health(health)
                self._is_back()
                if self._healths.get(feed) is health:
                    del self._healths[feed]
            else:
                return

    async def _spool_for_ever(self) -> None:
        """What cannot be written now goes to the disk, and a hung disk keeps nobody else up."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if not self.away:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._late_at - monotonic()):
                        await self._away.wait()
            if self.away or monotonic() >= self._late_at or self._backlog.weight > _SPOOL_ABOVE_BYTES:
                await self.save()
            elif self._backlog:
                self._arrived.set()
            if self._is_behind:
                self._say()

    async def _rest(self, delay_s: float) -> None:
        """Leave the store alone for a while, or until it is known to be back."""
        self._hurried.clear()
        waits = [asyncio.ensure_future(self._sleep(delay_s)), asyncio.create_task(self._hurried.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _adopt(self) -> None:
        """Take over what a killed process left behind, at the start and now and then."""
        now = asyncio.get_running_loop().time()
        if self._spool is None or now < self._look_at:
            return
        self._look_at = now + ADOPT_EVERY_S
        found = 0
        with self._writing.faults_told():
            found = await asyncio.to_thread(self._spool.adopt)
        if found:
            log.info("%d records were left in the spool and are written now", found)
        if self._spool_waits:
            self._settled.clear()
            self._pending.set()
            self._say()

    @property
    def _spool_waits(self) -> bool:
        return self._spool is not None and not self._spool.is_empty

    @property
    def _is_behind(self) -> bool:
        return self._away.is_set() or self._spool_waits

    @property
    def _late_at(self) -> float:
        """When what is in memory has waited for long, or what is being written has."""
        return SPOOL_AFTER_S + min(self._backlog.moved_at, self._writing.began_at)

    def _is_back(self) -> None:
        """The store took something."""
        if self._away.is_set():
            log.info("store back, %d records wait", self.waiting)
            self._away.clear()
            self._trouble = None
            self._say()

    def _is_away(self, reason: str) -> None:
        """It refused to answer, or has not answered for a while. Told once."""
        if not self._away.is_set():
            log.warning("store away: %s", reason)
        self._away.set()
        self._arrived.set()
        self._trouble = reason
        self._say()

    def _say(self) -> None:
        """Tell how the store is doing; what is lost for good is told when it is there."""
        given_up = self._backlog.given_up
        full = f"the backlog was full, {given_up:,} records were given up" if given_up else None
        health = replace(
            self._said,
            waiting=self.waiting if self._is_behind else 0,
            lost=given_up + self._writing.lost,
            failure=self._trouble or self._writing.failure or full,
        )
        if health != self._said:
            self._said, self._said_at = health, monotonic()
            self._changed(health)
