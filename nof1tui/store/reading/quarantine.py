"""Reads quarantined records and schema drift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nof1tui.domain.arena import ArenaKey
from nof1tui.domain.batch import SchemaDrift
from nof1tui.store.arenas import read_arena_id
from nof1tui.store.connection.connect import Database, DatabaseConnection
from nof1tui.store.reading.transaction import QueryCursor, execute_query, read_transaction

_DRIFT = b"""
SELECT endpoint, field, change, first_seen_at, sample FROM nof1.schema_drift
WHERE arena_id = %(arena)s ORDER BY first_seen_at
"""
_QUARANTINED = b"""
SELECT id, endpoint, raw, reason, last_seen_at FROM nof1.quarantine
WHERE arena_id = %(arena)s AND id > %(after)s ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record that could not be decoded."""

    id: int
    endpoint: str
    raw: str
    reason: str
    seen_at: datetime


async def query_drift(db: DatabaseConnection, arena_id: int) -> QueryCursor:
    """Run the query; `parse_drift` decodes its rows."""
    return await execute_query(db, _DRIFT, {"arena": arena_id})


def parse_drift(rows: Iterable[Any]) -> tuple[SchemaDrift, ...]:
    """Schema drift, oldest first."""
    return tuple(
        SchemaDrift(row.endpoint, row.field, row.change, row.first_seen_at, row.sample) for row in rows
    )


async def read_drift(database: Database, arena: ArenaKey) -> tuple[SchemaDrift, ...]:
    """All recorded schema drift of the arena, oldest first. Raises StoreUnavailable."""
    async with read_transaction(database) as db:
        arena_id = await read_arena_id(db, arena)
        return parse_drift(await (await query_drift(db, arena_id)).fetchall())


async def read_quarantined(
    database: Database, arena: ArenaKey, after: int = 0, limit: int = 500
) -> list[QuarantinedRecord]:
    """A page of the arena's quarantined records with ids above `after`. Raises StoreUnavailable."""
    async with read_transaction(database) as db:
        arena_id = await read_arena_id(db, arena)
        cursor = await execute_query(db, _QUARANTINED, {"arena": arena_id, "after": after, "limit": limit})
        return [
            QuarantinedRecord(row.id, row.endpoint, row.raw, row.reason, row.last_seen_at)
            async for row in cursor
        ]
