"""Thinning: of what is old, the last observation of every hour stays; the roll-ups have the rest.

Trades, decisions, events, analytics and quarantine are never touched. Roll-ups of a stretch are
complete before its rows go, and writers wait meanwhile: nothing slips through.
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
"""So much is thinned in one transaction: writers wait for it."""
PRUNE_TIMEOUT_MS = 120_000


@dataclass(frozen=True, slots=True)
class PruneResult:
    """What thinning removed."""

    account_rows: int = 0
    prices: int = 0

    def __str__(self) -> str:
        return f"{self.account_rows:,} account rows and {self.prices:,} prices"


async def prune(database: Database, *, before: datetime, dry_run: bool = False) -> PruneResult:
    """Thin everything before the last full hour before this moment; safe to repeat and to break off.

    A dry run counts and changes nothing. Raises StoreUnavailable or StoreRejected.
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
            stretch = {"begin": bucket_start(begin, _HOUR_S), "end": at}
            if dry_run:
                row = await (await db.execute(_build_prunable_query(series, "count(*)"), stretch)).fetchone()
                removed += row[0] if row else 0
                continue
            await _complete_rollups(db, series, stretch)
            removed += (await db.execute(_build_delete(series), stretch)).rowcount
            await _record_pruned_before(db, at)


async def _record_pruned_before(db: DatabaseConnection, before: datetime) -> None:
    """From now on roll-ups of what is older are added to, not made anew."""
    await db.execute(
        "INSERT INTO nof1.retention AS r (id, pruned_before) VALUES (1, %s) ON CONFLICT (id) "
        "DO UPDATE SET pruned_before = greatest(r.pruned_before, EXCLUDED.pruned_before)",
        (before,),
    )


async def _find_oldest_row(
    db: DatabaseConnection, series: RollupSpec, after: datetime | None, horizon: datetime
) -> datetime | None:
    """The oldest row from here on that is older than the horizon."""
    beyond = "ts >= coalesce(%s::timestamptz, '-infinity') AND ts < %s"
    oldest = f"SELECT min(ts) FROM {series.raw_table} WHERE {beyond}"  # noqa: S608 the names are our own
    cursor = await db.execute(oldest.encode(), (after, horizon))
    row = await cursor.fetchone()
    return row[0] if row else None


async def _complete_rollups(db: DatabaseConnection, series: RollupSpec, stretch: dict[str, datetime]) -> None:
    """Make the roll-ups that this stretch lacks."""
    lacking = (
        f"SELECT DISTINCT r.{series.subject_column}, date_bin('{ROLLUP_WIDTHS_S[0]} s', r.ts, 'epoch') AS bucket "  # noqa: S608
        f"FROM {series.raw_table} r WHERE r.ts >= %(begin)s AND r.ts < %(end)s AND NOT EXISTS (SELECT "
        f"FROM {series.rollup_table} u WHERE u.width_s = {ROLLUP_WIDTHS_S[0]} AND u.{series.subject_column} = r.{series.subject_column} "
        f"AND u.bucket = date_bin('{ROLLUP_WIDTHS_S[0]} s', r.ts, 'epoch'))"
    )
    cursor = await db.execute(lacking.encode(), stretch)
    await rebuild_buckets(db, series, {(subject, bucket) async for subject, bucket in cursor})


@cache
def _build_prunable_query(series: RollupSpec, what: str) -> bytes:
    """Rows that are rolled up and not the last of their hour."""
    subject = series.subject_column
    return (
        f"SELECT {what} FROM (SELECT r.{subject}, r.ts, row_number() OVER (PARTITION BY r.{subject}, "  # noqa: S608
        f"date_bin('1 hour', r.ts, 'epoch') ORDER BY r.ts DESC) AS back FROM {series.raw_table} r "
        f"WHERE r.ts >= %(begin)s AND r.ts < %(end)s) r WHERE r.back > 1 AND EXISTS (SELECT "
        f"FROM {series.rollup_table} u WHERE u.width_s = {ROLLUP_WIDTHS_S[0]} AND u.{subject} = r.{subject} "
        f"AND u.bucket = date_bin('{ROLLUP_WIDTHS_S[0]} s', r.ts, 'epoch'))"
    ).encode()


@cache
def _build_delete(series: RollupSpec) -> bytes:
    subject = series.subject_column
    spare = _build_prunable_query(series, f"r.{subject}, r.ts").decode()
    return (
        f"DELETE FROM {series.raw_table} d USING ({spare}) s "  # noqa: S608
        f"WHERE d.ts = s.ts AND d.{subject} = s.{subject} AND d.ts >= %(begin)s AND d.ts < %(end)s"
    ).encode()
