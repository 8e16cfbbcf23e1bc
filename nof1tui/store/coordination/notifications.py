"""Notifications of commits by LISTEN on a separate connection; bursts are merged into one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg

from nof1tui.store.connection.connect import NOTIFY_CHANNEL
from nof1tui.store.connection.errors import translate_database_errors
from nof1tui.store.coordination.leadership import open_session

MIN_NOTIFY_INTERVAL_S = 0.15
"""Seconds between two notifications; the first of a burst is passed on immediately."""
FALLBACK_POLL_S = 30.0
"""Seconds without a notification after which the store is read anyway."""


async def listen_for_commits(url: str) -> AsyncIterator[None]:
    """Yields immediately, and then after each commit or burst of commits. Raises StoreUnavailable."""
    async with open_session(url, "follower") as connection:
        with translate_database_errors():
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}".encode())
        while True:
            yield
            await asyncio.sleep(MIN_NOTIFY_INTERVAL_S)
            await _wait_for_notification(connection)


async def _wait_for_notification(connection: psycopg.AsyncConnection[object]) -> None:
    """Return once a notification has arrived, possibly earlier, or after the fallback interval."""
    with translate_database_errors():
        async for _ in connection.notifies(timeout=FALLBACK_POLL_S, stop_after=1):
            pass
