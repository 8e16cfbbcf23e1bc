"""Reads capital flows, and the account rows on both sides of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import psycopg

from nof1tui.domain.capital_flows import Anchors
from nof1tui.domain.records import AccountKey, CapitalFlow
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading.id_map import IdMap
from nof1tui.store.reading.row_decoding import StoredRow, to_json_text
from nof1tui.store.reading.transaction import execute_query

_FLOWS = b"""
SELECT * FROM nof1.capital_flows
WHERE account_id = ANY(%(ids)s::int4[]) AND ts <= coalesce(%(as_of)s::timestamptz, 'infinity')
  AND fetched_at <= coalesce(%(known_at)s::timestamptz, 'infinity')
ORDER BY ts, id
"""
_NEIGHBOURS = b"""
WITH flows AS (
    SELECT DISTINCT account_id, coalesce(since_ts, ts - interval '1 microsecond') AS since, ts
    FROM nof1.capital_flows
    WHERE account_id = ANY(%(ids)s::int4[]) AND ts <= coalesce(%(as_of)s::timestamptz, 'infinity')
)
SELECT account_id, date_part('epoch', ts) AS at, equity FROM (
    SELECT r.account_id, r.ts, r.equity FROM flows f CROSS JOIN LATERAL (
        SELECT r.* FROM nof1.account_snapshots r
        WHERE r.account_id >= f.account_id AND (r.account_id, r.ts) <= (f.account_id, f.since)
        ORDER BY r.account_id DESC, r.ts DESC LIMIT 1
    ) r WHERE r.account_id = f.account_id
    UNION
    SELECT r.account_id, r.ts, r.equity FROM flows f CROSS JOIN LATERAL (
        SELECT r.* FROM nof1.account_snapshots r
        WHERE r.account_id <= f.account_id AND (r.account_id, r.ts) >= (f.account_id, f.ts)
        ORDER BY r.account_id, r.ts LIMIT 1
    ) r WHERE r.account_id = f.account_id
) near WHERE ts <= coalesce(%(as_of)s::timestamptz, 'infinity')
"""
"""The last row before each flow, and the first one at its time or later."""


async def query_flows(
    db: DatabaseConnection, ids: list[int], as_of: datetime | None, known_at: datetime | None
) -> tuple[psycopg.AsyncCursor[StoredRow], psycopg.AsyncCursor[StoredRow]]:
    """Send the statements for the flows of these accounts, and for the rows around them."""
    bounds = {"ids": ids, "as_of": as_of}
    flows = await execute_query(db, _FLOWS, {**bounds, "known_at": known_at})
    return flows, await execute_query(db, _NEIGHBOURS, bounds)


def flow_from_row(row: StoredRow, id_map: IdMap) -> CapitalFlow:
    return CapitalFlow(
        id=row.id,
        account=id_map.accounts[row.account_id],
        at=row.ts,
        fetched_at=row.fetched_at,
        usd=row.usd,
        kind=row.kind,
        label=row.label,
        since=row.since_ts,
        corrects=row.corrects,
        extra=to_json_text(row.extra),
    )


def parse_anchors(rows: Iterable[StoredRow], id_map: IdMap) -> Anchors:
    """The rows around flows as points, by account."""
    points: dict[AccountKey, list[tuple[float, float]]] = {}
    for row in rows:
        points.setdefault(id_map.accounts[row.account_id], []).append((row.at, row.equity))
    found: Mapping[AccountKey, tuple[tuple[float, float], ...]] = {
        key: tuple(sorted(listed)) for key, listed in points.items()
    }
    return found
