"""Hearing of commits: LISTEN on a connection of its own, many words at once told as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg

from nof1tui.store.connection.connect import NOTIFY_CHANNEL
from nof1tui.store.connection.errors import translate_database_errors
from nof1tui.store.coordination.leadership import open_session

MIN_NOTIFY_INTERVAL_S = 0.15
"""Between two tellings; the first of a burst is told at once."""
FALLBACK_POLL_S = 30.0
"""Without a word for so long the store is looked at all the same."""


async def listen_for_commits(url: str) -> AsyncIterator[None]:
    """Yields at once, and then whenever something was committed. Raises StoreUnavailable."""
    async with open_session(url, "follower") as connection:
        with translate_database_errors():
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}".encode())
        while True:
            yield
            await asyncio.sleep(MIN_NOTIFY_INTERVAL_S)
            await _wait_for_notification(connection)


async def _wait_for_notification(connection: psycopg.AsyncConnection[object]) -> None:
    """Return when there is something new, which may have come long ago."""
    with translate_database_errors():
        async for _ in connection.notifies(timeout=FALLBACK_POLL_S, stop_after=1):
            pass
