"""Monthly partitions of the time series, created with the month's first row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

from nof1tui.domain.batch import Batch

PartitionMonth = tuple[str, datetime]
"""Table and beginning of the month."""
_PARTITION_LOCK_KEY = 0x6E6F6632
"""Key of the advisory lock for creating partitions: "nof2" in ASCII."""


def collect_partition_months(batch: Batch) -> set[PartitionMonth]:
    """The partitions that a batch needs."""
    needed = {("account_snapshots", row.observed_at) for row in batch.accounts}
    needed |= {("prices", price.observed_at) for price in batch.prices}
    return {(table, datetime(at.year, at.month, 1, tzinfo=UTC)) for table, at in needed}


async def create_partitions(db: psycopg.AsyncConnection[Any], months: Iterable[PartitionMonth]) -> None:
    """Create missing partitions and move their rows out of the default partition."""
    for table, month in sorted(months):
        name = f"nof1.{table}_{month:%Y%m}"
        if await _table_exists(db, name):
            continue
        await db.execute("SELECT pg_advisory_xact_lock(%s)", (_PARTITION_LOCK_KEY,))
        if await _table_exists(db, name):
            continue
        following = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
        bounds = f"FROM ('{month.isoformat()}') TO ('{following.isoformat()}')"
        await db.execute(f"CREATE TABLE {name} (LIKE nof1.{table} INCLUDING ALL)".encode())
        await db.execute(
            f"WITH moved AS (DELETE FROM nof1.{table}_default "  # noqa: S608 names are constants
            f"WHERE ts >= '{month.isoformat()}' AND ts < '{following.isoformat()}' RETURNING *) "
            f"INSERT INTO {name} SELECT * FROM moved".encode()
        )
        await db.execute(f"ALTER TABLE nof1.{table} ATTACH PARTITION {name} FOR VALUES {bounds}".encode())


async def _table_exists(db: psycopg.AsyncConnection[Any], name: str) -> bool:
    row = await (await db.execute("SELECT to_regclass(%s)", (name,))).fetchone()
    return row is not None and row[0] is not None
