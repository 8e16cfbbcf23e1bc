"""Every fault of the API, one by one: the collector continues, names it, and loses no record."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from nof1tui.collector import Collector
from nof1tui.domain.board import Board
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.sources.http.client import Limits, make_client
from nof1tui.sources.nof1.source import ENDPOINT_BY_FEED, Nof1Source
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.writing.writer import Writer
from tests.support.arena_server import ArenaServer, ArenaState, wire_row
from tests.support.upstream_faults import FAULTS, Fault

LIMITS = Limits(timeout_s=0.3, max_body_bytes=2**20)


@dataclass
class FaultScene:
    """An arena with one fault, its collector, and a store shared by all faults."""

    arena: ArenaServer
    collector: Collector
    database: Database
    trader: str

    async def poll(self) -> FeedHealth:
        await self.collector.poll(Feed.ACCOUNTS)
        return self.collector.board.health.feed(Feed.ACCOUNTS)

    async def read_column(self, statement: str) -> list[str]:
        assert await self.collector.outbox.wait_until_drained(10)
        async with self.database.transaction() as db:
            cursor = await db.execute(statement.encode(), {"trader": self.trader})
            return [str(row[0]) async for row in cursor]


EQUITIES = """
SELECT s.equity FROM nof1.account_snapshots s JOIN nof1.accounts a ON a.id = s.account_id
JOIN nof1.traders t ON t.id = a.trader_id WHERE t.slug = %(trader)s ORDER BY s.ts
"""
REASONS = (
    "SELECT reason FROM nof1.quarantine WHERE raw LIKE '%%' || %(trader)s || '%%' OR raw LIKE '\"what?%%'"
)
DRIFT = "SELECT field FROM nof1.schema_drift WHERE %(trader)s <> ''"


@pytest.fixture(scope="module")
def store_url(postgres: ServerLease, template: str) -> Iterator[str]:
    postgres.create_database("upstream_faults", template)
    yield postgres.url("upstream_faults")
    postgres.drop_database("upstream_faults")


@pytest.fixture
async def scene(store_url: str, request: pytest.FixtureRequest) -> AsyncIterator[FaultScene]:
    trader = f"model-{FAULTS.index(request.node.callspec.params['fault'])}"
    now = time.time()
    inception = now - 5 * 3600 - 60
    rows = [
        wire_row(trader, 10_000.0 + hour, at=inception + 3600 * hour + 30, inception=inception)
        for hour in range(6)
    ]
    with ArenaServer(ArenaState(rows=rows)) as arena:
        database = open_pool(store_url)
        source = Nof1Source(make_client(arena.url), roster=Roster(), limits=LIMITS)
        collector = Collector(
            source,
            Writer(database, arena="nof1", roster=Roster()),
            Board(Roster()),
            intervals_s=dict.fromkeys(ENDPOINT_BY_FEED, 10.0),
            publish=lambda board: None,
            clock=lambda: datetime.now(UTC),
        )
        writing = asyncio.create_task(collector.outbox.run())
        yield FaultScene(arena, collector, database, trader)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await source.aclose()
        await database.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_fault_is_survived_reported_and_loses_no_record(fault: Fault, scene: FaultScene) -> None:
    assert (await scene.poll()).failure is None
    newest = scene.arena.state.rows[-1]
    newest["timestamp"] += 5
    newest["dollar_equity"] = 10_100.5
    scene.arena.tamper = lambda path, reply: fault.apply(reply)
    began = time.monotonic()
    health = await scene.poll()
    assert time.monotonic() - began < 3

    assert re.search(fault.message or "^$", health.failure or ""), health.failure
    if fault.name == "time going backwards":
        assert "went back" in (health.anomaly(datetime.now(UTC)) or "")

    scene.arena.tamper = None
    assert (await scene.poll()).failure is None
    expected = ["10000", "10001", "10002", "10003", "10004", "10005", "10100.5"]
    assert [value.removesuffix(".0") for value in await scene.read_column(EQUITIES)] == expected
    assert scene.collector.board.leaderboard[0].equity_usd == 10_100.5
    if fault.rejects:
        assert any(re.search(fault.rejects, reason) for reason in await scene.read_column(REASONS))
    if fault.drift:
        assert fault.drift in await scene.read_column(DRIFT)
