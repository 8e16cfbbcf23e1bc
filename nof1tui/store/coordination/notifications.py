"""Follows commits: by LISTEN on a separate connection, bursts merged into one; on a replica by polling."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg

from nof1tui.store.connection.connect import NOTIFY_CHANNEL
from nof1tui.store.connection.errors import translate_database_errors
from nof1tui.store.coordination.leadership import open_session
from nof1tui.store.coordination.replica import ReplicaStatus, poll_replica

MIN_NOTIFY_INTERVAL_S = 0.15
"""Seconds between two notifications; the first of a burst is passed on immediately."""
FALLBACK_POLL_S = 30.0
"""Seconds without a notification after which the store is read anyway."""


async def follow_commits(url: str) -> AsyncIterator[ReplicaStatus | None]:
    """Yields immediately, and then after each commit or burst of commits; on a replica its status.

    Ends only when a replica is promoted. Raises StoreUnavailable.
    """
    async with open_session(url, "follower") as connection:
        if connection.in_recovery:
            async for status in poll_replica(connection):
                yield status
            return
        with translate_database_errors():
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}".encode())
        while True:
            yield None
            await asyncio.sleep(MIN_NOTIFY_INTERVAL_S)
            await _wait_for_notification(connection)


async def _wait_for_notification(connection: psycopg.AsyncConnection[object]) -> None:
    """Return once a notification has arrived, possibly earlier, or after the fallback interval."""
    with translate_database_errors():
        async for _ in connection.notifies(timeout=FALLBACK_POLL_S, stop_after=1):
            pass
