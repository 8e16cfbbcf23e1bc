"""The connection to a database: one small pool, made by whoever starts the program."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from nof1tui.ports import StoreRefused
from nof1tui.store.faults import told_plainly

APPLICATION = "nof1-tui"
SEARCH_PATH = "-c search_path=public"
"""A role may be called like our schema; PostgreSQL would then take the schema for the default one."""
IDLE_S = 4
"""Seconds in a transaction without a statement: a writer that hangs must not keep others from writing."""
WRITE_TIMEOUT_MS = 15_000
READ_TIMEOUT_MS = 5_000


def sqlalchemy_url(url: str) -> URL:
    """The URL for SQLAlchemy's psycopg driver, whichever PostgreSQL prefix it came with.

    Raises StoreRefused for anything that is no PostgreSQL URL.
    """
    try:
        parsed = make_url(re.sub(r"^postgres(?:ql)?(?:\+psycopg)?://", "postgresql+psycopg://", url.strip()))
    except ArgumentError as error:
        raise StoreRefused("NOF1_DATABASE_URL is no URL: postgresql://user:password@host/database") from error
    if parsed.drivername != "postgresql+psycopg":
        raise StoreRefused(
            f"NOF1_DATABASE_URL: {parsed.drivername} is not supported, the store is PostgreSQL only"
        )
    return parsed


def libpq_url(url: str) -> str:
    """The URL as the driver takes it without SQLAlchemy."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


@contextmanager
def connected(url: str, purpose: str) -> Iterator[psycopg.Connection[Any]]:
    """One transaction on a connection of its own, committed at the end; blocks. Times are UTC."""
    name, options = f"{APPLICATION} {purpose}", f"{SEARCH_PATH} -c timezone=UTC"
    with (
        told_plainly(),
        psycopg.connect(libpq_url(url), connect_timeout=5, application_name=name, options=options) as db,
    ):
        yield db


def label_of(url: URL) -> str:
    """Host and database, without user and secrets."""
    host = url.host or str(url.query.get("host", "local"))
    port = f":{url.port}" if url.port else ""
    return f"{quote(host, safe='/.:-')}{port}/{url.database or ''}"


@dataclass(frozen=True, slots=True)
class Database:
    """A pool of few connections; every error of it is told in the ports' terms."""

    engine: AsyncEngine
    label: str

    @asynccontextmanager
    async def transaction(self, timeout_ms: int = WRITE_TIMEOUT_MS) -> AsyncIterator[psycopg.AsyncConnection]:
        """One transaction on the driver's own connection, committed at the end.

        Raises StoreUnavailable (passing), StoreRejected or StoreRefused.
        """
        with told_plainly():
            async with self.engine.begin() as connection:
                driver = await _driver(connection)
                async with driver.pipeline():
                    await driver.execute(f"SET LOCAL statement_timeout = {int(timeout_ms)}")
                yield driver

    @asynccontextmanager
    async def reading(self, timeout_ms: int = READ_TIMEOUT_MS) -> AsyncIterator[AsyncConnection]:
        """A connection for reads that see one moment. Raises like `transaction`."""
        with told_plainly():
            async with self.engine.connect() as connection:
                await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                await connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(timeout_ms)}")
                yield connection

    async def close(self) -> None:
        await self.engine.dispose()


async def _driver(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"psycopg expected, not {type(driver).__name__}")
    return driver


def open_database(url: str, *, pool_size: int = 3, read_only: bool = False) -> Database:
    """A pool for this URL; nothing is connected yet. Raises StoreRefused for an unusable URL.

    With `read_only` the server itself refuses whatever would write.
    """
    idle = f"-c idle_in_transaction_session_timeout={IDLE_S}s"
    only = " -c default_transaction_read_only=on" if read_only else ""
    parsed = sqlalchemy_url(url)
    engine = create_async_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": 3,
            "application_name": APPLICATION,
            "options": f"{SEARCH_PATH} -c timezone=UTC {idle}{only}",
            "tcp_user_timeout": 5000,
        },
    )
    return Database(engine, label_of(parsed))
