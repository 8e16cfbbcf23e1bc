"""The way from the screen to the disk: parcels in order, tried until they are committed.

While the store is away, or too far behind, parcels go to the spool; when it is back, the spool is
written first. Without a spool they wait in memory, as many as fit.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import random

from nof1tui.collector.backoff import next_write_s
from nof1tui.collector.parcel import Parcel
from nof1tui.collector.spool import Spool
from nof1tui.domain.health import FeedHealth, StoreHealth
from nof1tui.domain.model import Batch, Feed
from nof1tui.ports import Sink, StoreRejected, StoreUnavailable, Written

log = logging.getLogger(__name__)

CAPACITY = 200_000
"""Records that may wait in memory; beyond, the oldest parcel is given up and counted as lost."""
BEHIND = 20_000
"""Records in memory from which the spool takes over though the store answers."""


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
        capacity: int = CAPACITY,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random,
    ) -> None:
        self._sink = sink
        self._changed = changed
        self._spool = spool
        self._capacity = capacity
        self._sleep = sleep
        self._chance = chance
        self._parcels: deque[Parcel] = deque()
        self._healths: dict[Feed, FeedHealth] = {}
        self._pending = asyncio.Event()
        self._arrived = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._hurried = asyncio.Event()
        self._spooling = asyncio.Lock()
        self._said = store or StoreHealth()
        self._spooled = 0
        """Records in the spool."""
        self._lost = 0
        self._failure: str | None = None
        self._spool_fault: str | None = None

    @property
    def waiting(self) -> int:
        """Records published but not committed."""
        return self._spooled + sum(parcel.records for parcel in self._parcels)

    def put(self, parcel: Parcel | None, health: FeedHealth) -> None:
        """Queue a parcel (if there is one) and the feed's health."""
        if parcel is not None and parcel.records:
            self._parcels.append(parcel)
            self._bound()
        self._healths[health.feed] = health
        self._settled.clear()
        self._pending.set()
        self._arrived.set()
        if self._said.failure:
            self._say(failure=self._said.failure)

    async def run(self) -> None:
        """Write until cancelled. What another process left behind comes first."""
        await self._adopt()
        failures = 0
        while True:
            await self._pending.wait()
            try:
                await self._write_all()
            except StoreUnavailable as error:
                failures += 1
                if failures == 1:
                    log.warning("store away: %s", error)
                self._say(failure=str(error))
                await self._wait_out(next_write_s(failures, self._chance()))
            else:
                if failures:
                    log.info("store back, backlog written")
                failures = 0
                if self._parcels or self._healths:
                    continue
                self._say(failure=self._failure)
                self._pending.clear()
                self._settled.set()

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

    async def keep(self) -> None:
        """Put what is still in memory on the disk, for the next process; the last thing to do."""
        await self._to_spool()
        if self._spool is not None:
            self._spool.close()

    async def _adopt(self) -> None:
        if self._spool is None:
            return
        try:
            self._spooled = await asyncio.to_thread(self._spool.adopt)
        except OSError as error:
            self._tell_spool_fault(error)
        if self._spooled:
            log.info("%d records were left in the spool and are written now", self._spooled)
            self._settled.clear()
            self._pending.set()

    async def _write_all(self) -> None:
        await self._write_spool()
        while self._parcels:
            parcel = self._parcels[0]
            await self._write(parcel)
            if self._parcels and self._parcels[0] is parcel:
                self._parcels.popleft()
            if self._spool is not None and self.waiting > BEHIND:
                await self._to_spool()
                await self._write_spool()
        while self._healths:
            feed, health = next(iter(self._healths.items()))
            await self._sink.write_health(health)
            if self._healths.get(feed) is health:
                del self._healths[feed]

    async def _write_spool(self) -> None:
        """Everything on the disk, oldest first. What comes meanwhile waits in memory behind it."""
        spool = self._spool
        while spool is not None and not spool.is_empty:
            try:
                parcel = await asyncio.to_thread(spool.first)
                if parcel is not None:
                    await self._write(parcel)
                    await asyncio.to_thread(spool.drop_first)
            except OSError as error:
                self._tell_spool_fault(error)
                break
            self._spooled = spool.records
        if spool is not None:
            self._spooled = spool.records

    async def _write(self, parcel: Parcel) -> None:
        try:
            _log_written(parcel.batch, await self._sink.write(parcel.batch, parcel.events))
        except StoreRejected as error:
            await self._reject(parcel, str(error))

    async def _wait_out(self, delay_s: float) -> None:
        """Let the store rest; what comes meanwhile goes to the disk at once."""
        self._hurried.clear()
        rest = asyncio.ensure_future(self._sleep(delay_s))
        hurried = asyncio.create_task(self._hurried.wait())
        try:
            while not (rest.done() or hurried.done()):
                self._arrived.clear()
                await self._to_spool()
                arrival = asyncio.create_task(self._arrived.wait())
                await asyncio.wait({rest, hurried, arrival}, return_when=asyncio.FIRST_COMPLETED)
                arrival.cancel()
        finally:
            rest.cancel()
            hurried.cancel()

    async def _to_spool(self) -> None:
        """Move what is in memory to the disk; what has no room there stays in memory."""
        spool = self._spool
        if spool is None:
            return
        async with self._spooling:
            try:
                while self._parcels:
                    parcel = self._parcels[0]
                    await asyncio.to_thread(spool.append, parcel)
                    self._parcels.popleft()
                    self._spooled = spool.records
                    self._spool_fault = None
            except OSError as error:
                self._tell_spool_fault(error)

    async def _reject(self, parcel: Parcel, reason: str) -> None:
        """What the store will never take is kept aside, where people can look at it."""
        if self._spool is not None:
            try:
                await asyncio.to_thread(self._spool.reject, parcel, reason)
            except OSError as error:
                self._tell_spool_fault(error)
        self._give_up(parcel, reason)

    def _bound(self) -> None:
        in_memory = sum(parcel.records for parcel in self._parcels)
        while len(self._parcels) > 1 and in_memory > self._capacity:
            in_memory -= self._parcels[0].records
            self._give_up(self._parcels.popleft(), "the backlog is full")

    def _give_up(self, parcel: Parcel, reason: str) -> None:
        self._lost += parcel.records
        self._failure = f"{parcel.records} {parcel.batch.feed} records were not stored: {reason}"
        log.error("%s", self._failure)

    def _tell_spool_fault(self, error: OSError) -> None:
        """Once for each kind of fault: the records then wait in memory."""
        told = error.strerror or str(error)
        if told != self._spool_fault:
            self._spool_fault = told
            log.error("the spool cannot be used, records wait in memory: %s", told)

    def _say(self, *, failure: str | None) -> None:
        waiting = self.waiting if failure else 0
        health = replace(self._said, waiting=waiting, lost=self._lost, failure=failure)
        if health != self._said:
            self._said = health
            self._changed(health)


def _log_written(batch: Batch, written: Written) -> None:
    fresh = {kind: tally.new + tally.revised for kind, tally in written.tallies.items()}
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(fresh.items()) if count)
    log.info(
        "%s: %d read, stored %s",
        batch.feed,
        batch.size,
        told or "nothing new",
        extra={"feed": batch.feed.value, "read": batch.size, "stored": fresh},
    )
