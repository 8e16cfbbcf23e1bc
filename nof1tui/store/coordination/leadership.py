"""Who collects into a store: a session advisory lock, held on a connection of its own.

The server drops the lock with the session, so it is free within milliseconds of a kill -9, and
within `IDLE_S` of a leader that hangs or is cut off. Who waits asks again and again: a statement that
blocks for weeks would hold a snapshot as long, and nothing in the database could be vacuumed; and a
waiting instance that hangs itself would be given the lead.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg

from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.connection.connect import (
    APPLICATION_NAME,
    LEADER_LOCK_KEY,
    SEARCH_PATH_OPTION,
    DatabaseConnection,
    to_libpq_url,
)
from nof1tui.store.connection.errors import translate_database_errors

HEARTBEAT_S = 1.5
"""Between two signs of life of a leader."""
LEADER_TIMEOUT_S = 4
"""Seconds without one after which the server ends the leader's session."""
ELECTION_RETRY_S = 0.25
"""Between two tries of who waits for the lead."""
NO_SESSION_MESSAGE = (
    "the database is behind a pooler that keeps no sessions, so instances cannot agree on who collects.\n"
    "Set NOF1_DATABASE_DIRECT_URL to the database itself"
)


_LOCK_IS_HELD = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid = 0 AND objid = %s)
"""
_RECORD_ELECTION = """
INSERT INTO nof1.collector_state AS s (id, holder, since, beat_at, epoch) VALUES (1, %s, now(), now(), 1)
ON CONFLICT (id) DO UPDATE SET holder = EXCLUDED.holder, since = now(), beat_at = now(), epoch = s.epoch + 1
"""


class LeadershipLost(Exception):
    """The session that held the lead is gone."""


@asynccontextmanager
async def open_session(url: str, purpose: str, *, idle_s: int = 0) -> AsyncIterator[DatabaseConnection]:
    """A connection of its own, for what needs a session. Raises StoreUnavailable or StoreRefused.

    A peer that is gone without a word is noticed within five seconds.
    """
    options = f"{SEARCH_PATH_OPTION} -c idle_session_timeout={idle_s}s -c client_connection_check_interval=1s"
    with translate_database_errors():
        connection = await psycopg.AsyncConnection.connect(
            to_libpq_url(url),
            autocommit=True,
            connect_timeout=3,
            application_name=f"{APPLICATION_NAME} {purpose}",
            options=options,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
            tcp_user_timeout=5000,
        )
        try:
            await _refuse_pooler(connection, url)
            yield connection
        finally:
            await connection.close()


async def _refuse_pooler(connection: DatabaseConnection, url: str) -> None:
    """Raises StoreRefused where sessions share the server's processes, as behind pgbouncer.

    Some proxies keep sessions and yet make up process ids, so a wrong one is only a reason to look
    closer: whether a second session's transaction gets our process, or ours changes meanwhile.
    """
    ours = await _read_backend_pid(connection)
    if ours == connection.info.backend_pid:
        return
    second = await psycopg.AsyncConnection.connect(to_libpq_url(url), connect_timeout=3)
    try:
        theirs = await _read_backend_pid(second)
        if theirs == ours or await _read_backend_pid(connection) != ours:
            raise StoreUnusable(NO_SESSION_MESSAGE)
    finally:
        await second.close()


async def _read_backend_pid(connection: DatabaseConnection) -> int:
    row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class Leadership:
    """The right to collect, as long as `beat` succeeds."""

    _connection: DatabaseConnection

    async def send_heartbeat(self) -> None:
        """Give a sign of life. Raises LeadLost."""
        try:
            async with asyncio.timeout(LEADER_TIMEOUT_S):
                row = await (await self._connection.execute(_LOCK_IS_HELD, (LEADER_LOCK_KEY,))).fetchone()
        except (psycopg.Error, OSError, TimeoutError) as error:
            raise LeadershipLost(str(error)) from error
        if row is None or not row[0]:
            raise LeadershipLost("the lock is not held any more")

    async def keep_alive(self) -> None:
        """Give signs of life until the lead is lost. Raises LeadLost, or is cancelled."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await self.send_heartbeat()


async def _try_lock(connection: DatabaseConnection) -> bool:
    """Raises StoreUnavailable when the server is silent: who waits here is who would notice."""
    try:
        async with asyncio.timeout(LEADER_TIMEOUT_S):
            row = await (
                await connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK_KEY,))
            ).fetchone()
    except TimeoutError as error:
        raise StoreUnavailable(f"no answer for {LEADER_TIMEOUT_S} seconds") from error
    return row is not None and bool(row[0])


async def acquire_leadership(connection: DatabaseConnection, holder: str, *, wait: bool) -> Leadership | None:
    """Take the lead, or None when somebody else has it; with `wait` as soon as it is free.

    Raises StoreUnavailable, or StoreRefused where sessions are not kept.
    """
    with translate_database_errors():
        while not await _try_lock(connection):
            if not wait:
                return None
            await asyncio.sleep(ELECTION_RETRY_S)
        row = await (await connection.execute(_LOCK_IS_HELD, (LEADER_LOCK_KEY,))).fetchone()
        if row is None or not row[0]:
            raise StoreUnusable(NO_SESSION_MESSAGE)
        await connection.execute(_RECORD_ELECTION, (holder,))
    return Leadership(connection)
