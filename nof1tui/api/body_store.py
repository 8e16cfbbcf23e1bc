"""Makes each body once: cached until the next commit, shared by requests in flight, bounded in number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime

import msgspec

from nof1tui.api.bodies import JSON_TYPE, Body, BodyCache, encode_json
from nof1tui.api.live_board import LiveBoard
from nof1tui.api.problems import ApiProblem
from nof1tui.domain.board import Board
from nof1tui.ports.errors import StoreUnavailable

MAX_AT_A_TIME = 4
MAX_WAITING = 64
WAIT_S = 5.0
_RETRY = ((b"retry-after", b"1"),)

MakeBody = Callable[[], Awaitable[Body]]


class BodyStore:
    """Bodies by key. A commit drops those of the live board; while the store is away the last ones stay."""

    def __init__(
        self, live: LiveBoard, monotonic: Callable[[], float], clock: Callable[[], datetime]
    ) -> None:
        self.cache = BodyCache()
        self.hits = self.misses = self.busy = 0
        self._live, self._monotonic, self._clock = live, monotonic, clock
        self._slots = asyncio.Semaphore(MAX_AT_A_TIME)
        self._making: dict[Hashable, asyncio.Task[Body]] = {}
        self._last_known: dict[Hashable, Body] = {}
        live.listen(self._on_board)

    def _on_board(self, before: Board, board: Board) -> None:
        dropped = self.cache.clear_live()
        if board.health.store.failure is None:
            self._last_known.clear()
        else:
            for key, body in dropped.items():
                self._last_known.setdefault(key, body)

    def cached(self, key: Hashable | None) -> Body | None:
        """The body of this key, if it is cached."""
        body = None if key is None else self.cache.get(key, self._monotonic())
        self.hits += body is not None
        return body

    async def get(self, key: Hashable | None, make: MakeBody) -> Body:
        """The cached body of this key, else the one that `make` returns; without a key it is not kept.

        Raises ApiProblem `busy` and `store-away`, and what `make` raises.
        """
        body = self.cached(key)
        if body is not None:
            return body
        self.misses += 1
        task = self._making.get(key) if key is not None else None
        if task is None:
            if len(self._making) >= MAX_AT_A_TIME + MAX_WAITING:
                self.busy += 1
                raise ApiProblem("busy", "too many requests need the store", headers=_RETRY)
            token: Hashable = key if key is not None else object()
            task = asyncio.create_task(self._make(key, make), name="answer")
            self._making[token] = task
            task.add_done_callback(lambda done: self._finished(token, done))
        try:
            async with asyncio.timeout(WAIT_S):
                return await asyncio.shield(task)
        except TimeoutError as error:
            self.busy += 1
            raise ApiProblem("busy", f"no answer within {WAIT_S:g} s", headers=_RETRY) from error

    async def pack(self, key: Hashable | None, body: Body) -> None:
        """Make the compressed form of a body, in a thread, and keep it."""
        await asyncio.to_thread(body.pack)
        if key is not None and self.cache.get(key, self._monotonic()) is body:
            self.cache.put(key, body)

    def _finished(self, token: Hashable, task: asyncio.Task[Body]) -> None:
        self._making.pop(token, None)
        if not task.cancelled():
            task.exception()

    async def _make(self, key: Hashable | None, make: MakeBody) -> Body:
        async with self._slots:
            generation = self._live.generation
            try:
                body = await make()
            except StoreUnavailable as error:
                return self._stale(key, str(error))
            if key is not None and generation == self._live.generation:
                self.cache.put(key, body)
            return body

    def _stale(self, key: Hashable | None, reason: str) -> Body:
        """The last known body, marked as stale. Raises ApiProblem `store-away` without one."""
        known = self._last_known.get(key) if key is not None else None
        if known is None:
            raise ApiProblem("store-away", reason, headers=_RETRY)
        if known.headers[0][1] != JSON_TYPE:
            return known
        document = msgspec.json.decode(known.content)
        document["stale"] = True
        return Body(
            encode_json(document),
            JSON_TYPE,
            modified_at=known.modified_at,
            cache_control=b"private, no-cache",
        )
