"""Reads whole tables through a server-side cursor, in constant memory."""

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
"""Rows per chunk."""
_CONSUMER_TIMEOUT_S = 60
"""Seconds between two chunks that the consumer may take: a disk may be slow."""

_Records = list[Any]


@dataclass(frozen=True, slots=True)
class _ExportTable:
    """Table and columns of one kind of record, and the function that builds records from rows."""

    table: str
    time_column: str
    tie_breaker: str
    build: Callable[[DatabaseConnection, _Records, IdMap], Awaitable[_Records]]
    columns: str = "r.*"

    def build_source(self, since: datetime | None, until: datetime | None) -> str:
        """FROM clause of the table, limited to a range of time."""
        bounds = [(since, ">= %(since)s"), (until, "<= %(until)s")]
        conditions = [
            f"r.{self.time_column} {test}::timestamptz" for bound, test in bounds if bound is not None
        ]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"FROM nof1.{self.table} r{where}"


async def _build_account_rows(db: DatabaseConnection, rows: _Records, id_map: IdMap) -> _Records:
    version_ids = {version_id for row in rows for version_id in row.version_ids}
    version_rows = (
        await (await execute_query(db, queries.POSITION_VERSIONS, {"ids": sorted(version_ids)})).fetchall()
        if version_ids
        else ()
    )
    versions = {row.id: row for row in version_rows}
    return [row_decoding.snapshot_from_row(row, id_map.accounts[row.account_id], versions) for row in rows]


async def _build_prices(db: DatabaseConnection, rows: _Records, id_map: IdMap) -> _Records:
    return [Price(id_map.symbols[row.symbol_id], row.price, row.ts, row.fetched_at) for row in rows]


def _row_by_row(
    build: Callable[[Any, IdMap], Any],
) -> Callable[[DatabaseConnection, _Records, IdMap], Awaitable[_Records]]:
    async def build_all(db: DatabaseConnection, rows: _Records, id_map: IdMap) -> _Records:
        return [build(row, id_map) for row in rows]

    return build_all


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
    """All records of a kind in a range of time, from one snapshot of the store."""

    first_at: datetime | None
    """Time of the oldest record; None without any."""
    last_at: datetime | None
    """Time of the newest record; None without any."""
    record_chunks: AsyncIterator[_Records]
    """Lists of records, oldest first."""


@asynccontextmanager
async def open_export_stream(
    database: Database, kind: str, since: datetime | None = None, until: datetime | None = None
) -> AsyncIterator[ExportStream]:
    """A stream of account rows, trades, prices, decisions (with texts) or events, both times included.

    Raises StoreUnavailable.
    """
    table, values = _TABLES[kind], {"since": since, "until": until}
    source = table.build_source(since, until)
    async with read_transaction(database) as db:
        await db.execute(f"SET LOCAL statement_timeout = '{_CONSUMER_TIMEOUT_S}s'".encode())
        await db.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{_CONSUMER_TIMEOUT_S}s'".encode())
        await db.execute(b"SET LOCAL cursor_tuple_fraction = 0.0001")
        id_map = await read_id_map(await query_id_map(db))
        bounds = f"SELECT min(r.{table.time_column}) AS first, max(r.{table.time_column}) AS last {source}"
        bounds_row = (await (await execute_query(db, bounds.encode(), values)).fetchall())[0]
        async with db.cursor("extract", row_factory=namedtuple_row) as cursor:
            rows = f"SELECT {table.columns} {source} ORDER BY r.{table.time_column}, r.{table.tie_breaker}"
            await cursor.execute(rows.encode(), values, binary=True)
            yield ExportStream(bounds_row.first, bounds_row.last, _read_chunks(db, cursor, table, id_map))


async def _read_chunks(
    db: DatabaseConnection, cursor: psycopg.AsyncServerCursor[Any], table: _ExportTable, id_map: IdMap
) -> AsyncIterator[_Records]:
    while rows := await cursor.fetchmany(EXPORT_CHUNK_ROWS):
        yield await table.build(db, rows, id_map)
