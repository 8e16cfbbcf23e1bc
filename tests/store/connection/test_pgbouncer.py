"""A store behind PgBouncer, with the configuration in `deploy/pgbouncer.ini`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from nof1tui.cli.handlers.doctor import _check_store
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnusable
from nof1tui.runtime.open_store import open_store
from nof1tui.settings.model import Settings
from nof1tui.store.connection.lazy_pool import LazyPool
from nof1tui.store.connection.session import SessionConnection
from nof1tui.store.coordination.leadership import acquire_leadership, open_session
from nof1tui.store.coordination.notifications import follow_commits
from nof1tui.store.reading.reader import Reader
from nof1tui.store.schema import migrate
from nof1tui.store.schema.probe import probe_database
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, decision, position, price, trade
from tests.support.postgres_servers import PgBouncer, PostgresServer, debian_binaries, embedded_binaries

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["debian", "embedded"])
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A server with an empty database, of each version that can be had."""
    programs = debian_binaries() if request.param == "debian" else embedded_binaries()
    started = PostgresServer(programs).initialise()
    yield started
    started.destroy()


@pytest.fixture(params=["transaction", "session"])
def pooler(server: PostgresServer, request: pytest.FixtureRequest) -> Iterator[PgBouncer]:
    """PgBouncer with one connection to the server for all transactions, so that clients share it."""
    size = "1" if request.param == "transaction" else "10"
    started = PgBouncer(server, {"pool_mode": request.param, "default_pool_size": size}).start()
    yield started
    started.stop()


def settings_of(server: PostgresServer, pooler: PgBouncer) -> Settings:
    direct = server.url if pooler.changes["pool_mode"] == "transaction" else None
    return Settings(database_url=pooler.url, database_direct_url=direct)  # type: ignore[arg-type]


async def test_records_are_written_and_read_through_it(
    server: PostgresServer, pooler: PgBouncer, roster: Roster
) -> None:
    rows = tuple(
        account_row(minutes=m, equity=10_000 + m / 3, positions=(position("ETH", 1.5),)) for m in range(5)
    )
    async with open_store(settings_of(server, pooler), on_progress=lambda message: None) as store:
        writer = Writer(store.database, arena="nof1", roster=roster)
        for _ in range(7):  # more often than psycopg's threshold for preparing a statement
            await writer.write(
                batch(accounts=rows, trades=(trade(1),), decisions=(decision(),), prices=(price("BTC", 1.0),))
            )
        reader = Reader(store.database, roster)
        boards = await asyncio.gather(*(reader.board() for _ in range(8)))
        equities = {tuple(row.equity_usd for row in board.accounts.values()) for board in boards}
        assert equities == {(rows[-1].equity_usd,)}
        assert await reader.time_range() == (at(), rows[-1].observed_at)
        assert len(await reader.trades()) == 1


async def test_transactions_have_the_fixed_settings_and_leave_none_behind(
    server: PostgresServer, pooler: PgBouncer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "nof1tui.store")
    server.execute("ALTER ROLE nof1 SET datestyle = 'German'")
    database = LazyPool(pooler.url, read_only=True)
    try:
        async with database.transaction(7_000) as db:
            assert isinstance(db, SessionConnection)
            assert db.is_pooled
            assert db.prepare_threshold is None
            row = await (
                await db.execute(
                    "SELECT current_setting('DateStyle'), current_setting('statement_timeout'), "
                    "current_setting('transaction_read_only'), current_setting('search_path')"
                )
            ).fetchone()
            assert row == ("ISO, YMD", "7s", "on", "public")
        (logged,) = [record.message for record in caplog.records]
        assert logged.startswith(f"127.0.0.1:{pooler.port}/nof1 is a connection pooler: ")
        writer = LazyPool(pooler.url)
        async with writer.transaction() as db:
            values = await (await db.execute("SELECT current_setting('transaction_read_only')")).fetchone()
            assert values == ("off",)
        await writer.close()
    finally:
        await database.close()
        server.execute("ALTER ROLE nof1 RESET datestyle")


async def test_election_and_notifications_take_the_direct_url(
    server: PostgresServer, pooler: PgBouncer, roster: Roster
) -> None:
    async with AsyncExitStack() as stack:
        opened = open_store(settings_of(server, pooler), on_progress=lambda message: None)
        store = await stack.enter_async_context(opened)
        one = await stack.enter_async_context(open_session(store.session_url, "one"))
        two = await stack.enter_async_context(open_session(store.session_url, "two"))
        assert await acquire_leadership(one, "1@host", wait=False) is not None
        assert await acquire_leadership(two, "2@host", wait=False) is None
        commits = follow_commits(store.follow_url)
        assert await anext(commits) is None
        following = asyncio.ensure_future(anext(commits))
        await Writer(store.database, arena="nof1", roster=roster).write(
            batch(accounts=(account_row(minutes=9 if pooler.changes["pool_mode"] == "session" else 8),))
        )
        async with asyncio.timeout(5):
            assert await following is None
        await commits.aclose()  # type: ignore[attr-defined]


async def test_doctor_finds_the_pooler(server: PostgresServer, pooler: PgBouncer) -> None:
    migrate.upgrade(server.url)
    findings = {finding.check: finding for finding in await _check_store(settings_of(server, pooler))}
    assert findings["store"].state == "ok"
    expected = "ok" if pooler.changes["pool_mode"] == "transaction" else "warning"
    assert findings["pooler"].state == expected
    direct = Settings(database_url=server.url)  # type: ignore[arg-type]
    assert "pooler" not in [finding.check for finding in await _check_store(direct)]
    assert probe_database(pooler.url, lambda: at()).is_pooled
    assert not probe_database(server.url, lambda: at()).is_pooled


@pytest.mark.parametrize("pooler", ["transaction"], indirect=True)
async def test_without_the_direct_url_sessions_and_migrations_are_refused(
    server: PostgresServer, pooler: PgBouncer
) -> None:
    with pytest.raises(StoreUnusable, match="NOF1_DATABASE_DIRECT_URL"):
        async with open_session(pooler.url, "leader"):
            pass
    migrate.upgrade(server.url)
    migrate.downgrade(server.url, sorted(migrate.known_revisions())[-2])
    try:
        with pytest.raises(StoreUnusable, match="NOF1_DATABASE_DIRECT_URL"):
            migrate.upgrade(pooler.url)
    finally:
        migrate.upgrade(server.url)


@pytest.mark.parametrize("pooler", ["session"], indirect=True)
def test_a_store_is_migrated_through_session_mode(server: PostgresServer, pooler: PgBouncer) -> None:
    migrate.upgrade(server.url)
    migrate.downgrade(server.url, sorted(migrate.known_revisions())[-2])
    assert migrate.upgrade(pooler.url)
    assert migrate.check_schema(server.url) == []
