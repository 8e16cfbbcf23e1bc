"""The way from the screen to the disk: batches in order, tried until they are committed."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from random import random

from nof1tui.collector.backoff import next_write_s
from nof1tui.domain.health import FeedHealth, StoreHealth
from nof1tui.domain.model import Batch, Feed
from nof1tui.ports import Sink, StoreRejected, StoreUnavailable, Written

log = logging.getLogger(__name__)

CAPACITY = 200_000
"""Records that may wait in memory; beyond, the oldest batch is given up and counted as lost."""


class Outbox:
    """Writes batches behind the screen's back, oldest first.

    `changed` hears of every change of the store's health. Only the newest health of a feed is
    kept while the store is away.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        changed: Callable[[StoreHealth], None],
        server: str | None = None,
        capacity: int = CAPACITY,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random,
    ) -> None:
        self._sink = sink
        self._changed = changed
        self._capacity = capacity
        self._sleep = sleep
        self._chance = chance
        self._batches: deque[Batch] = deque()
        self._healths: dict[Feed, FeedHealth] = {}
        self._pending = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._said = StoreHealth(server=server)
        self._lost = 0
        self._failure: str | None = None

    @property
    def waiting(self) -> int:
        """Records published but not committed."""
        return sum(batch.size + len(batch.rejects) for batch in self._batches)

    def put(self, batch: Batch | None, health: FeedHealth) -> None:
        """Queue a batch (if there is one) and the feed's health."""
        if batch is not None and (batch.size or batch.rejects):
            self._batches.append(batch)
            self._bound()
        self._healths[health.feed] = health
        self._settled.clear()
        self._pending.set()
        if self._said.failure:
            self._say(failure=self._said.failure)

    async def run(self) -> None:
        """Write until cancelled."""
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
                await self._sleep(next_write_s(failures, self._chance()))
            else:
                if failures:
                    log.info("store back, backlog written")
                failures = 0
                if self._batches or self._healths:
                    continue
                self._say(failure=self._failure)
                self._pending.clear()
                self._settled.set()

    async def drained(self, timeout_s: float) -> bool:
        """Wait for everything queued to be committed; False when it was not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._settled.wait()
        except TimeoutError:
            return False
        return True

    async def _write_all(self) -> None:
        while self._batches:
            batch = self._batches[0]
            try:
                _log_written(batch, await self._sink.write(batch))
            except StoreRejected as error:
                self._give_up(batch, str(error))
            if self._batches and self._batches[0] is batch:
                self._batches.popleft()
        while self._healths:
            feed, health = next(iter(self._healths.items()))
            await self._sink.write_health(health)
            if self._healths.get(feed) is health:
                del self._healths[feed]

    def _bound(self) -> None:
        while len(self._batches) > 1 and self.waiting > self._capacity:
            self._give_up(self._batches.popleft(), "the backlog is full")

    def _give_up(self, batch: Batch, reason: str) -> None:
        lost = batch.size + len(batch.rejects)
        self._lost += lost
        self._failure = f"{lost} {batch.feed} records were not stored: {reason}"
        log.error("%s", self._failure)

    def _say(self, *, failure: str | None) -> None:
        waiting = self.waiting if failure else 0
        health = StoreHealth(self._said.server, waiting, self._lost, failure)
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
