"""Reads quarantined records and schema drift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nof1tui.domain.batch import SchemaDrift
from nof1tui.store.connection.connect import Database, DatabaseConnection
from nof1tui.store.reading.transaction import QueryCursor, execute_query, read_transaction

_DRIFT = (
    b"SELECT endpoint, field, change, first_seen_at, sample FROM nof1.schema_drift ORDER BY first_seen_at"
)


_QUARANTINED = b"""
SELECT id, endpoint, raw, reason, last_seen_at FROM nof1.quarantine
WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record that could not be decoded."""

    id: int
    endpoint: str
    raw: str
    reason: str
    seen_at: datetime


async def query_drift(db: DatabaseConnection) -> QueryCursor:
    """Run the query; `parse_drift` decodes its rows."""
    return await execute_query(db, _DRIFT)


def parse_drift(rows: Iterable[Any]) -> tuple[SchemaDrift, ...]:
    """Schema drift, oldest first."""
    return tuple(
        SchemaDrift(row.endpoint, row.field, row.change, row.first_seen_at, row.sample) for row in rows
    )


async def read_drift(database: Database) -> tuple[SchemaDrift, ...]:
    """All recorded schema drift, oldest first. Raises StoreUnavailable."""
    async with read_transaction(database) as db:
        return parse_drift(await (await query_drift(db)).fetchall())


async def read_quarantined(database: Database, after: int = 0, limit: int = 500) -> list[QuarantinedRecord]:
    """A page of quarantined records with ids above `after`. Raises StoreUnavailable."""
    async with read_transaction(database) as db:
        cursor = await execute_query(db, _QUARANTINED, {"after": after, "limit": limit})
        return [
            QuarantinedRecord(row.id, row.endpoint, row.raw, row.reason, row.last_seen_at)
            async for row in cursor
        ]
