"""A database connection that becomes a pool when transactions overlap."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nof1tui.store.connection.connect import (
    WRITE_TIMEOUT_MS,
    Database,
    DatabaseConnection,
    begin_with_timeout,
    build_database_label,
    open_connection,
)
from nof1tui.store.connection.errors import translate_database_errors
from nof1tui.store.connection.session import SessionConnection

log = logging.getLogger(__name__)


class LazyPool:
    """`Database` over one connection, replaced by a pool when two transactions overlap.

    Importing the pool (SQLAlchemy) takes longer than reading a board. A command that runs its
    transactions one after the other never needs it. The pool is imported in a thread.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Connects on first use. Raises StoreUnusable for an unusable URL."""
        self.label = build_database_label(url)
        self._url = url
        self._read_only = read_only
        self._connection: SessionConnection | None = None
        self._connection_in_use = False
        self._pool: Database | None = None
        self._pool_lock = asyncio.Lock()
        self._pooler_logged = False

    @asynccontextmanager
    async def transaction(self, timeout_ms: int = WRITE_TIMEOUT_MS) -> AsyncIterator[DatabaseConnection]:
        if self._pool is None and not self._connection_in_use:
            async with self._single_transaction(timeout_ms) as connection:
                yield connection
        else:
            async with (await self._get_pool()).transaction(timeout_ms) as connection:
                yield connection

    async def close(self) -> None:
        await self._close_connection()
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def _single_transaction(self, timeout_ms: int) -> AsyncIterator[DatabaseConnection]:
        """A transaction on the one connection, which is opened again if it was lost."""
        self._connection_in_use = True
        try:
            with translate_database_errors():
                if self._connection is None or self._connection.closed:
                    self._connection = await self._open_connection()
                async with self._connection.transaction():
                    await begin_with_timeout(self._connection, timeout_ms)
                    yield self._connection
        finally:
            self._connection_in_use = False
            if self._pool is not None:
                await self._close_connection()

    async def _open_connection(self) -> SessionConnection:
        connection = await open_connection(self._url, read_only=self._read_only)
        if connection.is_pooled and not self._pooler_logged:
            self._pooler_logged = True
            log.info(
                "%s is a connection pooler: each transaction sets its settings, no statement is prepared",
                self.label,
            )
        return connection

    async def _close_connection(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _get_pool(self) -> Database:
        async with self._pool_lock:
            if self._pool is None:
                self._pool = await asyncio.to_thread(self._open_pool)
                if not self._connection_in_use:
                    await self._close_connection()
            return self._pool

    def _open_pool(self) -> Database:
        from nof1tui.store.connection.pool import open_pool

        return open_pool(self._url, read_only=self._read_only)
