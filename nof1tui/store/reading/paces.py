"""How often each account has rows, and when its newest was received, from the last stored rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from nof1tui.domain.records import AccountKey
from nof1tui.domain.returns.freshness import SPACING_ROWS, RowPace
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import queries
from nof1tui.store.reading.id_map import IdMap, query_id_map, read_id_map
from nof1tui.store.reading.row_decoding import StoredRow
from nof1tui.store.reading.series import MAX_RAW_ROWS
from nof1tui.store.reading.transaction import QueryCursor, execute_query

_LAST_ROWS = b"""
SELECT a.id, array_agg(date_part('epoch', r.ts) ORDER BY r.ts) AS times,
       date_part('epoch', (array_agg(r.fetched_at ORDER BY r.ts DESC))[1]) AS first_seen,
       (array_agg(r.equity ORDER BY r.ts DESC))[1] AS equity
FROM unnest(%(ids)s::int4[]) AS a (id)
CROSS JOIN LATERAL (
    SELECT ts, fetched_at, equity FROM nof1.account_snapshots s
    WHERE s.account_id >= a.id AND (s.account_id, s.ts) <= (a.id, %(at)s) AND s.account_id = a.id
    ORDER BY s.account_id DESC, s.ts DESC LIMIT %(rows)s
) r GROUP BY a.id
"""


async def query_paces(db: DatabaseConnection, ids: list[int], until: datetime) -> QueryCursor:
    """Ask for the last rows of these accounts at or before a time; `parse_paces` reads the answer."""
    return await execute_query(db, _LAST_ROWS, {"ids": ids, "at": until, "rows": SPACING_ROWS})


def parse_paces(rows: Iterable[StoredRow], id_map: IdMap) -> dict[AccountKey, RowPace]:
    """The pace of each account."""
    return {id_map.accounts[row.id]: RowPace().extended(row.times, row.first_seen) for row in rows}


async def read_paces(
    db: DatabaseConnection, arena_id: int
) -> tuple[Mapping[AccountKey, RowPace], Mapping[AccountKey, float]]:
    """Pace and equity of each account of the newest season that has rows."""
    members = await (
        await execute_query(
            db, queries.SEASON_ACCOUNTS, {"arena": arena_id, "as_of": None, "most": MAX_RAW_ROWS}
        )
    ).fetchall()
    if not members or members[0].newest_at is None:
        return {}, {}
    id_map = await read_id_map(await query_id_map(db, arena_id))
    cursor = await query_paces(db, [row.id for row in members], members[0].newest_at)
    rows = await cursor.fetchall()
    return parse_paces(rows, id_map), {id_map.accounts[row.id]: row.equity for row in rows}
