"""Hearing of commits: LISTEN on a connection of its own, many words at once told as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg

from nof1tui.store.connection.connect import NOTIFY_CHANNEL
from nof1tui.store.connection.errors import told_plainly
from nof1tui.store.coordination.leadership import session

LEAST_S = 0.15
"""Between two tellings; the first of a burst is told at once."""
QUIET_S = 30.0
"""Without a word for so long the store is looked at all the same."""


async def commits(url: str) -> AsyncIterator[None]:
    """Yields at once, and then whenever something was committed. Raises StoreUnavailable."""
    async with session(url, "follower") as connection:
        with told_plainly():
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}".encode())
        while True:
            yield
            await asyncio.sleep(LEAST_S)
            await _word(connection)


async def _word(connection: psycopg.AsyncConnection[object]) -> None:
    """Return when there is something new, which may have come long ago."""
    with told_plainly():
        async for _ in connection.notifies(timeout=QUIET_S, stop_after=1):
            pass
