"""Read transactions on one snapshot of the store, and prepared statements."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from nof1tui.store.connection.connect import READ_TIMEOUT_MS, Database, DatabaseConnection

QueryCursor = psycopg.AsyncCursor[Any]

_REPEATABLE_READ = b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_GENERIC_PLANS = b"SET LOCAL plan_cache_mode = force_generic_plan"
"""Planning costs more than executing, and the plans of these statements do not depend on their values."""


@asynccontextmanager
async def read_transaction(
    database: Database, *, plan_once: bool = False
) -> AsyncIterator[DatabaseConnection]:
    """A connection in a read-only transaction that sees one snapshot. Raises StoreUnavailable."""
    async with database.transaction(READ_TIMEOUT_MS) as db:
        async with db.pipeline():
            await db.execute(_REPEATABLE_READ)
            if plan_once:
                await db.execute(_GENERIC_PLANS)
        yield db


async def execute_query(
    db: DatabaseConnection, statement: bytes, values: Mapping[str, Any] | None = None
) -> QueryCursor:
    """Execute a prepared statement; rows have columns as attributes. Does not wait inside a pipeline."""
    cursor = db.cursor(binary=True, row_factory=namedtuple_row)
    return await cursor.execute(statement, values, prepare=True)
