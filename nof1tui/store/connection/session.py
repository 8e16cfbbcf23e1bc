"""The settings of a session: every one that changes the meaning of a statement or a value is fixed.

A database or role may have other defaults (`ALTER ROLE … SET datestyle`). They are set by statements
after connecting, because poolers refuse them as startup options. Behind a pooler, where the next
transaction may run in another session, they are set in each transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from nof1tui.ports.errors import StoreUnusable

IDLE_TRANSACTION_TIMEOUT_S = 4
"""Seconds a transaction may stay idle: a writer that hangs must not block the others."""

SESSION_SETTINGS: Mapping[str, str] = {
    "array_nulls": "on",
    "bytea_output": "hex",
    "DateStyle": "ISO, YMD",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "IntervalStyle": "postgres",
    "lock_timeout": "0",
    "search_path": "public",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "synchronous_commit": "on",
    "TimeZone": "UTC",
    "transform_null_equals": "off",
}
"""Values by name. `search_path`: PostgreSQL would choose the schema `nof1` for a role of that name."""
_SINCE_17 = {"transaction_timeout": "0"}
_BETWEEN_TRANSACTIONS = frozenset({"idle_session_timeout"})
"""Without effect inside a transaction."""
_TRANSACTION_MODES = frozenset(
    {"default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable"}
)
"""Inside a transaction `SET TRANSACTION` sets them."""
CLIENT_ENCODING = "UTF8"
"""Sent when connecting: every pooler accepts it, and the first message must be readable."""


class SessionConnection(psycopg.AsyncConnection[Any]):
    """A connection whose session settings are fixed."""

    transaction_prologue: str = ""
    """Statements that begin each transaction behind a pooler; empty on a session of its own."""
    in_recovery: bool = False
    """Whether the server was a replica when this connection was opened."""

    @property
    def is_pooled(self) -> bool:
        """Whether it leads to a pooler: two transactions may then run in two sessions."""
        return bool(self.transaction_prologue)


class BlockingConnection(psycopg.Connection[Any]):
    """As SessionConnection, for blocking calls."""

    transaction_prologue: str = ""
    in_recovery: bool = False

    @property
    def is_pooled(self) -> bool:
        return bool(self.transaction_prologue)


async def fix_session(connection: SessionConnection, settings: Mapping[str, str] | None = None) -> None:
    """Fix the settings of a new connection in autocommit mode; `settings` replace the values above.

    Raises psycopg.Error, or StoreUnusable for a database that is not UTF-8.
    """
    values = _values(connection.info.server_version, settings)
    row = await (await connection.execute(_inquiry(connection.info.backend_pid, values))).fetchone()
    _apply(connection, values, row)


def fix_blocking_session(connection: BlockingConnection, settings: Mapping[str, str] | None = None) -> None:
    """As `fix_session`."""
    values = _values(connection.info.server_version, settings)
    row = connection.execute(_inquiry(connection.info.backend_pid, values)).fetchone()
    _apply(connection, values, row)


async def set_session(connection: SessionConnection, settings: Mapping[str, str] | None = None) -> None:
    """Set the settings for the session of a pooler that keeps sessions. Raises psycopg.Error."""
    values = _values(connection.info.server_version, settings)
    await connection.execute(f"SELECT {_set_calls(values)}".encode())


def set_blocking_session(connection: BlockingConnection) -> None:
    """As `set_session`, with the values above."""
    values = _values(connection.info.server_version, None)
    connection.execute(f"SELECT {_set_calls(values)}".encode())


def _values(server_version: int, settings: Mapping[str, str] | None) -> dict[str, str]:
    newer = _SINCE_17 if server_version >= 170_000 else {}
    return {**SESSION_SETTINGS, **newer, **(settings or {})}


def _inquiry(reported_pid: int, values: Mapping[str, str]) -> bytes:
    """Facts about the server, and the settings where the session is the connection's own.

    A pooler reports another process id than the server's: there, settings of a session would be those of
    other clients too.
    """
    own = f"pg_backend_pid() = {int(reported_pid)}"
    return (
        "SELECT pg_encoding_to_char(encoding), datname, pg_is_in_recovery(), "  # noqa: S608
        f"{own}, CASE WHEN {own} THEN ARRAY[{_set_calls(values)}] END "
        "FROM pg_database WHERE datname = current_database()"
    ).encode()


def _set_calls(values: Mapping[str, str]) -> str:
    return ", ".join(f"set_config('{name}', '{value}', false)" for name, value in values.items())


def _apply(connection: SessionConnection | BlockingConnection, values: Mapping[str, str], row: Any) -> None:
    encoding, database, connection.in_recovery, own, _ = row
    if encoding != "UTF8":
        raise StoreUnusable(
            f"the database {database} has the encoding {encoding}, but a store needs UTF8: create one with "
            f"`createdb -E UTF8 --locale=C -T template0 NAME`"
        )
    if not own:
        connection.transaction_prologue = _prologue(values)
        connection.prepare_threshold = None


def _prologue(values: Mapping[str, str]) -> str:
    """The settings for one transaction, as statements that take no snapshot."""
    mode = "READ ONLY" if values["default_transaction_read_only"] == "on" else "READ WRITE"
    local = "; ".join(
        f"SET LOCAL {name} = {_quoted(name, value)}"
        for name, value in values.items()
        if name not in _BETWEEN_TRANSACTIONS and name not in _TRANSACTION_MODES
    )
    return f"SET TRANSACTION ISOLATION LEVEL READ COMMITTED, {mode}, NOT DEFERRABLE; {local}"


def _quoted(name: str, value: str) -> str:
    """The value as SQL; lists are written without quotes."""
    return value if name in ("DateStyle", "search_path") else f"'{value}'"
