"""Reads account rows with their positions: the newest of each account and hour."""

from __future__ import annotations

from datetime import datetime

from nof1tui.domain.records import AccountRow
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import queries, row_decoding
from nof1tui.store.reading.id_map import IdMap
from nof1tui.store.reading.transaction import execute_query

_NEWEST_OF_HOURS = b"""
SELECT DISTINCT ON (r.account_id, r.hourly_marker) r.* FROM nof1.account_snapshots r
WHERE r.account_id = ANY(%(ids)s::int4[]) AND r.ts >= %(since)s::timestamptz
ORDER BY r.account_id, r.hourly_marker, r.ts DESC
"""


async def read_account_rows(db: DatabaseConnection, id_map: IdMap, since: datetime) -> list[AccountRow]:
    """The newest row of each account and hourly marker from a time on, oldest first."""
    ids = {"ids": list(id_map.accounts), "since": since}
    rows = await (await execute_query(db, _NEWEST_OF_HOURS, ids)).fetchall()
    version_ids = sorted({version_id for row in rows for version_id in row.version_ids})
    version_rows = await execute_query(db, queries.POSITION_VERSIONS, {"ids": version_ids})
    versions = {row.id: row for row in await version_rows.fetchall()}
    read = [row_decoding.snapshot_from_row(row, id_map.accounts[row.account_id], versions) for row in rows]
    return sorted(read, key=lambda row: row.observed_at)
