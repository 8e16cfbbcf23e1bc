"""A small connection pool: SQLAlchemy's pool of psycopg connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import psycopg
import sqlalchemy.exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from nof1tui.store.connection.connect import (
    WRITE_TIMEOUT_MS,
    DatabaseConnection,
    begin_with_timeout,
    build_database_label,
    open_connection,
)
from nof1tui.store.connection.errors import translate_database_errors


@dataclass(frozen=True, slots=True)
class ConnectionPool:
    """`Database` for concurrent transactions."""

    engine: AsyncEngine
    label: str

    @asynccontextmanager
    async def transaction(self, timeout_ms: int = WRITE_TIMEOUT_MS) -> AsyncIterator[DatabaseConnection]:
        with translate_database_errors(), _unwrap_sqlalchemy_errors():
            async with self.engine.begin() as connection:
                driver = await _driver_connection(connection)
                await begin_with_timeout(driver, timeout_ms)
                yield driver

    async def close(self) -> None:
        await self.engine.dispose()


def open_pool(
    url: str, *, pool_size: int = 3, wait_s: float = 10.0, read_only: bool = False
) -> ConnectionPool:
    """A pool for this URL; connects on first use. Raises StoreUnusable for an unusable URL.

    With `read_only` the server rejects every statement that writes.
    """
    engine = create_async_engine(
        "postgresql+psycopg://",
        async_creator=lambda: open_connection(url, read_only=read_only),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait_s,
        pool_pre_ping=True,
        pool_recycle=1800,
    )
    return ConnectionPool(engine, build_database_label(url))


@contextmanager
def _unwrap_sqlalchemy_errors() -> Iterator[None]:
    """Raise the driver's errors in place of SQLAlchemy's."""
    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        if error.connection_invalidated or not isinstance(error.orig, psycopg.Error):
            raise psycopg.OperationalError(str(error.orig)) from error
        raise error.orig from error
    except sqlalchemy.exc.TimeoutError as error:
        raise TimeoutError("all connections of the pool are in use") from error


async def _driver_connection(connection: AsyncConnection) -> DatabaseConnection:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"psycopg expected, not {type(driver).__name__}")
    return driver
