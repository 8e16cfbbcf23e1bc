"""Opening connections to PostgreSQL, and the statement that begins every transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from itertools import zip_longest
from typing import Any, Protocol
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from nof1tui.domain.database_url import InvalidDatabaseUrl, check_database_url
from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.errors import translate_database_errors
from nof1tui.store.connection.session import (
    CLIENT_ENCODING,
    IDLE_TRANSACTION_TIMEOUT_S,
    BlockingConnection,
    SessionConnection,
    fix_blocking_session,
    fix_session,
    set_blocking_session,
)

APPLICATION_NAME = "nof1-tui"
SCHEMA = "nof1"
"""Schema of all tables."""
NOTIFY_CHANNEL = "nof1"
"""NOTIFY channel of commits; the payload is JSON: feed, time of the newest record, election epoch."""
LEADER_LOCK_KEY = 0x6E6F6634
"""Key of the collector's advisory lock: "nof4" in ASCII."""
WRITE_TIMEOUT_MS = 15_000
READ_TIMEOUT_MS = 5_000

NO_SESSION_MESSAGE = (
    "the database is behind a connection pooler without sessions, so instances cannot elect a collector.\n"
    "Set NOF1_DATABASE_DIRECT_URL to the URL of the database itself"
)

DatabaseConnection = psycopg.AsyncConnection[Any]


class Database(Protocol):
    """Transactions on one PostgreSQL database; errors are those of `ports.errors`."""

    @property
    def label(self) -> str:
        """Host and database, without user and secrets."""
        ...

    def transaction(
        self, timeout_ms: int = WRITE_TIMEOUT_MS
    ) -> AbstractAsyncContextManager[DatabaseConnection]:
        """A transaction on a psycopg connection, committed on exit and rolled back on an exception.

        Raises StoreUnavailable (retry), BatchRejected or StoreUnusable.
        """
        ...

    async def close(self) -> None: ...


def to_libpq_url(url: str) -> str:
    """The URL with the `postgresql://` prefix that libpq expects. Raises StoreUnusable; it quotes nothing."""
    checked, _ = _parse_url(url)
    return checked


def build_database_label(url: str) -> str:
    """Hosts and database of a URL, without user and secrets. Raises StoreUnusable."""
    _, parts = _parse_url(url)
    hosts = str(parts.get("host") or parts.get("hostaddr") or "local").split(",")
    ports = str(parts.get("port") or "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    addresses = [
        quote(host, safe="/.:-") + (f":{port}" if port else "")
        for host, port in zip_longest(hosts, ports, fillvalue="")
    ]
    return f"{','.join(addresses)}/{parts.get('dbname') or ''}"


def _parse_url(url: str) -> tuple[str, dict[str, Any]]:
    """The URL as libpq expects it, and its parts. Raises StoreUnusable, whose message quotes nothing."""
    try:
        checked = f"postgresql://{check_database_url(url).partition('://')[2]}"
        return checked, conninfo_to_dict(checked)
    except InvalidDatabaseUrl as error:
        raise StoreUnusable(f"NOF1_DATABASE_URL cannot be read: it {error}") from None
    except psycopg.ProgrammingError:
        # libpq's message quotes what it cannot read, which may be a piece of the password.
        raise StoreUnusable(
            "NOF1_DATABASE_URL cannot be read: it has an option after the ? that PostgreSQL does not have"
        ) from None


@contextmanager
def open_sync_connection(url: str, purpose: str) -> Iterator[BlockingConnection]:
    """A new blocking connection with one transaction, committed on exit."""
    name = f"{APPLICATION_NAME} {purpose}"
    with (
        translate_database_errors(),
        BlockingConnection.connect(
            to_libpq_url(url),
            connect_timeout=5,
            application_name=name,
            autocommit=True,
            client_encoding=CLIENT_ENCODING,
        ) as db,
    ):
        fix_blocking_session(db)
        db.autocommit = False
        if db.is_pooled:
            db.execute(db.transaction_prologue.encode())
        yield db


def ensure_own_session(connection: BlockingConnection, url: str) -> None:
    """Let the settings of a connection hold beyond its transaction.

    Raises StoreUnusable behind a pooler that shares sessions: another connection then has the same one.
    """
    if not connection.is_pooled:
        return
    pid = _read_pid(connection)
    with open_sync_connection(url, "session check") as other:
        if _read_pid(other) == pid or _read_pid(connection) != pid:
            raise StoreUnusable(NO_SESSION_MESSAGE)
    connection.transaction_prologue = ""
    set_blocking_session(connection)
    connection.commit()


def _read_pid(connection: BlockingConnection) -> int:
    """The server's process id, in a transaction that ends here."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.commit()
    return int(row[0]) if row else 0


async def open_connection(url: str, *, read_only: bool = False) -> SessionConnection:
    """A new connection for transactions. Raises psycopg.Error or StoreUnusable."""
    connection = await connect_session(
        url,
        APPLICATION_NAME,
        {
            "default_transaction_read_only": "on" if read_only else "off",
            "idle_in_transaction_session_timeout": f"{IDLE_TRANSACTION_TIMEOUT_S}s",
        },
        tcp_user_timeout=5000,
    )
    await connection.set_autocommit(False)
    return connection


async def connect_session(
    url: str, name: str, settings: Mapping[str, str], **parameters: int
) -> SessionConnection:
    """A new connection in autocommit mode with its settings fixed; `parameters` are libpq's.

    Raises psycopg.Error, or StoreUnusable for a database that is not UTF-8.
    """
    connection = await SessionConnection.connect(
        to_libpq_url(url),
        autocommit=True,
        connect_timeout=3,
        application_name=name,
        client_encoding=CLIENT_ENCODING,
        **parameters,  # type: ignore[arg-type]  # libpq's, all numbers
    )
    try:
        await fix_session(connection, settings)
    except BaseException:
        await connection.close()
        raise
    return connection


async def begin_with_timeout(connection: DatabaseConnection, timeout_ms: int) -> None:
    """Limit each statement of the transaction that begins; behind a pooler also fix its settings."""
    timeout = f"SET LOCAL statement_timeout = {int(timeout_ms)}"
    if isinstance(connection, SessionConnection) and connection.is_pooled:
        await connection.execute(f"{connection.transaction_prologue}; {timeout}".encode())
        return
    async with connection.pipeline():
        await connection.execute(timeout.encode())
