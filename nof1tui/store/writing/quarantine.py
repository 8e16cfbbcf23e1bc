"""Writes undecodable records (raw) and schema drift: responses that differ from the API's contract."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import psycopg

from nof1tui.domain.batch import Reject, SchemaDrift
from nof1tui.ports.sink import WriteCounts
from nof1tui.store.connection.connect import Database
from nof1tui.store.writing import row_encoding


async def write_rejects(db: psycopg.AsyncConnection[Any], rejects: Sequence[Reject]) -> WriteCounts:
    """Upsert rejects; the count of a raw text increases only for a time outside its known range.

    So a repeated import changes nothing.
    """
    new = 0
    unique = {(reject.endpoint, reject.raw): reject for reject in rejects}
    rows = sorted(
        (endpoint, sha256(raw.encode("utf-8", "surrogatepass")).digest(), reject)
        for (endpoint, raw), reject in unique.items()
    )
    for endpoint, raw_hash, reject in rows:
        values = {
            "endpoint": endpoint,
            "hash": raw_hash,
            "raw": row_encoding.replace_nul(reject.raw),
            "reason": row_encoding.replace_nul(reject.reason),
            "at": reject.seen_at,
        }
        known_row = await (
            await db.execute(
                "SELECT 1 FROM nof1.quarantine WHERE endpoint = %(endpoint)s AND raw_hash = %(hash)s", values
            )
        ).fetchone()
        new += known_row is None
        await db.execute(
            "INSERT INTO nof1.quarantine AS q "
            "(endpoint, raw_hash, raw, reason, first_seen_at, last_seen_at, count) "
            "SELECT %(endpoint)s, %(hash)s, %(raw)s, %(reason)s, %(at)s, %(at)s, 1 "
            "WHERE NOT EXISTS (SELECT FROM nof1.quarantine WHERE endpoint = %(endpoint)s "
            "AND raw_hash = %(hash)s AND %(at)s BETWEEN first_seen_at AND last_seen_at) "
            "ON CONFLICT (endpoint, raw_hash) DO UPDATE SET count = q.count + 1, "
            "first_seen_at = least(q.first_seen_at, EXCLUDED.first_seen_at), "
            "last_seen_at = greatest(q.last_seen_at, EXCLUDED.last_seen_at)",
            values,
        )
    return WriteCounts(len(rejects), new, 0)


async def write_drift(db: psycopg.AsyncConnection[Any], drift: Sequence[SchemaDrift]) -> None:
    """Upsert drift: one row per field and change, with the times of first and last detection."""
    for item in sorted(drift, key=lambda item: (item.endpoint, item.field, item.change)):
        await db.execute(
            "INSERT INTO nof1.schema_drift AS d "
            "(endpoint, field, change, sample, first_seen_at, last_seen_at) VALUES (%s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (endpoint, field, change) DO UPDATE SET "
            "first_seen_at = least(d.first_seen_at, EXCLUDED.first_seen_at), "
            "last_seen_at = greatest(d.last_seen_at, EXCLUDED.last_seen_at)",
            (
                *map(row_encoding.replace_nul, (item.endpoint, item.field, item.change, item.sample)),
                *(item.seen_at, item.seen_at),
            ),
        )


async def delete_quarantined(database: Database, record_id: int) -> None:
    """Delete a quarantined record that has been decoded and stored. Raises StoreUnavailable."""
    async with database.transaction() as db:
        await db.execute("DELETE FROM nof1.quarantine WHERE id = %s", (record_id,))
