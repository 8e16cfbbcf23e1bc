"""Reads the newest reconciliation of each account with the chain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nof1tui.domain.records import AccountKey, Reconciliation
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.id_map import Names, ask_names, names_of
from nof1tui.store.reading.transaction import Connection, Cursor, ask, snapshot

_CHECKS = b"SELECT * FROM nof1.chain_checks ORDER BY account_id"


async def ask_checks(db: Connection) -> Cursor:
    return await ask(db, _CHECKS)


def checks_of(found: Iterable[Any], names: Names) -> dict[AccountKey, Reconciliation]:
    return {
        names.accounts[row.account_id]: Reconciliation(
            names.accounts[row.account_id],
            row.verdict,
            row.checked_at,
            row.reason,
            row.drift,
            row.drift_pct,
            row.since,
        )
        for row in found
    }


async def read_checks(database: Database) -> dict[AccountKey, Reconciliation]:
    """Raises StoreUnavailable."""
    async with snapshot(database) as db:
        names = await names_of(await ask_names(db))
        return checks_of(await (await ask_checks(db)).fetchall(), names)
