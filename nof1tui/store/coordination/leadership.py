"""Leader election between collectors: a session advisory lock on a separate connection.

The server releases the lock with the session: within milliseconds of a SIGKILL, within
`LEADER_TIMEOUT_S` of a leader that hangs or is disconnected. Candidates poll for the lock. A statement
that blocks for weeks would hold a snapshot that long and prevent vacuuming, and a candidate that hangs
could be granted the lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg

from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.connection.connect import (
    APPLICATION_NAME,
    LEADER_LOCK_KEY,
    NO_SESSION_MESSAGE,
    DatabaseConnection,
    connect_session,
    to_libpq_url,
)
from nof1tui.store.connection.errors import translate_database_errors
from nof1tui.store.connection.session import SessionConnection, set_session

log = logging.getLogger(__name__)

HEARTBEAT_S = 1.5
"""Seconds between two heartbeats of a leader."""
LEADER_TIMEOUT_S = 4
"""Seconds without a heartbeat after which the server ends the leader's session."""
ELECTION_RETRY_S = 0.25
"""Seconds between two attempts of a candidate."""
_HOLDS_LOCK = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid = 0 AND objid = %s)
"""
_RECORD_ELECTION = """
INSERT INTO nof1.collector_state AS s (id, holder, since, beat_at, epoch) VALUES (1, %s, now(), now(), 1)
ON CONFLICT (id) DO UPDATE SET holder = EXCLUDED.holder, since = now(), beat_at = now(), epoch = s.epoch + 1
"""


class LeadershipLost(Exception):
    """The leader's session has ended, and with it the lock."""


@asynccontextmanager
async def open_session(url: str, purpose: str, *, idle_s: int = 0) -> AsyncIterator[SessionConnection]:
    """A new connection in autocommit mode, for locks and LISTEN. Raises StoreUnavailable or StoreUnusable.

    A peer that disappears without closing the connection is noticed within five seconds.
    """
    settings = {"idle_session_timeout": f"{idle_s}s", "client_connection_check_interval": "1s"}
    with translate_database_errors():
        connection = await connect_session(
            url,
            f"{APPLICATION_NAME} {purpose}",
            settings,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
            tcp_user_timeout=5000,
        )
        try:
            if connection.is_pooled:
                await _ensure_session(connection, url)
                await set_session(connection, settings)
            yield connection
        finally:
            await connection.close()


async def _ensure_session(connection: DatabaseConnection, url: str) -> None:
    """Raises StoreUnusable where connections share server processes, as behind pgbouncer.

    Some proxies keep sessions but invent process ids: does a second connection use the same process, or
    does the first one's change?
    """
    first_pid = await _read_backend_pid(connection)
    second = await psycopg.AsyncConnection.connect(to_libpq_url(url), connect_timeout=3)
    try:
        second_pid = await _read_backend_pid(second)
        if second_pid == first_pid or await _read_backend_pid(connection) != first_pid:
            raise StoreUnusable(NO_SESSION_MESSAGE)
    finally:
        await second.close()


async def _read_backend_pid(connection: DatabaseConnection) -> int:
    row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
    return int(row[0]) if row else 0


@dataclass(slots=True)
class Leadership:
    """The right to collect, valid while `send_heartbeat` succeeds."""

    _connection: DatabaseConnection
    _holder: str
    _is_recorded: bool = False

    async def send_heartbeat(self) -> None:
        """Keep the session alive and check the lock. Raises LeadershipLost."""
        try:
            async with asyncio.timeout(LEADER_TIMEOUT_S):
                row = await (await self._connection.execute(_HOLDS_LOCK, (LEADER_LOCK_KEY,))).fetchone()
                await self.record()
        except (psycopg.Error, OSError, TimeoutError) as error:
            raise LeadershipLost(str(error)) from error
        if row is None or not row[0]:
            raise LeadershipLost("the session no longer holds the lock")

    async def record(self) -> None:
        """Record the election for `status`; later, where the store cannot be written now."""
        if self._is_recorded:
            return
        try:
            await self._connection.execute(_RECORD_ELECTION, (self._holder,))
            self._is_recorded = True
        except psycopg.Error as error:
            if self._connection.closed:
                raise
            log.debug("the election is not recorded yet: %s", error)

    async def keep_alive(self) -> None:
        """Send heartbeats until leadership is lost (raises LeadershipLost) or the task is cancelled."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await self.send_heartbeat()


async def _try_lock(connection: DatabaseConnection) -> bool:
    """Whether the lock was acquired. Raises StoreUnavailable where the server does not respond."""
    try:
        async with asyncio.timeout(LEADER_TIMEOUT_S):
            row = await (
                await connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK_KEY,))
            ).fetchone()
    except TimeoutError as error:
        raise StoreUnavailable(f"no response for {LEADER_TIMEOUT_S} seconds") from error
    return row is not None and bool(row[0])


async def acquire_leadership(connection: DatabaseConnection, holder: str, *, wait: bool) -> Leadership | None:
    """Leadership, or None where another instance has it; with `wait` polls until the lock is free.

    Raises StoreUnavailable, or StoreUnusable behind a pooler without sessions.
    """
    with translate_database_errors():
        if isinstance(connection, SessionConnection) and connection.in_recovery:
            raise StoreUnavailable("the server is a replica; the primary is not reachable at this URL")
        while not await _try_lock(connection):
            if not wait:
                return None
            await asyncio.sleep(ELECTION_RETRY_S)
        row = await (await connection.execute(_HOLDS_LOCK, (LEADER_LOCK_KEY,))).fetchone()
        if row is None or not row[0]:
            raise StoreUnusable(NO_SESSION_MESSAGE)
        leadership = Leadership(connection, holder)
        await leadership.record()
    return leadership
