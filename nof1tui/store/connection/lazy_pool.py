"""The database of a program that stays: at first one connection, then a pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nof1tui.store.connection.connect import WRITE_TIMEOUT_MS, Database, DatabaseConnection, SingleConnection


class LazyPool:
    """`store.engine.Database` whose first transaction, a board to look at, has a connection of its own.

    Importing the pool takes longer than reading that board, so it is made, in a thread, for the second.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Nothing is connected yet. Raises StoreRefused for an unusable URL."""
        self._first_connection = SingleConnection(url, read_only)
        self._first_used = False
        self._pool: Database | None = None
        self._pool_lock = asyncio.Lock()

    @property
    def label(self) -> str:
        return self._first_connection.label

    @asynccontextmanager
    async def transaction(self, timeout_ms: int = WRITE_TIMEOUT_MS) -> AsyncIterator[DatabaseConnection]:
        if self._first_used:
            async with (await self._get_pool()).transaction(timeout_ms) as connection:
                yield connection
            return
        self._first_used = True
        try:
            async with self._first_connection.transaction(timeout_ms) as connection:
                yield connection
        finally:
            await self._first_connection.close()

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    async def _get_pool(self) -> Database:
        async with self._pool_lock:
            if self._pool is None:
                self._pool = await asyncio.to_thread(self._open_pool)
            return self._pool

    def _open_pool(self) -> Database:
        from nof1tui.store.connection.pool import open_pool

        return open_pool(self._first_connection.url, read_only=self._first_connection.read_only)
