"""Follows an arena's commits: by LISTEN on a separate connection, bursts merged into one; on a replica by
polling."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

import psycopg

from nof1tui.domain.arena import ArenaKey
from nof1tui.store.connection.connect import NOTIFY_CHANNEL
from nof1tui.store.connection.errors import translate_database_errors
from nof1tui.store.coordination.leadership import open_session
from nof1tui.store.coordination.replica import ReplicaStatus, poll_replica

MIN_NOTIFY_INTERVAL_S = 0.15
"""Seconds between two notifications; the first of a burst is passed on immediately."""
FALLBACK_POLL_S = 30.0
"""Seconds without a notification after which the store is read anyway."""


async def follow_commits(url: str, arena: ArenaKey) -> AsyncIterator[ReplicaStatus | None]:
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
            await _wait_for_notification(connection, arena)


async def _wait_for_notification(connection: psycopg.AsyncConnection[object], arena: ArenaKey) -> None:
    """Return once a notification of the arena has arrived, or after the fallback interval."""
    with translate_database_errors(), suppress(TimeoutError):
        async with asyncio.timeout(FALLBACK_POLL_S):
            async with aclosing(connection.notifies()) as notifications:
                async for notification in notifications:
                    if _is_of_arena(notification.payload, arena):
                        return


def _is_of_arena(payload: str, arena: ArenaKey) -> bool:
    """Whether a notification is of this arena; one that does not name its arena is of all."""
    try:
        message = json.loads(payload)
    except ValueError:
        return True
    return not isinstance(message, dict) or message.get("arena", arena.name) == arena.name
