"""Database URLs and labels, transactions of both kinds of `Database`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from nof1tui.ports.errors import BatchRejected, StoreUnavailable, StoreUnusable
from nof1tui.store.connection.connect import Database, build_database_label
from nof1tui.store.connection.errors import translate_database_errors
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
def test_the_label_of_a_postgresql_url_has_no_secrets(url: str, label: str) -> None:
    assert build_database_label(url) == label


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://u@h/d", "nonsense", ""])
def test_a_url_of_another_database_is_refused_by_the_name_of_its_setting(url: str) -> None:
    with pytest.raises(StoreUnusable, match="NOF1_DATABASE_URL"):
        build_database_label(url)


SECRET = "postgresql://user:very-secret@127.0.0.1:notaport/arena"


@pytest.mark.parametrize("opened", [LazyPool, open_pool])
def test_an_unreadable_url_is_refused_without_quoting_its_secrets(opened: Callable[[str], Database]) -> None:
    with pytest.raises(StoreUnusable, match="cannot be read") as refusal:
        opened(SECRET.replace("very-secret", "very%zsecret"))
    assert "zsecret" not in str(refusal.value)


async def run(database: Database, *statements: str, timeout_ms: int = 5_000) -> list[tuple[Any, ...]]:
    """The rows of the last statement, all statements run in one transaction."""
    async with database.transaction(timeout_ms) as db:
        for statement in statements:
            cursor = await db.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("opened", [LazyPool, open_pool])
async def test_only_transactions_without_an_error_are_committed(
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


@pytest.mark.parametrize("opened", [LazyPool, open_pool])
async def test_a_lost_connection_is_opened_again(
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


@pytest.mark.parametrize("opened", [LazyPool, open_pool])
async def test_a_statement_is_cancelled_at_its_timeout(
    opened: Callable[[str], Database], empty_database_url: str
) -> None:
    database = opened(empty_database_url)
    try:
        with pytest.raises(StoreUnavailable, match="timeout"):
            await run(database, "SELECT pg_sleep(10)", timeout_ms=20)
    finally:
        await database.close()


async def backend_pid(database: Database) -> int:
    async with database.transaction() as db:
        return db.info.backend_pid


async def test_transactions_in_sequence_share_one_connection_and_open_no_pool(
    empty_database_url: str,
) -> None:
    database = LazyPool(empty_database_url)
    try:
        assert len({await backend_pid(database) for _ in range(3)}) == 1
        assert database._pool is None
    finally:
        await database.close()


async def test_a_transaction_inside_another_opens_a_pool_for_all_later_ones(empty_database_url: str) -> None:
    database = LazyPool(empty_database_url)
    try:
        async with database.transaction() as outer:
            first_pid = outer.info.backend_pid
            assert await backend_pid(database) != first_pid
            assert await (await outer.execute("SELECT 1")).fetchone() == (1,)
        assert outer.closed
        assert await backend_pid(database) != first_pid
    finally:
        await database.close()


async def test_a_single_connection_may_be_read_only(empty_database_url: str) -> None:
    database = LazyPool(empty_database_url, read_only=True)
    try:
        with pytest.raises(StoreUnavailable, match="read-only transaction"):
            await run(database, "CREATE TABLE kept (n int)")
    finally:
        await database.close()


async def test_overlapping_transactions_run_on_connections_of_their_own(empty_database_url: str) -> None:
    database = LazyPool(empty_database_url)

    async def process() -> int:
        async with database.transaction() as db:
            await db.execute("SELECT pg_sleep(0.02)")
            return db.info.backend_pid

    try:
        assert len(set(await asyncio.gather(process(), process(), process()))) == 3
    finally:
        await database.close()


async def test_a_full_pool_raises_store_unavailable(empty_database_url: str) -> None:
    database = open_pool(empty_database_url, pool_size=1, wait_s=0.01)
    try:
        async with database.transaction():
            with pytest.raises(StoreUnavailable, match="in use"):
                await run(database, "SELECT 1")
    finally:
        await database.close()


async def read_with_retries() -> None:
    """A read that is retried after an outage; the driver reports its cancellation as a closed connection."""
    for _ in range(3):
        try:
            with translate_database_errors():
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    raise psycopg.OperationalError("the connection is closed") from None
        except StoreUnavailable:
            continue


async def test_a_cancelled_task_ends_even_when_the_driver_reports_a_lost_connection() -> None:
    reading = asyncio.create_task(read_with_retries())
    await asyncio.sleep(0)
    reading.cancel()
    done, _ = await asyncio.wait({reading}, timeout=2.0)
    assert done
    assert reading.cancelled()


async def test_a_read_beyond_its_timeout_raises_timeout_error_whatever_the_driver_reports() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await read_with_retries()
