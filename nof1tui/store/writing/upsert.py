"""The statement that writes records: exactly once, no writes for repeats, no deadlocks.

    fresh rows ─ LEFT JOIN table ─ new or different ─ ORDER BY key ─ INSERT … ON CONFLICT DO UPDATE

The prefilter avoids WAL for known rows; the order prevents deadlocks between two writers (both
measured, see docs/store.md). The newest fetch wins, so the order of imports does not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

import psycopg

from nof1tui.ports.sink import WriteCounts
from nof1tui.store.writing.binary_arrays import ARRAY_PACKERS, register_array_dumpers


@dataclass(frozen=True, slots=True)
class UpsertColumn:
    """A column and how its values are sent."""

    name: str
    type: str
    """PostgreSQL type of the column."""

    @property
    def wire_type(self) -> str:
        """Type in which values are sent: JSON as text."""
        return "text" if self.type == "jsonb" else self.type

    @property
    def is_array(self) -> bool:
        return self.type.endswith("[]")


@dataclass(frozen=True)
class Upsert:
    """Table and columns of one kind of record, and the statement that writes it."""

    table: str
    key_columns: tuple[UpsertColumn, ...]
    value_columns: tuple[UpsertColumn, ...]
    preserve_known: bool = False
    """Whether a NULL leaves the stored value unchanged."""

    @property
    def columns(self) -> tuple[UpsertColumn, ...]:
        """All columns in the order of a row's values."""
        return (*self.key_columns, *self.value_columns, UpsertColumn("fetched_at", "timestamptz"))

    @cached_property
    def arrays(self) -> tuple[UpsertColumn, ...]:
        """Array columns, all of the same length within a row; sent concatenated."""
        return tuple(col for col in self.columns if col.is_array)

    @cached_property
    def scalars(self) -> tuple[UpsertColumn, ...]:
        """The other columns."""
        return tuple(col for col in self.columns if not col.is_array)

    @cached_property
    def sql(self) -> bytes:
        """The statement for `build_parameters`; its result is the number of new and of revised rows."""
        columns = self.columns
        names = ", ".join(col.name for col in columns)
        keys = ", ".join(col.name for col in self.key_columns)
        flat = ", ".join(f"%s::{col.type} AS {col.name}" for col in self.arrays)
        sent = [f"%s::{col.wire_type}[]" for col in self.scalars]
        raw_names = [col.name for col in self.scalars]
        if self.arrays:
            sent, raw_names = [*sent, "%s::int4[]", "%s::int4[]"], [*raw_names, "lower", "upper"]
        raw = f"unnest({', '.join(sent)}) AS raw ({', '.join(raw_names)})"
        source = f"(SELECT {flat}) flat CROSS JOIN {raw}" if self.arrays else raw
        typed = ", ".join(
            f"flat.{col.name}[raw.lower:raw.upper]" if col.is_array else f"raw.{col.name}::{col.type}"
            for col in columns
        )
        joined = " AND ".join(f"t.{col.name} = f.{col.name}" for col in self.key_columns)
        merged = ", ".join(self._merged(col) for col in self.value_columns)
        old = ", ".join(f"t.{col.name}" for col in self.value_columns)
        changed = f"ROW({merged}) IS DISTINCT FROM ROW({old})"
        named = ", ".join(f"{self._merged(col)} AS {col.name}" for col in self.value_columns)
        selected_keys = ", ".join(f"f.{col.name}" for col in self.key_columns)
        updates = ", ".join(f"{col.name} = EXCLUDED.{col.name}" for col in columns[len(self.key_columns) :])
        is_new = f"t.{self.key_columns[0].name} IS NULL"
        return (
            f"WITH fresh ({names}) AS MATERIALIZED (SELECT {typed} FROM {source}), "  # noqa: S608
            f"todo AS MATERIALIZED (SELECT {selected_keys}, {named}, "
            f"greatest(f.fetched_at, t.fetched_at) AS fetched_at, {is_new} AS is_new "
            f"FROM fresh f LEFT JOIN {self.table} t ON {joined} WHERE {is_new} OR {changed}), "
            f"done AS (INSERT INTO {self.table} ({names}) SELECT {names} FROM todo ORDER BY {keys} "
            f"ON CONFLICT ({keys}) DO UPDATE SET {updates}) "
            "SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM todo"
        ).encode()

    def build_parameters(self, rows: Collection[Sequence[Any]]) -> list[Any]:
        """Parameters of `sql` for rows with values in the order of `columns`."""
        by_name = dict(zip((col.name for col in self.columns), zip(*rows, strict=True), strict=True))
        scalars = [_pack_column(col.type, by_name[col.name]) for col in self.scalars]
        if not self.arrays:
            return scalars
        flat = [
            ARRAY_PACKERS[col.type.removesuffix("[]")](list(chain.from_iterable(by_name[col.name])))
            for col in self.arrays
        ]
        ends = list(accumulate(map(len, by_name[self.arrays[0].name])))
        begins = [1, *(end + 1 for end in ends[:-1])]
        return [*flat, *scalars, ARRAY_PACKERS["int4"](begins), ARRAY_PACKERS["int4"](ends)]

    def _merged(self, col: UpsertColumn) -> str:
        new, old = f"f.{col.name}", f"t.{col.name}"
        if self.preserve_known:
            new, old = f"coalesce({new}, {old})", f"coalesce({old}, {new})"
        return f"CASE WHEN t.fetched_at > f.fetched_at THEN {old} ELSE {new} END"


SNAPSHOT_UPSERT = Upsert(
    "nof1.account_snapshots",
    key_columns=(UpsertColumn("ts", "timestamptz"), UpsertColumn("account_id", "int4")),
    value_columns=(
        UpsertColumn("hourly_marker", "int4"),
        UpsertColumn("minute_marker", "int4"),
        *(
            UpsertColumn(name, "float8")
            for name in ("equity", "return_pct", "realized", "unrealized", "sharpe")
        ),
        UpsertColumn("version_ids", "int8[]"),
        *(UpsertColumn(name, "float8[]") for name in ("marks", "unrealized_pnls", "margins", "liquidations")),
        UpsertColumn("extra", "jsonb"),
    ),
)

PRICE_UPSERT = Upsert(
    "nof1.prices",
    key_columns=(UpsertColumn("ts", "timestamptz"), UpsertColumn("symbol_id", "int4")),
    value_columns=(UpsertColumn("price", "float8"),),
)

TRADE_UPSERT = Upsert(
    "nof1.trades",
    key_columns=(UpsertColumn("id", "text"),),
    value_columns=(
        UpsertColumn("account_id", "int4"),
        UpsertColumn("symbol_id", "int4"),
        UpsertColumn("exit_ts", "timestamptz"),
        UpsertColumn("entry_ts", "timestamptz"),
        UpsertColumn("side", "text"),
        *(
            UpsertColumn(name, "float8")
            for name in (
                *("quantity", "entry_price", "exit_price", "gross", "net", "fees"),
                *("entry_fee", "exit_fee", "entry_closed", "exit_closed"),
            )
        ),
        *(UpsertColumn(name, "int8") for name in ("entry_oid", "exit_oid", "entry_tid", "exit_tid")),
        UpsertColumn("extra", "jsonb"),
    ),
    preserve_known=True,
)

DECISION_UPSERT = Upsert(
    "nof1.decisions",
    key_columns=(UpsertColumn("id", "text"),),
    value_columns=(
        UpsertColumn("account_id", "int4"),
        UpsertColumn("ts", "timestamptz"),
        UpsertColumn("inserted_ts", "timestamptz"),
        UpsertColumn("cycle", "int8"),
        *(
            UpsertColumn(name, "text")
            for name in ("run_id", "skill", "summary", "reasoning", "prompt", "answer")
        ),
        UpsertColumn("answer_failed", "bool"),
        UpsertColumn("signals", "jsonb"),
        UpsertColumn("extra", "jsonb"),
        UpsertColumn("content_hash", "bytea"),
    ),
    preserve_known=True,
)

ANALYTICS_UPSERT = Upsert(
    "nof1.analytics",
    key_columns=(UpsertColumn("account_id", "int4"), UpsertColumn("updated_at", "timestamptz")),
    value_columns=(UpsertColumn("tables", "jsonb"),),
)


_EVENT_COLUMNS = (
    *(
        UpsertColumn("id", "text"),
        UpsertColumn("ts", "timestamptz"),
        UpsertColumn("kind", "text"),
        UpsertColumn("account_id", "int4"),
    ),
    *(UpsertColumn("symbol_id", "int4"), UpsertColumn("side", "text")),
    *(UpsertColumn(name, "float8") for name in ("quantity", "price", "leverage", "net")),
    *(UpsertColumn("other_id", "int4"), UpsertColumn("value", "float8"), UpsertColumn("was", "float8")),
    *(
        UpsertColumn("plan", "jsonb"),
        UpsertColumn("plan_was", "jsonb"),
        UpsertColumn("feed", "text"),
        UpsertColumn("reason", "text"),
    ),
)
_EVENT_NAMES = ", ".join(col.name for col in _EVENT_COLUMNS)


def _build_event_upsert(fresh: str) -> bytes:
    """Statement that writes new and changed events; its result is the number of each."""
    new, old = (", ".join(f"{table}.{col.name}" for col in _EVENT_COLUMNS) for table in ("f", "e"))
    updates = ", ".join(f"{col.name} = EXCLUDED.{col.name}" for col in _EVENT_COLUMNS[1:])
    return (
        f"WITH fresh ({_EVENT_NAMES}) AS MATERIALIZED ({fresh}), "  # noqa: S608 names are constants
        f"todo AS MATERIALIZED (SELECT f.*, e.id IS NULL AS is_new FROM fresh f LEFT JOIN nof1.events e "
        f"USING (id) WHERE e.id IS NULL OR ROW({new}) IS DISTINCT FROM ROW({old})), "
        f"done AS (INSERT INTO nof1.events ({_EVENT_NAMES}) SELECT {_EVENT_NAMES} FROM todo ORDER BY id "
        f"ON CONFLICT (id) DO UPDATE SET {updates}) "
        "SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM todo"
    ).encode()


_EVENTS_SENT = ", ".join(f"%s::{col.wire_type}[]" for col in _EVENT_COLUMNS)
_EVENTS_TYPED = ", ".join(f"r.{col.name}::{col.type}" for col in _EVENT_COLUMNS)
EVENT_UPSERT = _build_event_upsert(
    f"SELECT {_EVENTS_TYPED} FROM unnest({_EVENTS_SENT}) AS r ({_EVENT_NAMES})"  # noqa: S608
)
TRADE_EVENT_UPSERT = _build_event_upsert(
    "SELECT 'trade:' || t.id, t.exit_ts, 'trade', t.account_id, t.symbol_id, t.side, abs(t.quantity), "
    "t.exit_price, NULL::float8, t.net, NULL::int4, NULL::float8, NULL::float8, NULL::jsonb, NULL::jsonb, "
    "NULL::text, NULL::text FROM nof1.trades t WHERE t.id = ANY(%s::text[])"
)
"""Writes the events of stored trades, as `domain.events.event.trade_event` builds them."""


def _pack_column(kind: str, values: Sequence[Any]) -> Any:
    pack = ARRAY_PACKERS.get(kind)
    return list(values) if pack is None else pack(values)


async def upsert_rows(
    db: psycopg.AsyncConnection[Any], statement: Upsert, rows: Iterable[Sequence[Any]], read: int
) -> WriteCounts:
    """Write rows with values in the order of `columns`; of rows with the same key the last one wins."""
    width = len(statement.key_columns)
    unique = {tuple(row[:width]): row for row in rows}
    if not unique:
        return WriteCounts(read)
    register_array_dumpers(db)
    cursor = await db.execute(statement.sql, statement.build_parameters(unique.values()))
    new, revised = await cursor.fetchone() or (0, 0)
    return WriteCounts(read, new, revised)
