"""How accounts stand against the chain, the newest check of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg

from nof1tui.domain.records import AccountKey, Check
from nof1tui.ports.sink import Tally
from nof1tui.store.engine import Database
from nof1tui.store.names import Names, ask_names, names_of
from nof1tui.store.reading import Connection, Cursor, ask, snapshot
from nof1tui.store.rows import clean

_CHECKS = b"SELECT * FROM nof1.chain_checks ORDER BY account_id"
_KEEP = b"""
INSERT INTO nof1.chain_checks AS c (account_id, verdict, checked_at, reason, drift, drift_pct, since)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (account_id) DO UPDATE SET verdict = EXCLUDED.verdict, checked_at = EXCLUDED.checked_at,
    reason = EXCLUDED.reason, drift = EXCLUDED.drift, drift_pct = EXCLUDED.drift_pct, since = EXCLUDED.since
WHERE c.checked_at < EXCLUDED.checked_at
"""


async def write_checks(
    db: psycopg.AsyncConnection[Any], checks: Sequence[Check], accounts: Mapping[AccountKey, int]
) -> Tally:
    """An older check never takes the place of a newer one."""
    new = 0
    for check in sorted(checks, key=lambda check: accounts[check.account]):
        kept = await db.execute(
            _KEEP,
            (
                accounts[check.account],
                check.verdict,
                check.checked_at,
                clean(check.reason),
                check.drift_usd,
                check.drift_pct,
                check.since,
            ),
        )
        new += kept.rowcount
    return Tally(len(checks), new, 0)


async def ask_checks(db: Connection) -> Cursor:
    return await ask(db, _CHECKS)


def checks_of(found: Iterable[Any], names: Names) -> dict[AccountKey, Check]:
    return {
        names.accounts[row.account_id]: Check(
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


async def read_checks(database: Database) -> dict[AccountKey, Check]:
    """Raises StoreUnavailable."""
    async with snapshot(database) as db:
        names = await names_of(await ask_names(db))
        return checks_of(await (await ask_checks(db)).fetchall(), names)
