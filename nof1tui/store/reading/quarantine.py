"""Reads quarantined records and noticed schema drift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nof1tui.domain.records import SchemaDrift
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.transaction import Connection, Cursor, ask, snapshot

_DRIFT = (
    b"SELECT endpoint, field, change, first_seen_at, sample FROM nof1.schema_drift ORDER BY first_seen_at"
)


_HELD = b"""
SELECT id, endpoint, raw, reason, last_seen_at FROM nof1.quarantine
WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A record in quarantine."""

    id: int
    endpoint: str
    raw: str
    reason: str
    seen_at: datetime


async def ask_drift(db: Connection) -> Cursor:
    return await ask(db, _DRIFT)


def drift_of(found: Iterable[Any]) -> tuple[SchemaDrift, ...]:
    return tuple(
        SchemaDrift(row.endpoint, row.field, row.change, row.first_seen_at, row.sample) for row in found
    )


async def read_drift(database: Database) -> tuple[SchemaDrift, ...]:
    """All that was ever noticed, oldest first. Raises StoreUnavailable."""
    async with snapshot(database) as db:
        return drift_of(await (await ask_drift(db)).fetchall())


async def held(database: Database, after: int = 0, limit: int = 500) -> list[Held]:
    """Records in quarantine, a page of them. Raises StoreUnavailable."""
    async with snapshot(database) as db:
        found = await ask(db, _HELD, {"after": after, "limit": limit})
        return [Held(row.id, row.endpoint, row.raw, row.reason, row.last_seen_at) async for row in found]
