"""Instances on a real replica: they follow it, survive a promotion, and read from it beside the primary."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.runtime.engine import Arena, ArenaEngine
from nof1tui.runtime.open_store import open_store
from nof1tui.settings.model import Settings
from nof1tui.store.connection.connect import build_database_label
from nof1tui.store.connection.lazy_pool import LazyPool
from nof1tui.store.coordination.leadership import acquire_leadership, open_session
from nof1tui.store.schema import migrate
from nof1tui.store.schema.probe import probe_database
from nof1tui.tui.screens.system import store_facts
from tests.support.builders import at
from tests.support.postgres_servers import (
    DATABASE,
    OWNER,
    OWNER_PASSWORD,
    PostgresServer,
    debian_binaries,
    embedded_binaries,
)
from tests.support.sharing import Instance, Market, running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["debian", "embedded"])
def programs(request: pytest.FixtureRequest) -> Path:
    return debian_binaries() if request.param == "debian" else embedded_binaries()


@pytest.fixture
def primary(programs: Path) -> Iterator[PostgresServer]:
    """A server with an empty store."""
    server = PostgresServer(programs).initialise()
    migrate.upgrade(server.url)
    yield server
    server.destroy()


@pytest.fixture
def replica(primary: PostgresServer) -> PostgresServer:
    return primary.make_replica()


def instance(roster: Roster, holder: str, url: str, read_url: str | None = None) -> Instance:
    """A monitor with these settings and a market that moves."""
    settings = Settings(database_url=url, database_read_url=read_url)  # type: ignore[arg-type]
    market = Market()
    arena = Arena(
        name="nof1",
        roster=roster,
        make_source=lambda: market,
        open_store=lambda: open_store(settings, on_progress=lambda message: None),
        intervals_s=dict.fromkeys(Feed, 0.05),
        clock=lambda: at(market.minute),
        shared=True,
    )
    return Instance(ArenaEngine(arena, holder=holder), market)


def multi_host_url(first: PostgresServer, second: PostgresServer, attributes: str) -> str:
    hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
    login = first.url.partition("@")[0]
    return f"{login}@{hosts}/{DATABASE}?target_session_attrs={attributes}"


def role_text(item: Instance) -> str:
    """The line `Role` of the System screen."""
    return dict(store_facts(item.board.health.store, None))["Role"]


def equity(item: Instance) -> float | None:
    return next((row.equity_usd for row in item.board.leaderboard), None) if item.boards else None


async def test_a_monitor_on_a_replica_shows_commits_within_three_seconds(
    primary: PostgresServer, replica: PostgresServer, roster: Roster
) -> None:
    collector = instance(roster, "1@host", primary.url)
    viewer = instance(roster, "2@host", replica.url)
    async with running(collector, viewer):
        assert (collector.role, viewer.role) == ("collector", "viewer")
        for minute in (3, 4, 5):
            collector.market.minute = minute
            await collector.until(lambda: equity(collector) == 10_000.0 + minute)  # noqa: B023
            assert await viewer.until(lambda: equity(viewer) == 10_000.0 + minute) < 3.0  # noqa: B023
        assert viewer.market.asked == 0
        assert role_text(viewer) == "replica, 0 s behind; read-only; collector: 1@host"
        assert role_text(collector) == "collector (this instance)"


async def test_a_replica_without_its_primary_is_behind_and_its_promotion_is_noticed(
    primary: PostgresServer, replica: PostgresServer, roster: Roster
) -> None:
    viewer = instance(roster, "2@host", replica.url)
    async with running(viewer):
        assert viewer.role == "viewer"
        primary.stop("immediate")
        await viewer.until(lambda: (viewer.board.health.store.replica_lag_s or 0) >= 2, timeout_s=10)
        assert " s behind; read-only" in role_text(viewer)
        await asyncio.to_thread(replica.promote)
        assert await viewer.until(lambda: viewer.role == "collector", timeout_s=15) < 10.0
        assert viewer.board.health.store.replica_lag_s is None
        viewer.market.minute = 9
        await viewer.until(lambda: equity(viewer) == 10_009.0)
    assert replica.execute("SELECT holder FROM nof1.collector_state", DATABASE) == [("2@host",)]


async def test_a_monitor_follows_its_server_from_primary_to_replica_and_back(
    primary: PostgresServer, replica: PostgresServer, roster: Roster
) -> None:
    """The server fails over and is attached again as a replica, then is promoted again."""
    collector = instance(roster, "1@host", multi_host_url(primary, replica, "read-write"))
    follower = instance(roster, "2@host", primary.url)
    async with running(collector, follower):
        assert (collector.role, follower.role) == ("collector", "follower")
        await asyncio.to_thread(primary.stop, "fast")
        await asyncio.to_thread(replica.promote)
        await asyncio.to_thread(primary.follow, replica)
        await follower.until(lambda: follower.role == "viewer", timeout_s=20)
        collector.market.minute = 7
        await collector.until(lambda: equity(collector) == 10_007.0)
        await follower.until(lambda: equity(follower) == 10_007.0, timeout_s=15)
        assert role_text(follower).startswith("replica, ")
    stored = replica.execute("SELECT max(equity) FROM nof1.account_snapshots", DATABASE)
    assert stored == [(10_007.0,)]


async def test_one_monitor_writes_to_the_primary_and_reads_from_the_replica(
    primary: PostgresServer, replica: PostgresServer, roster: Roster
) -> None:
    settings = Settings(database_url=primary.url, database_read_url=replica.url)  # type: ignore[arg-type]
    async with open_store(settings, on_progress=lambda message: None) as store:
        ports = []
        for database in (store.database, store.reads):
            async with database.transaction() as db:
                row = await (await db.execute("SELECT inet_server_port(), pg_is_in_recovery()")).fetchone()
                ports.append(row)
        assert ports == [(primary.port, False), (replica.port, True)]
    both = instance(roster, "1@host", primary.url, replica.url)
    follower = instance(roster, "2@host", primary.url, replica.url)
    async with running(both, follower):
        assert (both.role, follower.role) == ("collector", "follower")
        both.market.minute = 4
        await follower.until(lambda: equity(follower) == 10_004.0)
        assert role_text(follower) == "replica, 0 s behind; follower of 1@host"
        assert both.engine.history is not None
        span = await both.engine.history.time_range()
        assert span is not None
        assert span[1] == at(4)


async def test_hosts_are_chosen_by_their_session_attributes(
    primary: PostgresServer, replica: PostgresServer
) -> None:
    expected = {"read-write": primary, "primary": primary, "standby": replica, "read-only": replica}
    for attributes, server in expected.items():
        for order in ((primary, replica), (replica, primary)):
            database = LazyPool(multi_host_url(*order, attributes), read_only=server is replica)
            async with database.transaction() as db:
                row = await (await db.execute("SELECT inet_server_port()")).fetchone()
                assert row == (server.port,), (attributes, order)
            await database.close()


def test_the_label_of_several_hosts_has_each_with_its_port(
    primary: PostgresServer, replica: PostgresServer
) -> None:
    label = build_database_label(multi_host_url(primary, replica, "any"))
    assert label == f"127.0.0.1:{primary.port},127.0.0.1:{replica.port}/{DATABASE}"
    assert f"{OWNER}@" not in label
    assert OWNER_PASSWORD not in label


async def test_a_replica_is_never_led_nor_written(primary: PostgresServer, replica: PostgresServer) -> None:
    async with open_session(replica.url, "leader") as session:
        with pytest.raises(StoreUnavailable, match="the server is a replica"):
            await acquire_leadership(session, "1@host", wait=False)
    settings = Settings(database_url=replica.url)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable, match="target_session_attrs=read-write"):
        async with open_store(settings, to_write=True, on_progress=lambda message: None):
            pass
    info = probe_database(replica.url, lambda: at())
    assert (info.is_replica, info.may_write) == (True, False)
