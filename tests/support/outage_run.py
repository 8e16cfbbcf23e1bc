"""A collector that polls a source of numbered records, and what its store holds: for tests of outages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from nof1tui.collector.delivery.rejected_file import RejectedFile
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SpoolFolders
from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey, Decision, Feed, Price, Trade
from nof1tui.domain.roster import Roster
from nof1tui.ports.source import ProgressCallback, ignore_progress
from nof1tui.runtime.engine import Arena, ArenaEngine
from nof1tui.runtime.open_store import open_store
from nof1tui.settings.model import Settings
from tests.support.envelopes import AT

GPT = AccountKey("season-1", "gpt-5")


@dataclass
class NumberedSource:
    """Serves one price, one trade and one decision more at each poll, and extra records once."""

    name: str = "numbered"
    feeds: Sequence[Feed] = (Feed.PRICES, Feed.TRADES, Feed.DECISIONS)
    frozen_after_s: Mapping[Feed, float] = field(default_factory=dict)
    served: dict[Feed, int] = field(default_factory=dict)
    extra: list[Batch] = field(default_factory=list)

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        if self.extra and feed is Feed.PRICES:
            return self.extra.pop(0)
        number = self.served[feed] = self.served.get(feed, 0) + 1
        at = AT + timedelta(seconds=number)
        match feed:
            case Feed.PRICES:
                return Batch(feed, "prices", at, prices=(Price("BTC", float(number), at, at),))
            case Feed.TRADES:
                return Batch(feed, "trades", at, trades=(Trade(f"t{number}", GPT, "BTC", at, at),))
            case _:
                return Batch(feed, "decisions", at, decisions=(Decision(f"d{number}", GPT, at, at, "hold"),))

    async def aclose(self) -> None: ...


@dataclass
class OutageRun:
    """The collector under test, its boards, and the records in its store."""

    source: NumberedSource
    engine: asyncio.Task[None]
    boards: list[Board]
    folder: Path
    owner_url: str

    async def until(self, condition: Callable[[], bool], timeout_s: float = 40.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.05)
                if self.engine.done():
                    self.engine.result()

    async def polls(self, count: int) -> None:
        """Wait for a number of further polls of every feed."""
        wanted = {feed: self.source.served.get(feed, 0) + count for feed in self.source.feeds}
        await self.until(lambda: all(self.source.served.get(feed, 0) >= n for feed, n in wanted.items()))

    @property
    def is_away(self) -> bool:
        return bool(self.boards and self.boards[-1].health.store.failure)

    def stored(self) -> dict[Feed, list[int]]:
        with psycopg.connect(self.owner_url) as db:
            return {
                feed: [int(value) for (value,) in db.execute(statement)]
                for feed, statement in (
                    (Feed.PRICES, "SELECT price FROM nof1.prices ORDER BY 1"),
                    (Feed.TRADES, "SELECT substr(id, 2)::int FROM nof1.trades ORDER BY 1"),
                    (Feed.DECISIONS, "SELECT substr(id, 2)::int FROM nof1.decisions ORDER BY 1"),
                )
            }

    async def until_back(self) -> None:
        """Wait until the store is back and everything is stored, each record once."""
        await self.until_all_is_stored()
        await self.until(lambda: not self.is_away)

    async def until_all_is_stored(self) -> None:
        """Wait until what is served by now is stored, each record once."""
        await self.polls(3)
        served = dict(self.source.served)
        await self.until(lambda: all(max(self.stored()[feed], default=0) >= n for feed, n in served.items()))
        expected = {feed: list(range(1, n + 1)) for feed, n in served.items()}
        assert {feed: values[: served[feed]] for feed, values in self.stored().items()} == expected

    def rejected(self) -> list[Batch]:
        folders = [path for path in self.folder.iterdir() if path.is_dir()] if self.folder.is_dir() else []
        lines = [line for folder in folders for line in RejectedFile(folder).read()]
        return [line.envelope.batch for line in lines if line.envelope]


@asynccontextmanager
async def collecting(
    url: str, owner_url: str, roster: Roster, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OutageRun]:
    """A collector on the store at `url`, which tries an absent store five times a second."""
    monkeypatch.setattr("nof1tui.collector.backoff.store_retry_delay_s", lambda failures, jitter: 0.2)
    monkeypatch.setattr("nof1tui.collector.delivery.outbox.store_retry_delay_s", lambda failures, jitter: 0.2)
    settings = Settings(database_url=url)  # type: ignore[arg-type]
    source, boards = NumberedSource(), list[Board]()
    arena = Arena(
        roster=roster,
        make_source=lambda: source,
        open_store=lambda: open_store(settings, to_write=True, on_progress=lambda message: None),
        intervals_s=dict.fromkeys(Feed, 0.1),
        clock=lambda: AT,
        make_spool=lambda: Spool(SpoolFolders(folder, "url")),
        shared=True,
    )
    engine = asyncio.create_task(ArenaEngine(arena).run(boards.append))
    run = OutageRun(source, engine, boards, folder, owner_url)
    try:
        yield run
    finally:
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)
