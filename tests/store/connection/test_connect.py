"""URLs, labels without secrets, and which database errors pass by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from nof1tui.ports.errors import BatchRejected, StoreUnavailable, StoreUnusable
from nof1tui.store.connection.connect import Database, SingleConnection, build_database_label
from nof1tui.store.connection.errors import is_transient, translate_database_errors
from nof1tui.store.connection.lazy_pool import LazyPool
from nof1tui.store.connection.pool import open_pool


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("postgresql://u:p@db.example:5433/arena", "db.example:5433/arena"),
        ("postgres://u:p@db/arena", "db/arena"),
        ("postgresql+psycopg://u@db/arena", "db/arena"),
        ("postgresql:///arena?host=/run/pg&passfile=/x", "/run/pg/arena"),
    ],
)
def test_every_postgresql_url_is_understood_and_shown_without_secrets(url: str, label: str) -> None:
    assert build_database_label(url) == label


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://u@h/d", "nonsense", ""])
def test_anything_else_is_refused_plainly(url: str) -> None:
    with pytest.raises(StoreUnusable, match="NOF1_DATABASE_URL"):
        build_database_label(url)


def error(sqlstate: str | None) -> psycopg.Error:
    made = psycopg.OperationalError("said")
    if sqlstate is not None:
        made = psycopg.errors.lookup(sqlstate)("said")
    return made


@pytest.mark.parametrize(
    ("sqlstate", "passes"),
    [
        (None, True),
        ("08006", True),
        ("57P01", True),
        ("57P03", True),
        ("53100", True),
        ("53300", True),
        ("40001", True),
        ("40P01", True),
        ("55P03", True),
        ("57014", True),
        ("22003", False),
        ("23505", False),
        ("42P01", False),
    ],
)
def test_the_sqlstate_decides_whether_trying_again_can_help(sqlstate: str | None, passes: bool) -> None:
    assert is_transient(error(sqlstate)) is passes


SECRET = "postgresql://user:very-secret@127.0.0.1:notaport/arena"


@pytest.mark.parametrize("opened", [SingleConnection, LazyPool, open_pool])
def test_a_url_that_cannot_be_read_is_refused_without_its_secrets(opened: Callable[[str], Database]) -> None:
    with pytest.raises(StoreUnusable, match="cannot be read") as refusal:
        opened(SECRET.replace("very-secret", "very%zsecret"))
    assert "zsecret" not in str(refusal.value)


async def run(database: Database, *statements: str, timeout_ms: int = 5_000) -> list[tuple[Any, ...]]:
    """One transaction; what its last statement answers."""
    async with database.transaction(timeout_ms) as db:
        for statement in statements:
            cursor = await db.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("opened", [SingleConnection, LazyPool, open_pool])
async def test_each_kind_of_database_commits_what_went_well_and_nothing_else(
    opened: Callable[[str], Database], empty_database_url: str
) -> None:
    database = opened(empty_database_url)
    try:
        await run(database, "CREATE TABLE kept (n int)")
        with pytest.raises(BatchRejected, match="division by zero"):
            await run(database, "INSERT INTO kept VALUES (1)", "SELECT 1 / 0")
        await run(database, "INSERT INTO kept VALUES (2)")
        assert await run(database, "TABLE kept") == [(2,)]
    finally:
        await database.close()


@pytest.mark.parametrize("opened", [SingleConnection, LazyPool, open_pool])
async def test_each_kind_of_database_comes_back_from_a_lost_connection(
    opened: Callable[[str], Database], empty_database_url: str
) -> None:
    database = opened(empty_database_url)
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await run(database, "SELECT pg_terminate_backend(pg_backend_pid())")
        assert await run(database, "SELECT 1") == [(1,)]
    finally:
        await database.close()


@pytest.mark.parametrize("opened", [SingleConnection, LazyPool, open_pool])
async def test_a_statement_that_takes_too_long_is_cut_off(
    opened: Callable[[str], Database], empty_database_url: str
) -> None:
    database = opened(empty_database_url)
    try:
        with pytest.raises(StoreUnavailable, match="timeout"):
            await run(database, "SELECT pg_sleep(10)", timeout_ms=20)
    finally:
        await database.close()


async def test_transactions_side_by_side_are_answered_from_the_first_moment_on(
    empty_database_url: str,
) -> None:
    database = LazyPool(empty_database_url)

    async def process() -> int:
        async with database.transaction() as db:
            await db.execute("SELECT pg_sleep(0.02)")
            return db.info.backend_pid

    try:
        assert len(set(await asyncio.gather(process(), process(), process()))) == 3
    finally:
        await database.close()


async def test_a_full_pool_is_told_as_a_store_that_is_away(empty_database_url: str) -> None:
    database = open_pool(empty_database_url, pool_size=1, wait_s=0.01)
    try:
        async with database.transaction():
            with pytest.raises(StoreUnavailable, match="in use"):
                await run(database, "SELECT 1")
    finally:
        await database.close()


async def reads_until_told_to_end() -> None:
    """As a loop that tries again after an outage, with a driver that closes what is cancelled."""
    for _ in range(3):
        try:
            with translate_database_errors():
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    raise psycopg.OperationalError("the connection is closed") from None
        except StoreUnavailable:
            continue


async def test_who_is_cancelled_ends_even_when_the_driver_calls_it_a_lost_connection() -> None:
    reading = asyncio.create_task(reads_until_told_to_end())
    await asyncio.sleep(0)
    reading.cancel()
    done, _ = await asyncio.wait({reading}, timeout=2.0)
    assert done
    assert reading.cancelled()


async def test_a_read_that_takes_too_long_is_a_time_out_whatever_the_driver_calls_it() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await reads_until_told_to_end()
