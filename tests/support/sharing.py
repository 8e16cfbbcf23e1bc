"""Instances that share one store, and a source whose figures a test moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.source import ProgressCallback, ignore_progress
from nof1tui.runtime.alerts import ArenaAlerts
from nof1tui.runtime.engine import Arena, ArenaEngine
from nof1tui.runtime.open_store import Store
from nof1tui.store.connection.pool import open_pool
from tests.support.builders import account_row, at, batch, price


@dataclass
class Market:
    """A source whose figures are moved by the test."""

    minute: int = 0
    asked: int = 0
    name: str = "market"

    @property
    def feeds(self) -> Sequence[Feed]:
        return (Feed.ACCOUNTS, Feed.PRICES)

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        self.asked += 1
        if feed is Feed.PRICES:
            return batch(feed, prices=(price("BTC", 100.0 + self.minute, minutes=self.minute),))
        rows = (
            account_row(minutes=self.minute, equity=10_000.0 + self.minute),
            account_row("qwen3-max", minutes=self.minute, equity=9_000.0 - self.minute),
        )
        return batch(feed, accounts=rows)

    async def aclose(self) -> None: ...


@dataclass
class Instance:
    engine: ArenaEngine
    market: Market
    boards: list[Board] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    @property
    def board(self) -> Board:
        return self.boards[-1]

    @property
    def role(self) -> str | None:
        return self.board.health.store.role if self.boards else None

    async def until(self, condition: Callable[[], bool], timeout_s: float = 8.0) -> float:
        began = time.monotonic()
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.005)
                if self.task is not None and self.task.done():
                    self.task.result()
        return time.monotonic() - began


def instance(
    url: str, roster: Roster, holder: str, market: Market | None = None, alarms: ArenaAlerts | None = None
) -> Instance:
    @asynccontextmanager
    async def store() -> AsyncIterator[Store]:
        database = open_pool(url)
        try:
            yield Store(database, "a server", url)
        finally:
            await database.close()

    market = market or Market()
    arena = Arena(
        name="nof1",
        roster=roster,
        make_source=lambda: market,
        open_store=store,
        intervals_s=dict.fromkeys(Feed, 0.05),
        clock=at,
        shared=True,
        alerts=alarms or ArenaAlerts(),
    )
    return Instance(ArenaEngine(arena, holder=holder), market)


@asynccontextmanager
async def running(*instances: Instance) -> AsyncIterator[None]:
    try:
        for item in instances:
            item.task = asyncio.create_task(item.engine.run(item.boards.append))
            await item.until(lambda item=item: item.role is not None)  # type: ignore[misc]
        yield
    finally:
        tasks = [item.task for item in instances if item.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
