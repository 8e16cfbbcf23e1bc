"""Retention: thins old observations to the last one of every hour; roll-ups keep the detail.

Trades, decisions, events, analytics and quarantine are never thinned. The roll-ups of a range are
completed before its rows are deleted, under the lock that writers wait for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from nof1tui.store.connection.connect import Database, DatabaseConnection
from nof1tui.store.writing.rollups import (
    EQUITY_ROLLUP,
    PRICE_ROLLUP,
    ROLLUP_WIDTHS_S,
    RollupSpec,
    bucket_start,
    lock_series,
    rebuild_buckets,
)

_HOUR_S = 3600
PRUNE_SPAN = timedelta(hours=6)
"""Range thinned in one transaction: writers wait for its end."""
PRUNE_TIMEOUT_MS = 120_000


@dataclass(frozen=True, slots=True)
class PruneResult:
    """Rows that thinning deleted, or would delete in a dry run."""

    account_rows: int = 0
    prices: int = 0

    def __str__(self) -> str:
        return f"{self.account_rows:,} account rows and {self.prices:,} prices"


async def prune(database: Database, *, before: datetime, dry_run: bool = False) -> PruneResult:
    """Thin all rows before the full hour at or before this time; safe to repeat and to interrupt.

    A dry run counts only. Raises StoreUnavailable or BatchRejected.
    """
    horizon = bucket_start(before, _HOUR_S)
    rows, prices = [
        await _prune_one_series(database, series, horizon, dry_run=dry_run)
        for series in (EQUITY_ROLLUP, PRICE_ROLLUP)
    ]
    return PruneResult(rows, prices)


async def _prune_one_series(
    database: Database, series: RollupSpec, horizon: datetime, *, dry_run: bool
) -> int:
    removed, at = 0, None
    while True:
        async with database.transaction(PRUNE_TIMEOUT_MS) as db:
            await lock_series(db)
            begin = await _find_oldest_row(db, series, at, horizon)
            if begin is None:
                return removed
            at = min(bucket_start(begin, _HOUR_S) + PRUNE_SPAN, horizon)
            bounds = {"begin": bucket_start(begin, _HOUR_S), "end": at}
            if dry_run:
                row = await (await db.execute(_build_prunable_query(series, "count(*)"), bounds)).fetchone()
                removed += row[0] if row else 0
                continue
            await _complete_rollups(db, series, bounds)
            removed += (await db.execute(_build_delete(series), bounds)).rowcount
            await _record_pruned_before(db, at)


async def _record_pruned_before(db: DatabaseConnection, before: datetime) -> None:
    """Record the horizon: from now on older roll-ups are merged with new rows, not recomputed."""
    await db.execute(
        "INSERT INTO nof1.retention AS r (id, pruned_before) VALUES (1, %s) ON CONFLICT (id) "
        "DO UPDATE SET pruned_before = greatest(r.pruned_before, EXCLUDED.pruned_before)",
        (before,),
    )


async def _find_oldest_row(
    db: DatabaseConnection, series: RollupSpec, after: datetime | None, horizon: datetime
) -> datetime | None:
    """Time of the oldest row from `after` on and before the horizon."""
    condition = "ts >= coalesce(%s::timestamptz, '-infinity') AND ts < %s"
    oldest = f"SELECT min(ts) FROM {series.raw_table} WHERE {condition}"  # noqa: S608 names are constants
    cursor = await db.execute(oldest.encode(), (after, horizon))
    row = await cursor.fetchone()
    return row[0] if row else None


async def _complete_rollups(db: DatabaseConnection, series: RollupSpec, bounds: dict[str, datetime]) -> None:
    """Write the roll-ups that are missing in this range."""
    subject, finest_s = series.subject_column, ROLLUP_WIDTHS_S[0]
    missing = (
        f"SELECT DISTINCT r.{subject}, date_bin('{finest_s} s', r.ts, 'epoch') AS bucket "  # noqa: S608
        f"FROM {series.raw_table} r WHERE r.ts >= %(begin)s AND r.ts < %(end)s AND NOT EXISTS (SELECT "
        f"FROM {series.rollup_table} u WHERE u.width_s = {finest_s} AND u.{subject} = r.{subject} "
        f"AND u.bucket = date_bin('{finest_s} s', r.ts, 'epoch'))"
    )
    cursor = await db.execute(missing.encode(), bounds)
    await rebuild_buckets(db, series, {(subject_id, bucket) async for subject_id, bucket in cursor})


@cache
def _build_prunable_query(series: RollupSpec, columns: str) -> bytes:
    """Selects from the rows that are rolled up and not the last of their hour."""
    subject, finest_s = series.subject_column, ROLLUP_WIDTHS_S[0]
    return (
        f"SELECT {columns} FROM (SELECT r.{subject}, r.ts, row_number() OVER (PARTITION BY r.{subject}, "  # noqa: S608
        f"date_bin('1 hour', r.ts, 'epoch') ORDER BY r.ts DESC) AS back FROM {series.raw_table} r "
        f"WHERE r.ts >= %(begin)s AND r.ts < %(end)s) r WHERE r.back > 1 AND EXISTS (SELECT "
        f"FROM {series.rollup_table} u WHERE u.width_s = {finest_s} AND u.{subject} = r.{subject} "
        f"AND u.bucket = date_bin('{finest_s} s', r.ts, 'epoch'))"
    ).encode()


@cache
def _build_delete(series: RollupSpec) -> bytes:
    subject = series.subject_column
    prunable = _build_prunable_query(series, f"r.{subject}, r.ts").decode()
    return (
        f"DELETE FROM {series.raw_table} d USING ({prunable}) s "  # noqa: S608
        f"WHERE d.ts = s.ts AND d.{subject} = s.{subject} AND d.ts >= %(begin)s AND d.ts < %(end)s"
    ).encode()
