"""Follows the collector: publishes the board at each of its commits, and takes over when it is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Literal

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import with_store
from nof1tui.domain.health import StoreHealth
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.runtime.open_store import Store
from nof1tui.runtime.reconnecting_sink import ReconnectingSink
from nof1tui.store.coordination.leadership import (
    LEADER_TIMEOUT_S,
    Leadership,
    acquire_leadership,
    open_session,
)
from nof1tui.store.coordination.notifications import follow_commits
from nof1tui.store.reading.reader import Reader

log = logging.getLogger(__name__)

_STORE_RETRY_S = 1.0
"""Between two attempts to reach a store that is away."""
_ROLE_MESSAGES = {
    "follower": "%s is the collector of this store: following it, ready to take over",
    "viewer": "read-only; the collector of this store is %s",
}
_PublishBoard = Callable[[Board], None]


@dataclass
class Follower:
    """One wait for the leadership; the last board stays published while the store is away."""

    sink: ReconnectingSink
    holder: str
    """Name of this instance."""
    roster: Roster
    publish: _PublishBoard
    board: Board
    role: Literal["follower", "viewer"] = "follower"
    """A viewer only reads, and never takes over."""

    async def follow_until_elected(self, term: AsyncExitStack) -> Leadership | None:
        """Follow until this instance is the leader; `term` closes the session that holds the leadership.

        None when the server has become a replica: the store is closed, to be opened for reading only.
        """
        while True:
            try:
                store = await self.sink.open()
                async with AsyncExitStack() as attempt:
                    session = open_session(store.session_url, "leader", idle_s=LEADER_TIMEOUT_S)
                    connection = await attempt.enter_async_context(session)
                    if connection.in_recovery:
                        log.warning("the server is a replica now: only reading until it is promoted")
                        await self.sink.close()
                        return None
                    leadership = await acquire_leadership(connection, self.holder, wait=False)
                    if leadership is None:
                        leadership = await self._follow_during_election(
                            store, acquire_leadership(connection, self.holder, wait=True)
                        )
                    await term.enter_async_context(attempt.pop_all())
                    return leadership
            except StoreUnavailable as error:
                self._publish_unavailable(str(error))
                await self._restart_server()
                await asyncio.sleep(_STORE_RETRY_S)

    async def follow_as_viewer(self) -> None:
        """Follow without taking over; returns when a replica was promoted: the store is closed, to be opened
        again."""
        while True:
            try:
                await self._publish_commits(await self.sink.open())
                log.info("the replica was promoted")
                await self.sink.close()
                return
            except StoreUnavailable as error:
                self._publish_unavailable(str(error))
                await self._restart_server()
            await asyncio.sleep(_STORE_RETRY_S)

    async def _follow_during_election(
        self, store: Store, election: Coroutine[Any, Any, Leadership | None]
    ) -> Leadership:
        electing = asyncio.create_task(election, name="election")
        reading = asyncio.create_task(self._publish_commits(store), name="follower")
        try:
            await asyncio.wait({electing, reading}, return_when=asyncio.FIRST_COMPLETED)
            if not electing.done():
                reading.result()
            leadership = await electing
            if leadership is None:
                raise StoreUnavailable("the election ended without a leader")
            return leadership
        finally:
            for task in (electing, reading):
                task.cancel()
            await asyncio.gather(electing, reading, return_exceptions=True)

    async def _publish_commits(self, store: Store) -> None:
        """Publish the store's board at each commit. Raises StoreUnavailable.

        Returns when the store's server was a replica and is promoted.
        """
        reader, leader, logged_leader = Reader(store.reads, self.roster), None, object()
        while True:
            async for status in follow_commits(store.follow_url):
                if status is None and store.is_replica and store.replica_url is None:
                    return
                board = self.board
                if status is None or status.has_new_commits:
                    board, state = await reader.board(), await reader.collector_state()
                    leader = state.holder if state and (state.leads or self.role == "follower") else None
                if leader != logged_leader:
                    logged_leader = leader
                    log.info(_ROLE_MESSAGES[self.role], leader or "none")
                lag_s = None if status is None else status.lag_s
                health = StoreHealth(store.label, role=self.role, collector=leader, replica_lag_s=lag_s)
                self._show(with_store(board, health))
            if store.replica_url is None:
                return

    def _publish_unavailable(self, reason: str) -> None:
        store = replace(self.board.health.store, role=self.role, failure=reason)
        self._show(with_store(self.board, store))

    def _show(self, board: Board) -> None:
        self.board = board
        self.publish(board)

    async def _restart_server(self) -> None:
        try:
            await self.sink.ensure_server_running()
        except StoreUnavailable as error:
            self._publish_unavailable(str(error))
