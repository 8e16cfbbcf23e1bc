"""Every session has the settings that the program needs, whatever a database or a role has for defaults."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import sql

from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.connect import Database, open_sync_connection
from nof1tui.store.connection.lazy_pool import LazyPool
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.coordination.leadership import open_session
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.reading.reader import Reader
from nof1tui.store.schema import migrate
from nof1tui.store.schema.probe import probe_database
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, decision, position, price, trade

HOSTILE = {
    "array_nulls": "off",
    "bytea_output": "escape",
    "client_encoding": "LATIN1",
    "DateStyle": "German, DMY",
    "default_transaction_deferrable": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "extra_float_digits": "-15",
    "idle_in_transaction_session_timeout": "2s",
    "idle_session_timeout": "2s",
    "IntervalStyle": "sql_standard",
    "lock_timeout": "2s",
    "search_path": "pg_temp, nof1",
    "standard_conforming_strings": "off",
    "statement_timeout": "2s",
    "synchronous_commit": "off",
    "TimeZone": "Asia/Kathmandu",
    "transform_null_equals": "on",
}
FIXED = {
    "array_nulls": "on",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "extra_float_digits": "1",
    "IntervalStyle": "postgres",
    "lock_timeout": "0",
    "search_path": "public",
    "standard_conforming_strings": "on",
    "synchronous_commit": "on",
    "TimeZone": "UTC",
    "transform_null_equals": "off",
}


def set_defaults(url: str, **values: str) -> None:
    """Make the values the defaults of every later session of this database."""
    with psycopg.connect(url, autocommit=True) as db:
        for name, value in values.items():
            items = value.split(", ") if name in ("DateStyle", "search_path") else [value]
            db.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    sql.Identifier(db.info.dbname),
                    sql.Identifier(name),
                    sql.SQL(", ").join(map(sql.Literal, items)),
                )
            )


@pytest.mark.parametrize("opened", [LazyPool, open_pool])
async def test_transactions_have_the_fixed_settings(
    opened: Callable[[str], Database], empty_database_url: str
) -> None:
    set_defaults(empty_database_url, **HOSTILE)
    database = opened(empty_database_url)
    try:
        async with database.transaction(7_000) as db:
            rows = await (await db.execute("SELECT name, setting FROM pg_settings")).fetchall()
            values = dict(rows)
    finally:
        await database.close()
    assert {name: values[name] for name in FIXED} == FIXED
    assert (values["statement_timeout"], values["idle_in_transaction_session_timeout"]) == ("7000", "4000")


async def test_sessions_and_blocking_connections_have_them_too(empty_database_url: str) -> None:
    set_defaults(empty_database_url, **HOSTILE)
    with open_sync_connection(empty_database_url, "test") as blocking:
        values = dict(blocking.execute("SELECT name, setting FROM pg_settings").fetchall())
    assert {name: values[name] for name in FIXED} == FIXED
    async with open_session(empty_database_url, "test", idle_s=9) as session:
        values = dict(await (await session.execute("SELECT name, setting FROM pg_settings")).fetchall())
    assert {name: values[name] for name in FIXED} == FIXED
    assert (values["idle_session_timeout"], values["client_connection_check_interval"]) == ("9000", "1000")


async def test_a_read_only_pool_stays_read_only_where_the_default_is_read_write(
    empty_database_url: str,
) -> None:
    set_defaults(empty_database_url, default_transaction_read_only="off")
    database = LazyPool(empty_database_url, read_only=True)
    try:
        with pytest.raises(Exception, match="read-only transaction"):
            async with database.transaction() as db:
                await db.execute("CREATE TABLE kept (n int)")
    finally:
        await database.close()


async def test_records_are_read_as_written_whatever_the_defaults(
    empty_database_url: str, roster: Roster
) -> None:
    set_defaults(empty_database_url, **HOSTILE)
    migrate.upgrade(empty_database_url)
    database = open_pool(empty_database_url)
    try:
        row = account_row(equity=10_000 + 1 / 3, positions=(position("ETH", 0.1),))
        text = "Grüße, Ω, 日本, \\x41 and 'quotes'"
        await Writer(database, arena="nof1", roster=roster).write(
            batch(
                accounts=(row,),
                trades=(trade(1),),
                decisions=(decision(summary=text),),
                prices=(price("BTC", 1 / 3),),
            )
        )
        reader = Reader(database, roster)
        board = await reader.board()
        read = [(account.equity_usd, account.positions) for account in board.accounts.values()]
        assert read == [(row.equity_usd, row.positions)]
        assert [d.summary for d in await reader.decisions()] == [text]
        assert [(p.price, p.observed_at) for p in await reader.prices()] == [(1 / 3, at())]
        assert await reader.time_range() == (row.observed_at, row.observed_at)
    finally:
        await database.close()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
async def test_a_database_that_is_not_utf8_is_refused_in_one_line(
    postgres: ServerLease, encoding: str
) -> None:
    name = f"not_utf8_{encoding.lower()}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0".encode())
    url = postgres.url(name)
    try:
        refusals = []
        for refused in (
            lambda: migrate.upgrade(url),
            lambda: migrate.upgrade_if_allowed(url),
            lambda: probe_database(url, lambda: datetime.now(UTC)),
        ):
            with pytest.raises(StoreUnusable) as refusal:
                refused()
            refusals.append(str(refusal.value))
        for database in (LazyPool(url), open_pool(url)):
            with pytest.raises(StoreUnusable) as refusal:
                async with database.transaction():
                    pass
            refusals.append(str(refusal.value))
            await database.close()
        with pytest.raises(StoreUnusable) as refusal:
            async with open_session(url, "test"):
                pass
        refusals.append(str(refusal.value))
    finally:
        postgres.drop_database(name)
    expected = (
        f"the database {name} has the encoding {encoding}, but a store needs UTF8: create one with "
        "`createdb -E UTF8 --locale=C -T template0 NAME`"
    )
    assert refusals == [expected] * 6
