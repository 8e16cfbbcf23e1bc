"""Reads the newest reconciliation of each account against the chain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nof1tui.domain.records import AccountKey, Reconciliation
from nof1tui.store.connection.connect import Database, DatabaseConnection
from nof1tui.store.reading.id_map import IdMap, query_id_map, read_id_map
from nof1tui.store.reading.transaction import QueryCursor, execute_query, read_transaction

_CHECKS = b"SELECT * FROM nof1.chain_checks ORDER BY account_id"


async def query_checks(db: DatabaseConnection) -> QueryCursor:
    """Run the query; `parse_checks` decodes its rows."""
    return await execute_query(db, _CHECKS)


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


async def read_checks(database: Database) -> dict[AccountKey, Reconciliation]:
    """The newest reconciliation of each account. Raises StoreUnavailable."""
    async with read_transaction(database) as db:
        id_map = await read_id_map(await query_id_map(db))
        return parse_checks(await (await query_checks(db)).fetchall(), id_map)
