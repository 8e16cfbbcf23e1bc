"""Reads the newest reconciliation of each account against the chain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nof1tui.domain.arena import ArenaKey
from nof1tui.domain.records import AccountKey, Reconciliation
from nof1tui.store.arenas import read_arena_id
from nof1tui.store.connection.connect import Database, DatabaseConnection
from nof1tui.store.reading.id_map import IdMap, query_id_map, read_id_map
from nof1tui.store.reading.transaction import QueryCursor, execute_query, read_transaction

_CHECKS = b"""
SELECT c.* FROM nof1.chain_checks c JOIN nof1.accounts a ON a.id = c.account_id
WHERE a.arena_id = %(arena)s ORDER BY c.account_id
"""


async def query_checks(db: DatabaseConnection, arena_id: int) -> QueryCursor:
    """Run the query; `parse_checks` decodes its rows."""
    return await execute_query(db, _CHECKS, {"arena": arena_id})


def parse_checks(rows: Iterable[Any], id_map: IdMap) -> dict[AccountKey, Reconciliation]:
    """Reconciliations by account."""
    return {
        id_map.accounts[row.account_id]: Reconciliation(
            id_map.accounts[row.account_id],
            row.verdict,
            row.checked_at,
            row.reason,
            row.drift,
            row.drift_pct,
            row.since,
        )
        for row in rows
    }


async def read_checks(database: Database, arena: ArenaKey) -> dict[AccountKey, Reconciliation]:
    """The newest reconciliation of each account of the arena. Raises StoreUnavailable."""
    async with read_transaction(database) as db:
        arena_id = await read_arena_id(db, arena)
        id_map = await read_id_map(await query_id_map(db, arena_id))
        return parse_checks(await (await query_checks(db, arena_id)).fetchall(), id_map)
