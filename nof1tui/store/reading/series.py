"""Reads time series from roll-ups, level by level, and the newest part from raw rows.

A chain of levels is ordered from coarse to fine. For each subject (an account or a symbol) a level
contributes its closed buckets up to its limit, the next finer level continues from there, and raw rows
end the chain: every observation up to `until` counts exactly once, also where `until` is inside a bucket.
Values are sent as packed doubles: a third of the cost of rows, without a Python object per value.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal

import psycopg

from nof1tui.domain.series.curve import CurveBucket, TimeSeries
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading.queries import build_bounded_count_query
from nof1tui.store.reading.transaction import execute_query

LEVEL_WIDTHS_S = (86_400, 14_400, 3_600, 600, 120)
"""Widths of the roll-ups' buckets, coarse to fine; each divides the previous one, all begin at the epoch."""
MAX_CHART_BUCKETS = 500
"""Maximum buckets of a chart, with four points each: more than a terminal has columns."""
MAX_RAW_ROWS = 4_000
"""A range with at most this many rows is read from raw rows."""

MIN_TIME = datetime.min.replace(tzinfo=UTC)
SeriesKind = Literal["points", "stretches"]
"""`points`: first, lowest, highest and last value of a bucket; `stretches`: what drawdowns need."""


@dataclass(frozen=True, slots=True)
class RollupLevel:
    """One level of a chain: buckets of this width up to `limit`, or up to the last closed one."""

    width_s: int
    limit: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeriesTables:
    """The tables and columns of a series; their names are constants of this program, never input."""

    rollup_table: str
    raw_table: str
    subject_column: str
    value_column: str


EQUITY_TABLES = SeriesTables("nof1.equity_rollup", "nof1.account_snapshots", "account_id", "equity")
PRICE_TABLES = SeriesTables("nof1.price_rollup", "nof1.prices", "symbol_id", "price")


def build_level_chain(
    since: datetime, until: datetime, buckets: int = MAX_CHART_BUCKETS
) -> tuple[RollupLevel, ...]:
    """Levels from the finest that covers the range with at most `buckets` buckets to the finest of all."""
    span_s = (until - since).total_seconds()
    fitting = [width for width in LEVEL_WIDTHS_S if span_s / width <= buckets]
    widest = fitting[-1] if fitting else LEVEL_WIDTHS_S[0]
    return tuple(RollupLevel(width) for width in LEVEL_WIDTHS_S if width <= widest)


def floor_to_width(moment: datetime, width_s: int) -> datetime:
    """Beginning of the bucket that contains this time."""
    return moment - timedelta(seconds=moment.timestamp() % width_s)


async def query_series(
    db: DatabaseConnection,
    tables: SeriesTables,
    ids: Sequence[int],
    chain: Sequence[RollupLevel],
    since: datetime,
    until: datetime,
    kind: SeriesKind = "points",
) -> psycopg.AsyncCursor[tuple[int, int, bytes | None]]:
    """Run the query for a series; `parse_lines` or `parse_stretches` decodes the cursor's rows.

    `since` must be the beginning of a bucket of the chain's first level, or MIN_TIME.
    """
    limits = {f"limit{index}": level.limit or until for index, level in enumerate(chain)}
    statement = _build_statement(tables, tuple(level.width_s for level in chain), kind)
    return await db.execute(
        statement, {"ids": list(ids), "since": since, "until": until, **limits}, prepare=True, binary=True
    )


async def read_lines(
    db: DatabaseConnection,
    tables: SeriesTables,
    ids: Sequence[int],
    since: datetime,
    until: datetime,
    buckets: int = MAX_CHART_BUCKETS,
) -> dict[int, TimeSeries]:
    """Lines of a range by subject: from raw rows where there are few, else from roll-ups."""
    values = {"since": since, "until": until, "most": MAX_RAW_ROWS}
    cursor = await execute_query(db, build_bounded_count_query(tables.raw_table), values)
    row_count = (await cursor.fetchall())[0].n
    chain = () if row_count <= MAX_RAW_ROWS else build_level_chain(since, until, buckets)
    begin = floor_to_width(since, chain[0].width_s) if chain else since
    return parse_lines(await (await query_series(db, tables, ids, chain, begin, until)).fetchall())


def parse_lines(chunks: Iterable[tuple[int, int, bytes | None]]) -> dict[int, TimeSeries]:
    """Lines from rows of kind `points`, by subject."""
    lines: dict[int, TimeSeries] = {}
    for subject, packed in _join_chunks(chunks).items():
        doubles = _unpack_doubles(packed)
        unique = dict(zip(doubles[0::2], doubles[1::2], strict=True))
        lines[subject] = TimeSeries(array("d", unique), array("d", unique.values()))
    return lines


def parse_stretches(chunks: Iterable[tuple[int, int, bytes | None]]) -> dict[int, Iterator[CurveBucket]]:
    """Buckets from rows of kind `stretches`, by subject."""
    stretches: dict[int, Iterator[CurveBucket]] = {}
    for subject, packed in _join_chunks(chunks).items():
        doubles = _unpack_doubles(packed)
        stretches[subject] = map(
            CurveBucket._make, zip(*(doubles[index::5] for index in range(5)), strict=True)
        )
    return stretches


def _join_chunks(chunks: Iterable[tuple[int, int, bytes | None]]) -> Mapping[int, bytes]:
    joined: dict[int, list[bytes]] = {}
    for subject, _, packed in sorted(chunks, key=lambda chunk: chunk[:2]):
        if packed:
            joined.setdefault(subject, []).append(packed)
    return {subject: b"".join(packed) for subject, packed in joined.items()}


def _unpack_doubles(packed: bytes) -> array[float]:
    """Doubles from PostgreSQL's big-endian format."""
    doubles = array("d", packed)
    if sys.byteorder == "little":
        doubles.byteswap()
    return doubles


def _pack_expression(*values: str) -> str:
    return "string_agg(" + " || ".join(f"float8send({value})" for value in values) + ", ''::bytea)"


def _epoch_seconds(moment: str) -> str:
    return f"date_part('epoch', {moment})"


_BUCKET_VALUES: dict[SeriesKind, tuple[str, ...]] = {
    "points": (
        *(_epoch_seconds("first_ts"), "first"),
        *(_epoch_seconds("least(low_ts, high_ts)"), "CASE WHEN low_ts <= high_ts THEN low ELSE high END"),
        *(_epoch_seconds("greatest(low_ts, high_ts)"), "CASE WHEN low_ts <= high_ts THEN high ELSE low END"),
        *(_epoch_seconds("last_ts"), "last"),
    ),
    "stretches": (_epoch_seconds("last_ts"), "last", "low", "high", "fall"),
}


@cache
def _build_statement(tables: SeriesTables, widths: tuple[int, ...], kind: SeriesKind) -> bytes:
    """One row per subject and level, with its values packed in order of time.

    Row comparisons keep the planner on the index that leads with the subject: for a subject without
    rows it would otherwise scan the whole primary key.
    """
    indices = range(len(widths))
    bounds = " ".join(_build_level_bound(tables, index, width) for index, width in enumerate(widths))
    parts = [_build_rollup_part(tables, index, width, kind) for index, width in enumerate(widths)]
    parts.append(_build_raw_part(tables, len(widths), kind))
    ends = "".join(f", e{index + 1}" for index in indices)
    return (
        f"WITH bounds AS MATERIALIZED (SELECT s.id, %(since)s::timestamptz AS e0{ends} "  # noqa: S608
        f"FROM unnest(%(ids)s::int4[]) AS s (id) {bounds}) {' UNION ALL '.join(parts)}"
    ).encode()


def _build_level_bound(tables: SeriesTables, index: int, width: int) -> str:
    """Where this level ends for a subject: after its last closed bucket, within the limit."""
    begin = f"b{index}.e{index}" if index else "%(since)s::timestamptz"
    return (
        f"CROSS JOIN LATERAL (SELECT greatest({begin}, least(%(limit{index})s::timestamptz, coalesce(("  # noqa: S608
        f"SELECT r.bucket FROM {tables.rollup_table} r "
        f"WHERE r.width_s = {width} AND r.{tables.subject_column} = s.id "
        f"AND r.bucket <= %(until)s::timestamptz - interval '{width} s' ORDER BY r.bucket DESC LIMIT 1) "
        f"+ interval '{width} s', '-infinity'))) AS e{index + 1}) b{index + 1}"
    )


def _build_rollup_part(tables: SeriesTables, index: int, width: int, kind: SeriesKind) -> str:
    return (
        f"SELECT b.id, {index}, (SELECT {_pack_expression(*_BUCKET_VALUES[kind])} "  # noqa: S608
        f"FROM (SELECT * FROM {tables.rollup_table} "
        f"WHERE width_s = {width} AND {tables.subject_column} = b.id "
        f"AND bucket >= b.e{index} AND bucket < b.e{index + 1} ORDER BY bucket) r) "
        f"FROM bounds b WHERE b.e{index} < b.e{index + 1}"
    )


def _build_raw_part(tables: SeriesTables, index: int, kind: SeriesKind) -> str:
    values = (*("value",) * 3, "0") if kind == "stretches" else ("value",)
    return (
        f"SELECT b.id, {index}, (SELECT {_pack_expression(_epoch_seconds('ts'), *values)} "  # noqa: S608
        f"FROM (SELECT ts, {tables.value_column} AS value FROM {tables.raw_table} "
        f"WHERE ({tables.subject_column}, ts) >= (b.id, b.e{index}) "
        f"AND ({tables.subject_column}, ts) <= (b.id, %(until)s) AND ts >= b.e{index} AND ts <= %(until)s "
        f"ORDER BY {tables.subject_column}, ts) r) FROM bounds b"
    )
