"""Connections to a database: how they are made, and what every transaction begins with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.connection.errors import translate_database_errors

APPLICATION_NAME = "nof1-tui"
SCHEMA = "nof1"
"""Where all our tables are."""
SEARCH_PATH_OPTION = "-c search_path=public"
"""A role may be called like our schema; PostgreSQL would then take the schema for the default one."""
NOTIFY_CHANNEL = "nof1"
"""Each commit of records is announced here; its payload is the newest time."""
LEADER_LOCK_KEY = 0x6E6F6634
"""Advisory lock of the instance that collects: "nof4" in ASCII."""
IDLE_TRANSACTION_TIMEOUT_S = 4
"""Seconds in a transaction without a statement: a writer that hangs must not keep others from writing."""
WRITE_TIMEOUT_MS = 15_000
READ_TIMEOUT_MS = 5_000

DatabaseConnection = psycopg.AsyncConnection[Any]


class Database(Protocol):
    """What the store's rooms need of a database; every error of it is told in the ports' terms."""

    @property
    def label(self) -> str:
        """Host and database, fit for the screen."""
        ...

    def transaction(
        self, timeout_ms: int = WRITE_TIMEOUT_MS
    ) -> AbstractAsyncContextManager[DatabaseConnection]:
        """One transaction on a connection of the driver, committed at the end.

        Raises StoreUnavailable (passing), StoreRejected or StoreRefused.
        """
        ...

    async def close(self) -> None: ...


def to_libpq_url(url: str) -> str:
    """The URL as the driver takes it, whichever PostgreSQL prefix it came with.

    Raises StoreRefused for anything that is no PostgreSQL URL.
    """
    url = url.strip()
    scheme, found, rest = url.partition("://")
    if not found:
        raise StoreUnusable("NOF1_DATABASE_URL is no URL: postgresql://user:password@host/database")
    if not re.fullmatch(r"postgres(?:ql)?(?:\+psycopg)?", scheme):
        raise StoreUnusable(f"NOF1_DATABASE_URL: {scheme} is not supported, the store is PostgreSQL only")
    return f"postgresql://{rest}"


def build_database_label(url: str) -> str:
    """Host and database of a URL, without user and secrets. Raises StoreRefused."""
    try:
        parts = conninfo_to_dict(to_libpq_url(url))
    except psycopg.ProgrammingError as error:
        # What libpq says would quote the URL, and with it the password.
        raise StoreUnusable(
            "NOF1_DATABASE_URL cannot be read: postgresql://user:password@host/database; signs like @ : / % "
            "in a password are written as %40 %3A %2F %25"
        ) from error.with_traceback(None)
    host = str(parts.get("host") or parts.get("hostaddr") or "local")
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"{quote(host, safe='/.:-,')}{port}/{parts.get('dbname') or ''}"


@contextmanager
def open_sync_connection(url: str, purpose: str) -> Iterator[psycopg.Connection[Any]]:
    """One transaction on a connection of its own, committed at the end; blocks. Times are UTC."""
    name, options = f"{APPLICATION_NAME} {purpose}", f"{SEARCH_PATH_OPTION} -c timezone=UTC"
    with (
        translate_database_errors(),
        psycopg.connect(to_libpq_url(url), connect_timeout=5, application_name=name, options=options) as db,
    ):
        yield db


async def open_connection(url: str, *, read_only: bool = False) -> DatabaseConnection:
    """A connection for the program's own transactions. Raises psycopg's errors, or StoreRefused."""
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
    """Bound what each statement of the transaction that begins here may take."""
    async with connection.pipeline():
        await connection.execute(f"SET LOCAL statement_timeout = {int(timeout_ms)}".encode())


@dataclass
class SingleConnection:
    """`Database` for who asks a few things and ends: one connection, made at the first question.

    Transactions wait for each other, so none may be begun inside another. A connection that was lost
    is made anew for the next one.
    """

    url: str = field(repr=False)
    read_only: bool = False
    label: str = field(init=False)
    _connection: DatabaseConnection | None = field(default=None, init=False, repr=False)
    _transaction_lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        """Raises StoreRefused for an unusable URL."""
        self.label = build_database_label(self.url)

    @asynccontextmanager
    async def transaction(self, timeout_ms: int = WRITE_TIMEOUT_MS) -> AsyncIterator[DatabaseConnection]:
        async with self._transaction_lock:
            with translate_database_errors():
                if self._connection is None or self._connection.closed:
                    self._connection = await open_connection(self.url, read_only=self.read_only)
                async with self._connection.transaction():
                    await set_statement_timeout(self._connection, timeout_ms)
                    yield self._connection

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
