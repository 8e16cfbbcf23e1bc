"""Opening connections to PostgreSQL, and the statement that begins every transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.errors import translate_database_errors

APPLICATION_NAME = "nof1-tui"
SCHEMA = "nof1"
"""Schema of all tables."""
SEARCH_PATH_OPTION = "-c search_path=public"
"""Pins the default schema: PostgreSQL would choose `nof1` for a role of that name."""
NOTIFY_CHANNEL = "nof1"
"""NOTIFY channel of commits; the payload is JSON: feed, time of the newest record, election epoch."""
LEADER_LOCK_KEY = 0x6E6F6634
"""Key of the collector's advisory lock: "nof4" in ASCII."""
IDLE_TRANSACTION_TIMEOUT_S = 4
"""Seconds a transaction may stay idle: a writer that hangs must not block the others."""
WRITE_TIMEOUT_MS = 15_000
READ_TIMEOUT_MS = 5_000

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
    """The URL with the `postgresql://` prefix that libpq expects.

    Raises StoreUnusable for anything but a PostgreSQL URL.
    """
    url = url.strip()
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise StoreUnusable(
            "NOF1_DATABASE_URL is not a URL: write it as postgresql://user:password@host/database"
        )
    if not re.fullmatch(r"postgres(?:ql)?(?:\+psycopg)?", scheme):
        raise StoreUnusable(f"NOF1_DATABASE_URL: {scheme} is not supported; the store needs PostgreSQL")
    return f"postgresql://{rest}"


def build_database_label(url: str) -> str:
    """Host and database of a URL, without user and secrets. Raises StoreUnusable."""
    try:
        parts = conninfo_to_dict(to_libpq_url(url))
    except psycopg.ProgrammingError as error:
        # libpq's message quotes the URL, and with it the password.
        raise StoreUnusable(
            "NOF1_DATABASE_URL cannot be read: write it as postgresql://user:password@host/database; "
            "in a password write @ : / % as %40 %3A %2F %25"
        ) from error.with_traceback(None)
    host = str(parts.get("host") or parts.get("hostaddr") or "local")
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"{quote(host, safe='/.:-,')}{port}/{parts.get('dbname') or ''}"


@contextmanager
def open_sync_connection(url: str, purpose: str) -> Iterator[psycopg.Connection[Any]]:
    """A new blocking connection with one transaction, committed on exit. Its time zone is UTC."""
    name, options = f"{APPLICATION_NAME} {purpose}", f"{SEARCH_PATH_OPTION} -c timezone=UTC"
    with (
        translate_database_errors(),
        psycopg.connect(to_libpq_url(url), connect_timeout=5, application_name=name, options=options) as db,
    ):
        yield db


async def open_connection(url: str, *, read_only: bool = False) -> DatabaseConnection:
    """A new connection for transactions, its time zone UTC. Raises psycopg.Error or StoreUnusable."""
    idle = f"-c idle_in_transaction_session_timeout={IDLE_TRANSACTION_TIMEOUT_S}s"
    only = " -c default_transaction_read_only=on" if read_only else ""
    return await psycopg.AsyncConnection.connect(
        to_libpq_url(url),
        connect_timeout=3,
        application_name=APPLICATION_NAME,
        options=f"{SEARCH_PATH_OPTION} -c timezone=UTC {idle}{only}",
        tcp_user_timeout=5000,
    )


async def set_statement_timeout(connection: DatabaseConnection, timeout_ms: int) -> None:
    """Limit each statement of the current transaction to this duration."""
    async with connection.pipeline():
        await connection.execute(f"SET LOCAL statement_timeout = {int(timeout_ms)}".encode())
