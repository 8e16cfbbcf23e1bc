"""Whole tables, read from a server-side cursor: memory stays small however many rows there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from nof1tui.domain.records import Price
from nof1tui.store.connection.connect import Database, DatabaseConnection
from nof1tui.store.reading import queries, row_decoding
from nof1tui.store.reading.filters import DECISION_COLUMNS, DECISION_TEXT_COLUMNS
from nof1tui.store.reading.id_map import IdMap, query_id_map, read_id_map
from nof1tui.store.reading.transaction import execute_query, read_transaction

EXPORT_CHUNK_ROWS = 1_000
"""Rows on their way at a time."""
_CONSUMER_TIMEOUT_S = 60
"""How long whoever takes the rows may keep us waiting: a disk may be slow."""

_Records = list[Any]


@dataclass(frozen=True, slots=True)
class _ExportTable:
    """Where records of a kind are, which column has their time, and how rows become records."""

    table: str
    time_column: str
    tie_breaker: str
    build: Callable[[DatabaseConnection, _Records, IdMap], Awaitable[_Records]]
    columns: str = "r.*"

    def build_source(self, since: datetime | None, until: datetime | None) -> str:
        """The table, cut to a stretch of time."""
        ends = [(since, ">= %(since)s"), (until, "<= %(until)s")]
        conditions = [f"r.{self.time_column} {test}::timestamptz" for end, test in ends if end is not None]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"FROM nof1.{self.table} r{where}"


async def _build_account_rows(db: DatabaseConnection, rows: _Records, names: IdMap) -> _Records:
    held = {number for row in rows for number in row.version_ids}
    found = (
        await (await execute_query(db, queries.POSITION_VERSIONS, {"ids": sorted(held)})).fetchall()
        if held
        else ()
    )
    versions = {row.id: row for row in found}
    return [row_decoding.snapshot_from_row(row, names.accounts[row.account_id], versions) for row in rows]


async def _build_prices(db: DatabaseConnection, rows: _Records, names: IdMap) -> _Records:
    return [Price(names.symbols[row.symbol_id], row.price, row.ts, row.fetched_at) for row in rows]


def _row_by_row(
    made: Callable[[Any, IdMap], Any],
) -> Callable[[DatabaseConnection, _Records, IdMap], Awaitable[_Records]]:
    async def all_of(db: DatabaseConnection, rows: _Records, names: IdMap) -> _Records:
        return [made(row, names) for row in rows]

    return all_of


_TABLES = {
    "accounts": _ExportTable("account_snapshots", "ts", "account_id", _build_account_rows),
    "trades": _ExportTable("trades", "exit_ts", "id", _row_by_row(row_decoding.trade_from_row)),
    "prices": _ExportTable("prices", "ts", "symbol_id", _build_prices),
    "decisions": _ExportTable(
        "decisions",
        "ts",
        "id",
        _row_by_row(row_decoding.decision_from_row),
        DECISION_COLUMNS + DECISION_TEXT_COLUMNS,
    ),
    "events": _ExportTable("events", "ts", "id", _row_by_row(row_decoding.event_from_row)),
}


@dataclass(frozen=True, slots=True)
class ExportStream:
    """All records of a kind in a stretch of time, of one moment of the store."""

    first_at: datetime | None
    last_at: datetime | None
    """Time of the oldest and of the newest of them; None where there are none."""
    record_chunks: AsyncIterator[_Records]
    """Oldest first."""


@asynccontextmanager
async def open_export_stream(
    database: Database, kind: str, since: datetime | None = None, until: datetime | None = None
) -> AsyncIterator[ExportStream]:
    """Account rows, trades, prices, decisions (with their texts) or events; both ends included.

    Raises StoreUnavailable.
    """
    table, span = _TABLES[kind], {"since": since, "until": until}
    source = table.build_source(since, until)
    async with read_transaction(database) as db:
        await db.execute(f"SET LOCAL statement_timeout = '{_CONSUMER_TIMEOUT_S}s'".encode())
        await db.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{_CONSUMER_TIMEOUT_S}s'".encode())
        await db.execute(b"SET LOCAL cursor_tuple_fraction = 0.0001")
        names = await read_id_map(await query_id_map(db))
        ends = f"SELECT min(r.{table.time_column}) AS first, max(r.{table.time_column}) AS last {source}"
        found = (await (await execute_query(db, ends.encode(), span)).fetchall())[0]
        async with db.cursor("extract", row_factory=namedtuple_row) as cursor:
            rows = f"SELECT {table.columns} {source} ORDER BY r.{table.time_column}, r.{table.tie_breaker}"
            await cursor.execute(rows.encode(), span, binary=True)
            yield ExportStream(found.first, found.last, _read_chunks(db, cursor, table, names))


async def _read_chunks(
    db: DatabaseConnection, cursor: psycopg.AsyncServerCursor[Any], table: _ExportTable, names: IdMap
) -> AsyncIterator[_Records]:
    while rows := await cursor.fetchmany(EXPORT_CHUNK_ROWS):
        yield await table.build(db, rows, names)
