"""Row counts and size of the store, fast at any size."""

from __future__ import annotations

from nof1tui.ports.history import StoreInventory
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import queries
from nof1tui.store.reading.transaction import execute_query

MAX_COUNTED_BYTES = 16 * 2**20
"""Tables up to this size are counted; for larger ones PostgreSQL's estimate is used."""

_TABLE_SIZES = b"""
SELECT t.relname AS name, t.relkind = 'p' AS parted,
       coalesce(sum(pg_total_relation_size(p.oid)), pg_total_relation_size(t.oid))::int8 AS bytes,
       greatest(coalesce(sum(p.reltuples) FILTER (WHERE p.reltuples > 0), t.reltuples), 0)::int8 AS estimate
FROM pg_class t
JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'nof1'
LEFT JOIN pg_inherits i ON i.inhparent = t.oid
LEFT JOIN pg_class p ON p.oid = i.inhrelid
WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND t.relname <> 'alembic_version'
GROUP BY t.oid, t.relname, t.relkind, t.reltuples
"""
_DATABASE_BYTES = b"SELECT pg_database_size(current_database()) AS bytes"
_AVERAGE_POSITIONS = b"""
SELECT avg(cardinality(version_ids))::float8 AS positions
FROM (SELECT version_ids FROM nof1.account_snapshots ORDER BY ts DESC LIMIT 1000) newest
"""


async def read_inventory(db: DatabaseConnection) -> StoreInventory:
    """Rows of each table and of the view `positions`, and the bytes of the whole database."""
    total = (await (await execute_query(db, _DATABASE_BYTES)).fetchall())[0].bytes
    sizes = {row.name: row for row in await (await execute_query(db, _TABLE_SIZES)).fetchall()}
    rows: dict[str, int] = {}
    for name in (*queries.COUNTED_TABLES, *sorted(sizes.keys() - set(queries.COUNTED_TABLES))):
        size = sizes.get(name)
        if size is None:
            continue
        if size.bytes > MAX_COUNTED_BYTES:
            rows[name] = size.estimate
        else:
            rows[name] = (await (await execute_query(db, queries.build_count_query(name))).fetchall())[0].n
    if sizes["account_snapshots"].bytes > MAX_COUNTED_BYTES:
        average = (await (await execute_query(db, _AVERAGE_POSITIONS)).fetchall())[0].positions
        rows["positions"] = round(rows["account_snapshots"] * (average or 0.0))
    else:
        rows["positions"] = (await (await execute_query(db, queries.POSITION_ROW_COUNT)).fetchall())[0].n
    return StoreInventory(rows, total)
