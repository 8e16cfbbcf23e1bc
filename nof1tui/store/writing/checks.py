"""Writes the newest reconciliation of each account against the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from nof1tui.domain.records import AccountKey, Reconciliation
from nof1tui.ports.sink import WriteCounts
from nof1tui.store.writing.row_encoding import replace_nul

_UPSERT_CHECK = b"""
INSERT INTO nof1.chain_checks AS c (account_id, verdict, checked_at, reason, drift, drift_pct, since)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (account_id) DO UPDATE SET verdict = EXCLUDED.verdict, checked_at = EXCLUDED.checked_at,
    reason = EXCLUDED.reason, drift = EXCLUDED.drift, drift_pct = EXCLUDED.drift_pct, since = EXCLUDED.since
WHERE c.checked_at < EXCLUDED.checked_at
"""


async def write_checks(
    db: psycopg.AsyncConnection[Any], checks: Sequence[Reconciliation], accounts: Mapping[AccountKey, int]
) -> WriteCounts:
    """Upsert reconciliations; an older one never replaces a newer one."""
    new = 0
    for check in sorted(checks, key=lambda check: accounts[check.account]):
        cursor = await db.execute(
            _UPSERT_CHECK,
            (
                accounts[check.account],
                check.verdict,
                check.checked_at,
                replace_nul(check.reason),
                check.drift_usd,
                check.drift_pct,
                check.since,
            ),
        )
        new += cursor.rowcount
    return WriteCounts(len(checks), new, 0)
