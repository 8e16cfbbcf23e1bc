"""Values over time: read from roll-ups, level by level, and what is not yet rolled up from raw rows.

A chain of levels goes from coarse to fine. Of each subject (an account, a symbol) a level gives its
closed buckets up to its limit, the next finer level goes on where it ended, and raw rows end the
chain: everything up to a moment exactly once, whether the moment is now or lies inside a bucket.
Figures travel as packed doubles, which costs a third of rows and no Python object for each value.
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

LEVEL_WIDTHS_S = (86_400, 14_400, 3_600, 600, 120)
"""Of the roll-ups' buckets, coarse to fine; each divides the one before, all begin at the epoch."""
MAX_CHART_BUCKETS = 500
"""Buckets of a chart at most: more than a terminal has columns, four points each."""
MAX_RAW_ROWS = 4_000
"""Up to so many rows a range is read as it is."""

MIN_TIME = datetime.min.replace(tzinfo=UTC)
SeriesKind = Literal["points", "closes", "stretches"]


@dataclass(frozen=True, slots=True)
class RollupLevel:
    """One link of a chain: buckets of this width up to `limit`, or as far as there are any."""

    width_s: int
    limit: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeriesTables:
    """Which tables a series is read from. Names are our own."""

    rollup_table: str
    raw_table: str
    subject_column: str
    value_column: str


EQUITY_TABLES = SeriesTables("nof1.equity_rollup", "nof1.account_snapshots", "account_id", "equity")
PRICE_TABLES = SeriesTables("nof1.price_rollup", "nof1.prices", "symbol_id", "price")


def build_level_chain(
    since: datetime, until: datetime, buckets: int = MAX_CHART_BUCKETS
) -> tuple[RollupLevel, ...]:
    """From the finest level that covers the range with at most so many buckets, down to the raw rows."""
    span_s = (until - since).total_seconds()
    fitting = [width for width in LEVEL_WIDTHS_S if span_s / width <= buckets]
    widest = fitting[-1] if fitting else LEVEL_WIDTHS_S[0]
    return tuple(RollupLevel(width) for width in LEVEL_WIDTHS_S if width <= widest)


def floor_to_width(moment: datetime, width_s: int) -> datetime:
    """Begin of the bucket that holds this moment."""
    return moment - timedelta(seconds=moment.timestamp() % width_s)


async def query_series(
    db: DatabaseConnection,
    ground: SeriesTables,
    ids: Sequence[int],
    chain: Sequence[RollupLevel],
    since: datetime,
    until: datetime,
    kind: SeriesKind = "points",
) -> psycopg.AsyncCursor[tuple[int, int, bytes | None]]:
    """Ask for the series; `lines` or `stretches` reads the answer.

    `since` must begin a bucket of the chain's first level (or be EVER).
    """
    limits = {f"limit{place}": level.limit or until for place, level in enumerate(chain)}
    statement = _build_statement(ground, tuple(level.width_s for level in chain), kind)
    return await db.execute(
        statement, {"ids": list(ids), "since": since, "until": until, **limits}, prepare=True, binary=True
    )


def parse_lines(pieces: Iterable[tuple[int, int, bytes | None]]) -> dict[int, TimeSeries]:
    """Answers of kind `points` and `closes`, by subject."""
    found: dict[int, TimeSeries] = {}
    for subject, packed in _join_chunks(pieces).items():
        doubles = _unpack_doubles(packed)
        unique = dict(zip(doubles[0::2], doubles[1::2], strict=True))
        found[subject] = TimeSeries(array("d", unique), array("d", unique.values()))
    return found


def parse_stretches(pieces: Iterable[tuple[int, int, bytes | None]]) -> dict[int, Iterator[CurveBucket]]:
    """Answers of kind `stretches`, by subject."""
    found: dict[int, Iterator[CurveBucket]] = {}
    for subject, packed in _join_chunks(pieces).items():
        doubles = _unpack_doubles(packed)
        found[subject] = map(CurveBucket._make, zip(*(doubles[place::5] for place in range(5)), strict=True))
    return found


def _join_chunks(pieces: Iterable[tuple[int, int, bytes | None]]) -> Mapping[int, bytes]:
    joined: dict[int, list[bytes]] = {}
    for subject, _, packed in sorted(pieces, key=lambda piece: piece[:2]):
        if packed:
            joined.setdefault(subject, []).append(packed)
    return {subject: b"".join(packed) for subject, packed in joined.items()}


def _unpack_doubles(packed: bytes) -> array[float]:
    """From the wire's big-endian."""
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
    "closes": (_epoch_seconds("last_ts"), "last"),
    "stretches": (_epoch_seconds("last_ts"), "last", "low", "high", "fall"),
}


@cache
def _build_statement(ground: SeriesTables, widths: tuple[int, ...], kind: SeriesKind) -> bytes:
    """One row for each subject and link of the chain, with its values packed in order of time.

    The row comparisons keep the planner on the index that leads with the subject: a subject without
    rows would otherwise be looked for through all of time.
    """
    places = range(len(widths))
    bounds = " ".join(_build_level_bound(ground, place, width) for place, width in enumerate(widths))
    pieces = [_build_rollup_part(ground, place, width, kind) for place, width in enumerate(widths)]
    pieces.append(_build_raw_part(ground, len(widths), kind))
    ends = "".join(f", e{place + 1}" for place in places)
    return (
        f"WITH bounds AS MATERIALIZED (SELECT s.id, %(since)s::timestamptz AS e0{ends} "  # noqa: S608
        f"FROM unnest(%(ids)s::int4[]) AS s (id) {bounds}) {' UNION ALL '.join(pieces)}"
    ).encode()


def _build_level_bound(ground: SeriesTables, place: int, width: int) -> str:
    """Where this link ends for a subject: after its last closed bucket, within the limit."""
    begin = f"b{place}.e{place}" if place else "%(since)s::timestamptz"
    return (
        f"CROSS JOIN LATERAL (SELECT greatest({begin}, least(%(limit{place})s::timestamptz, coalesce(("  # noqa: S608
        f"SELECT r.bucket FROM {ground.rollup_table} r WHERE r.width_s = {width} AND r.{ground.subject_column} = s.id "
        f"AND r.bucket <= %(until)s::timestamptz - interval '{width} s' ORDER BY r.bucket DESC LIMIT 1) "
        f"+ interval '{width} s', '-infinity'))) AS e{place + 1}) b{place + 1}"
    )


def _build_rollup_part(ground: SeriesTables, place: int, width: int, kind: SeriesKind) -> str:
    return (
        f"SELECT b.id, {place}, (SELECT {_pack_expression(*_BUCKET_VALUES[kind])} "  # noqa: S608
        f"FROM (SELECT * FROM {ground.rollup_table} WHERE width_s = {width} AND {ground.subject_column} = b.id "
        f"AND bucket >= b.e{place} AND bucket < b.e{place + 1} ORDER BY bucket) r) "
        f"FROM bounds b WHERE b.e{place} < b.e{place + 1}"
    )


def _build_raw_part(ground: SeriesTables, place: int, kind: SeriesKind) -> str:
    values = (*("value",) * 3, "0") if kind == "stretches" else ("value",)
    return (
        f"SELECT b.id, {place}, (SELECT {_pack_expression(_epoch_seconds('ts'), *values)} "  # noqa: S608
        f"FROM (SELECT ts, {ground.value_column} AS value FROM {ground.raw_table} "
        f"WHERE ({ground.subject_column}, ts) >= (b.id, b.e{place}) "
        f"AND ({ground.subject_column}, ts) <= (b.id, %(until)s) AND ts >= b.e{place} AND ts <= %(until)s "
        f"ORDER BY {ground.subject_column}, ts) r) FROM bounds b"
    )
