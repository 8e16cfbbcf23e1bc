"""Roll-ups of equity and prices: closed buckets of five widths, each built from the next finer one.

A bucket is closed once its account or coin has an observation after its end; then it is written, in the
transaction of that observation. A late or revised observation rebuilds its bucket and the wider ones.
Callers hold `SERIES_LOCK_KEY`, so that no observation is added between the query and the write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import psycopg

from nof1tui.store.connection.connect import DatabaseConnection

_Cursor = psycopg.AsyncCursor[Any]
BucketKey = tuple[int, datetime]
"""Id of the account or symbol, and the beginning of the bucket."""

ROLLUP_WIDTHS_S = (120, 600, 3600, 14_400, 86_400)
"""Seconds; each is a multiple of the previous one, and all divide a UTC day."""
SERIES_LOCK_KEY = 0x6E6F6633
"""Key of the advisory lock for writing and thinning time series: "nof3" in ASCII."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RollupSpec:
    """Tables and columns of a time series and its roll-ups."""

    raw_table: str
    rollup_table: str
    subject_column: str
    value_column: str
    with_drawdown: bool


EQUITY_ROLLUP = RollupSpec(
    "nof1.account_snapshots", "nof1.equity_rollup", "account_id", "equity", with_drawdown=True
)
PRICE_ROLLUP = RollupSpec("nof1.prices", "nof1.price_rollup", "symbol_id", "price", with_drawdown=False)


def bucket_start(moment: datetime, width_s: int = ROLLUP_WIDTHS_S[0]) -> datetime:
    """The beginning of the bucket that contains this time."""
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    return _EPOCH + timedelta(seconds=seconds - seconds % width_s)


async def lock_series(db: DatabaseConnection) -> None:
    """Acquire the lock of the time series until the end of the transaction."""
    await db.execute("SELECT pg_advisory_xact_lock(%s)", (SERIES_LOCK_KEY,))


async def update_rollups(
    db: DatabaseConnection, series: RollupSpec, observed: Iterable[tuple[int, datetime]]
) -> None:
    """Update the roll-ups for these observations (id and time), which have been written."""
    touched: dict[BucketKey, datetime] = {}
    for subject, at in observed:
        bucket = (subject, bucket_start(at))
        touched[bucket] = min(at, touched.get(bucket, at))
    if not touched:
        return
    async with db.pipeline():
        unclosed = await _query_unclosed(db, series, touched)
        closed = await _query_closed(db, series, ROLLUP_WIDTHS_S[0], touched)
    await _write_buckets(
        db,
        series,
        {(subject, bucket_start(at)) async for subject, at in unclosed} | await _fetch_bucket_keys(closed),
    )


async def rebuild_buckets(db: DatabaseConnection, series: RollupSpec, touched: Iterable[BucketKey]) -> int:
    """Rebuild these buckets of the finest width and the wider ones, as far as closed; returns how many."""
    keys = set(touched)
    if not keys:
        return 0
    return await _write_buckets(
        db, series, await _fetch_bucket_keys(await _query_closed(db, series, ROLLUP_WIDTHS_S[0], keys))
    )


async def _write_buckets(db: DatabaseConnection, series: RollupSpec, closed: Collection[BucketKey]) -> int:
    """Write these closed buckets of the finest width, and the closed wider ones; returns how many."""
    keys, written = sorted(closed), 0
    for level, width_s in enumerate(ROLLUP_WIDTHS_S):
        if level:
            keys = (
                sorted(await _fetch_bucket_keys(await _query_closed(db, series, width_s, keys)))
                if keys
                else []
            )
        if not keys:
            break
        subjects, buckets = [list(column) for column in zip(*keys, strict=True)]
        statement = (
            _build_raw_upsert(series)
            if level == 0
            else _build_level_upsert(series, ROLLUP_WIDTHS_S[level - 1], width_s)
        )
        await db.execute(statement, {"subjects": subjects, "buckets": buckets})
        written += len(keys)
        if level + 1 < len(ROLLUP_WIDTHS_S):
            wider = ROLLUP_WIDTHS_S[level + 1]
            keys = sorted({(subject, bucket_start(bucket, wider)) for subject, bucket in keys})
    return written


async def _query_unclosed(
    db: DatabaseConnection, series: RollupSpec, touched: Mapping[BucketKey, datetime]
) -> _Cursor:
    """The newest observation before each bucket; `touched` has the first new observation of each.

    Without buckets that have an earlier observation: that one has closed the previous bucket already.
    """
    subjects, begins = [list(column) for column in zip(*touched, strict=True)]
    values = {"subjects": subjects, "begins": begins, "firsts": list(touched.values())}
    return await db.execute(_build_unclosed_query(series), values)


async def _query_closed(
    db: DatabaseConnection, series: RollupSpec, width_s: int, keys: Iterable[BucketKey]
) -> _Cursor:
    subjects, buckets = [list(column) for column in zip(*keys, strict=True)]
    values = {"subjects": subjects, "buckets": buckets, "width": timedelta(seconds=width_s)}
    return await db.execute(_build_closed_query(series), values)


async def _fetch_bucket_keys(cursor: _Cursor) -> set[BucketKey]:
    return {(subject, bucket) async for subject, bucket in cursor}


@cache
def _build_unclosed_query(series: RollupSpec) -> bytes:
    raw, subject = series.raw_table, series.subject_column
    newest = (
        f"WHERE r.{subject} >= k.subject AND (r.{subject}, r.ts) < (k.subject, k.first) AND r.ts < k.first "
        f"ORDER BY r.{subject} DESC, r.ts DESC LIMIT 1"
    )
    return (
        "WITH k AS MATERIALIZED (SELECT * FROM unnest(%(subjects)s::int4[], "  # noqa: S608
        "%(firsts)s::timestamptz[], %(begins)s::timestamptz[]) AS k (subject, first, begin) "
        f"WHERE NOT EXISTS (SELECT FROM {raw} r WHERE r.{subject} = k.subject "
        "AND r.ts >= k.begin AND r.ts < k.first)) "
        f"SELECT k.subject, r.ts FROM k CROSS JOIN LATERAL (SELECT r.ts FROM {raw} r {newest}) r"
    ).encode()


@cache
def _build_closed_query(series: RollupSpec) -> bytes:
    """Selects those buckets that have an observation after their end."""
    return (
        "SELECT k.subject, k.bucket FROM unnest(%(subjects)s::int4[], %(buckets)s::timestamptz[]) "  # noqa: S608
        f"AS k (subject, bucket) WHERE EXISTS (SELECT FROM {series.raw_table} r "
        f"WHERE ({series.subject_column}, ts) >= (k.subject, k.bucket + %(width)s) "
        f"AND {series.subject_column} = k.subject AND ts >= k.bucket + %(width)s)"
    ).encode()


def _drawdown_expression(value: str) -> str:
    """Drawdown of a value from its peak, as a fraction ≤ 0; extreme values must not overflow."""
    ratio = f"CASE WHEN abs({value}) < peak * 1e-300 THEN 0 ELSE greatest({value}, -1e300) / peak END"
    return f"CASE WHEN peak > 1e-6 THEN {ratio} - 1 ELSE 0 END"


_ROLLUP_COLUMNS = ("first_ts", "first", "last_ts", "last", "low_ts", "low", "high_ts", "high", "n")


@cache
def _build_raw_upsert(series: RollupSpec) -> bytes:
    """Builds buckets from raw rows; buckets whose rows were thinned are merged with their known values."""
    figures = (
        *(
            "min(ts)",
            "(array_agg(value ORDER BY ts))[1]",
            "max(ts)",
            "(array_agg(value ORDER BY ts DESC))[1]",
        ),
        *("(array_agg(ts ORDER BY value, ts))[1]", "min(value)"),
        *("(array_agg(ts ORDER BY value DESC, ts))[1]", "max(value)", "count(*)::int4"),
    )
    fall = (f"min({_drawdown_expression('value')})",) if series.with_drawdown else ()
    rows = (
        f"SELECT ts, {series.value_column} AS value, max({series.value_column}) OVER (ORDER BY ts) AS peak "  # noqa: S608
        f"FROM {series.raw_table} WHERE {series.subject_column} = k.subject "
        f"AND ts >= k.bucket AND ts < k.bucket + interval '{ROLLUP_WIDTHS_S[0]} s'"
    )
    return _build_upsert(series, ROLLUP_WIDTHS_S[0], (*figures, *fall), rows, thinned=True)


@cache
def _build_level_upsert(series: RollupSpec, below_s: int, width_s: int) -> bytes:
    figures = (
        *("min(first_ts)", "(array_agg(first ORDER BY bucket))[1]"),
        *("max(last_ts)", "(array_agg(last ORDER BY bucket DESC))[1]"),
        *("(array_agg(low_ts ORDER BY low, low_ts))[1]", "min(low)"),
        *("(array_agg(high_ts ORDER BY high DESC, high_ts))[1]", "max(high)", "sum(n)::int4"),
    )
    between = f"min({_drawdown_expression('low')})"
    fall = (f"least(min(fall), {between})",) if series.with_drawdown else ()
    rows = (
        "SELECT *, max(high) OVER (ORDER BY bucket ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS peak "  # noqa: S608
        f"FROM {series.rollup_table} WHERE width_s = {below_s} AND {series.subject_column} = k.subject "
        f"AND bucket >= k.bucket AND bucket < k.bucket + interval '{width_s} s'"
    )
    return _build_upsert(series, width_s, (*figures, *fall), rows, thinned=False)


def _build_upsert(
    series: RollupSpec, width_s: int, figures: tuple[str, ...], rows: str, *, thinned: bool
) -> bytes:
    names = (*_ROLLUP_COLUMNS, "fall") if series.with_drawdown else _ROLLUP_COLUMNS
    columns = ", ".join(names)
    made = ", ".join(f"{figure} AS {name}" for figure, name in zip(figures, names, strict=True))
    target = series.rollup_table.removeprefix("nof1.")
    old = ", ".join(f"{target}.{name}" for name in names)
    new = ", ".join(_merge_expression(target, name) if thinned else f"EXCLUDED.{name}" for name in names)
    return (
        f"INSERT INTO {series.rollup_table} (width_s, {series.subject_column}, bucket, {columns}) "  # noqa: S608
        f"SELECT {width_s}, k.subject, k.bucket, made.* "
        "FROM unnest(%(subjects)s::int4[], %(buckets)s::timestamptz[]) AS k (subject, bucket) "
        f"CROSS JOIN LATERAL (SELECT {made} FROM ({rows}) r) made WHERE made.n > 0 "
        f"ORDER BY k.subject, k.bucket "
        f"ON CONFLICT (width_s, {series.subject_column}, bucket) DO UPDATE SET ({columns}) = ROW({new}) "
        f"WHERE ROW({old}) IS DISTINCT FROM ROW({new})"
    ).encode()


def _merge_expression(target: str, name: str) -> str:
    """The new value of a column, merged with the known one where the bucket's rows were thinned."""
    old, new = f"{target}.{name}", f"EXCLUDED.{name}"
    merged = {
        "first_ts": f"least({old}, {new})",
        "last_ts": f"greatest({old}, {new})",
        "low": f"least({old}, {new})",
        "high": f"greatest({old}, {new})",
        "fall": f"least({old}, {new})",
        "n": f"greatest({old}, {new})",
        "first": f"CASE WHEN EXCLUDED.first_ts <= {target}.first_ts THEN {new} ELSE {old} END",
        "last": f"CASE WHEN EXCLUDED.last_ts >= {target}.last_ts THEN {new} ELSE {old} END",
        "low_ts": f"CASE WHEN EXCLUDED.low < {target}.low THEN {new} ELSE {old} END",
        "high_ts": f"CASE WHEN EXCLUDED.high > {target}.high THEN {new} ELSE {old} END",
    }[name]
    thinned = f"{target}.bucket < (SELECT pruned_before FROM nof1.retention)"  # noqa: S608
    return f"CASE WHEN {thinned} THEN {merged} ELSE {new} END"
