"""What the store holds and how large it is, told fast at any size."""

from __future__ import annotations

from nof1tui.ports.history import Inventory
from nof1tui.store.reading import queries
from nof1tui.store.reading.transaction import Connection, ask

COUNTED_BELOW_BYTES = 16 * 2**20
"""Tables up to this size are counted; of larger ones PostgreSQL's own estimate is told."""

_SIZES = b"""
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
_TOTAL = b"SELECT pg_database_size(current_database()) AS bytes"
_HELD = b"""
SELECT avg(cardinality(version_ids))::float8 AS positions
FROM (SELECT version_ids FROM nof1.account_snapshots ORDER BY ts DESC LIMIT 1000) newest
"""


async def take_inventory(db: Connection) -> Inventory:
    """Rows of each table and of the view `positions`, and the bytes of the whole database."""
    total = (await (await ask(db, _TOTAL)).fetchall())[0].bytes
    sizes = {row.name: row for row in await (await ask(db, _SIZES)).fetchall()}
    rows: dict[str, int] = {}
    for name in (*queries.COUNTED, *sorted(sizes.keys() - set(queries.COUNTED))):
        found = sizes.get(name)
        if found is None:
            continue
        if found.bytes > COUNTED_BELOW_BYTES:
            rows[name] = found.estimate
        else:
            rows[name] = (await (await ask(db, queries.count_of(name))).fetchall())[0].n
    if sizes["account_snapshots"].bytes > COUNTED_BELOW_BYTES:
        held = (await (await ask(db, _HELD)).fetchall())[0].positions
        rows["positions"] = round(rows["account_snapshots"] * (held or 0.0))
    else:
        rows["positions"] = (await (await ask(db, queries.POSITIONS_HELD)).fetchall())[0].n
    return Inventory(rows, total)
