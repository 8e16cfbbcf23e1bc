"""Thinning: of what is old, the last observation of every hour stays; the roll-ups have the rest.

Trades, decisions, events, analytics and quarantine are never touched. Roll-ups of a stretch are
complete before its rows go, and writers wait meanwhile: nothing slips through.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from nof1tui.store.connection.connect import Database
from nof1tui.store.writing.rollups import (
    EQUITY,
    PRICES,
    WIDTHS,
    Connection,
    Series,
    bucket_of,
    lock,
    make_buckets,
)

HOUR_S = 3600
STRETCH = timedelta(hours=6)
"""So much is thinned in one transaction: writers wait for it."""
TIMEOUT_MS = 120_000


@dataclass(frozen=True, slots=True)
class Pruned:
    """What thinning removed."""

    account_rows: int = 0
    prices: int = 0

    def __str__(self) -> str:
        return f"{self.account_rows:,} account rows and {self.prices:,} prices"


async def prune(database: Database, *, before: datetime, dry_run: bool = False) -> Pruned:
    """Thin everything before the last full hour before this moment; safe to repeat and to break off.

    A dry run counts and changes nothing. Raises StoreUnavailable or StoreRejected.
    """
    horizon = bucket_of(before, HOUR_S)
    rows, prices = [
        await _prune_series(database, series, horizon, dry_run=dry_run) for series in (EQUITY, PRICES)
    ]
    return Pruned(rows, prices)


async def _prune_series(database: Database, series: Series, horizon: datetime, *, dry_run: bool) -> int:
    removed, at = 0, None
    while True:
        async with database.transaction(TIMEOUT_MS) as db:
            await lock(db)
            begin = await _next_row(db, series, at, horizon)
            if begin is None:
                return removed
            at = min(bucket_of(begin, HOUR_S) + STRETCH, horizon)
            stretch = {"begin": bucket_of(begin, HOUR_S), "end": at}
            if dry_run:
                row = await (await db.execute(_spare(series, "count(*)"), stretch)).fetchone()
                removed += row[0] if row else 0
                continue
            await _complete(db, series, stretch)
            removed += (await db.execute(_delete(series), stretch)).rowcount
            await _thinned(db, at)


async def _thinned(db: Connection, before: datetime) -> None:
    """From now on roll-ups of what is older are added to, not made anew."""
    await db.execute(
        "INSERT INTO nof1.retention AS r (id, pruned_before) VALUES (1, %s) ON CONFLICT (id) "
        "DO UPDATE SET pruned_before = greatest(r.pruned_before, EXCLUDED.pruned_before)",
        (before,),
    )


async def _next_row(
    db: Connection, series: Series, after: datetime | None, horizon: datetime
) -> datetime | None:
    """The oldest row from here on that is older than the horizon."""
    beyond = "ts >= coalesce(%s::timestamptz, '-infinity') AND ts < %s"
    oldest = f"SELECT min(ts) FROM {series.raw} WHERE {beyond}"  # noqa: S608 the names are our own
    cursor = await db.execute(oldest.encode(), (after, horizon))
    row = await cursor.fetchone()
    return row[0] if row else None


async def _complete(db: Connection, series: Series, stretch: dict[str, datetime]) -> None:
    """Make the roll-ups that this stretch lacks."""
    lacking = (
        f"SELECT DISTINCT r.{series.subject}, date_bin('{WIDTHS[0]} s', r.ts, 'epoch') AS bucket "  # noqa: S608
        f"FROM {series.raw} r WHERE r.ts >= %(begin)s AND r.ts < %(end)s AND NOT EXISTS (SELECT "
        f"FROM {series.rollup} u WHERE u.width_s = {WIDTHS[0]} AND u.{series.subject} = r.{series.subject} "
        f"AND u.bucket = date_bin('{WIDTHS[0]} s', r.ts, 'epoch'))"
    )
    cursor = await db.execute(lacking.encode(), stretch)
    await make_buckets(db, series, {(subject, bucket) async for subject, bucket in cursor})


@cache
def _spare(series: Series, what: str) -> bytes:
    """Rows that are rolled up and not the last of their hour."""
    subject = series.subject
    return (
        f"SELECT {what} FROM (SELECT r.{subject}, r.ts, row_number() OVER (PARTITION BY r.{subject}, "  # noqa: S608
        f"date_bin('1 hour', r.ts, 'epoch') ORDER BY r.ts DESC) AS back FROM {series.raw} r "
        f"WHERE r.ts >= %(begin)s AND r.ts < %(end)s) r WHERE r.back > 1 AND EXISTS (SELECT "
        f"FROM {series.rollup} u WHERE u.width_s = {WIDTHS[0]} AND u.{subject} = r.{subject} "
        f"AND u.bucket = date_bin('{WIDTHS[0]} s', r.ts, 'epoch'))"
    ).encode()


@cache
def _delete(series: Series) -> bytes:
    subject = series.subject
    spare = _spare(series, f"r.{subject}, r.ts").decode()
    return (
        f"DELETE FROM {series.raw} d USING ({spare}) s "  # noqa: S608
        f"WHERE d.ts = s.ts AND d.{subject} = s.{subject} AND d.ts >= %(begin)s AND d.ts < %(end)s"
    ).encode()
