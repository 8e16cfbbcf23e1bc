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
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading import queries, row_decoding
from nof1tui.store.reading.filters import DECISION_COLUMNS, DECISION_TEXTS
from nof1tui.store.reading.id_map import Names, ask_names, names_of
from nof1tui.store.reading.transaction import Connection, ask, snapshot

CHUNK = 1_000
"""Rows on their way at a time."""
PATIENCE_S = 60
"""How long whoever takes the rows may keep us waiting: a disk may be slow."""

Records = list[Any]


@dataclass(frozen=True, slots=True)
class _Table:
    """Where records of a kind are, which column has their time, and how rows become records."""

    name: str
    at: str
    then_by: str
    made: Callable[[Connection, Records, Names], Awaitable[Records]]
    columns: str = "r.*"

    def source(self, since: datetime | None, until: datetime | None) -> str:
        """The table, cut to a stretch of time."""
        ends = [(since, ">= %(since)s"), (until, "<= %(until)s")]
        conditions = [f"r.{self.at} {test}::timestamptz" for end, test in ends if end is not None]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"FROM nof1.{self.name} r{where}"


async def _account_rows(db: Connection, rows: Records, names: Names) -> Records:
    held = {number for row in rows for number in row.version_ids}
    found = await (await ask(db, queries.VERSIONS, {"ids": sorted(held)})).fetchall() if held else ()
    versions = {row.id: row for row in found}
    return [row_decoding.snapshot(row, names.accounts[row.account_id], versions) for row in rows]


async def _prices(db: Connection, rows: Records, names: Names) -> Records:
    return [Price(names.symbols[row.symbol_id], row.price, row.ts, row.fetched_at) for row in rows]


def _each(made: Callable[[Any, Names], Any]) -> Callable[[Connection, Records, Names], Awaitable[Records]]:
    async def all_of(db: Connection, rows: Records, names: Names) -> Records:
        return [made(row, names) for row in rows]

    return all_of


_TABLES = {
    "accounts": _Table("account_snapshots", "ts", "account_id", _account_rows),
    "trades": _Table("trades", "exit_ts", "id", _each(row_decoding.trade)),
    "prices": _Table("prices", "ts", "symbol_id", _prices),
    "decisions": _Table(
        "decisions", "ts", "id", _each(row_decoding.decision), DECISION_COLUMNS + DECISION_TEXTS
    ),
    "events": _Table("events", "ts", "id", _each(row_decoding.event)),
}


@dataclass(frozen=True, slots=True)
class Extract:
    """All records of a kind in a stretch of time, of one moment of the store."""

    first_at: datetime | None
    last_at: datetime | None
    """Time of the oldest and of the newest of them; None where there are none."""
    chunks: AsyncIterator[Records]
    """Oldest first."""


@asynccontextmanager
async def extract(
    database: Database, kind: str, since: datetime | None = None, until: datetime | None = None
) -> AsyncIterator[Extract]:
    """Account rows, trades, prices, decisions (with their texts) or events; both ends included.

    Raises StoreUnavailable.
    """
    table, span = _TABLES[kind], {"since": since, "until": until}
    source = table.source(since, until)
    async with snapshot(database) as db:
        await db.execute(f"SET LOCAL statement_timeout = '{PATIENCE_S}s'".encode())
        await db.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{PATIENCE_S}s'".encode())
        await db.execute(b"SET LOCAL cursor_tuple_fraction = 0.0001")
        names = await names_of(await ask_names(db))
        ends = f"SELECT min(r.{table.at}) AS first, max(r.{table.at}) AS last {source}"
        found = (await (await ask(db, ends.encode(), span)).fetchall())[0]
        async with db.cursor("extract", row_factory=namedtuple_row) as cursor:
            rows = f"SELECT {table.columns} {source} ORDER BY r.{table.at}, r.{table.then_by}"
            await cursor.execute(rows.encode(), span, binary=True)
            yield Extract(found.first, found.last, _chunks(db, cursor, table, names))


async def _chunks(
    db: Connection, cursor: psycopg.AsyncServerCursor[Any], table: _Table, names: Names
) -> AsyncIterator[Records]:
    while rows := await cursor.fetchmany(CHUNK):
        yield await table.made(db, rows, names)
