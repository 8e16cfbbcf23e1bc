"""An engine that is made in a thread, behind the first frame: its imports take longer than drawing."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.roster import Roster
from nof1tui.ports.engine import Engine
from nof1tui.ports.history import History

if TYPE_CHECKING:
    from nof1tui.runtime.board_cache import BoardCache

_CACHE_EVERY_S = 60.0


class LazyEngine:
    """`ports.Engine`: publishes the cached board, then runs the engine that `make` returns.

    `make` and `make_cache` are called in a thread, because they import heavy modules. The caller may
    disable cyclic garbage collection for the start, where it would scan all imported modules repeatedly;
    it is enabled once the engine is made, and the objects of that time are exempt from it.
    """

    def __init__(
        self,
        make: Callable[[], Engine],
        *,
        roster: Roster,
        make_cache: Callable[[], BoardCache] | None = None,
    ) -> None:
        self._make = make
        self._roster = roster
        self._make_cache = make_cache
        self._cache: BoardCache | None = None
        self._cached_board: Board | None = None
        self._engine: Engine | None = None
        self._board: Board | None = None

    def load_cached_board(self) -> Board | None:
        """The cached board, read before the first frame. Blocks for some milliseconds."""
        self._cached_board = self._load()
        return self._cached_board

    async def run(self, publish: Callable[[Board], None]) -> None:
        cached = self._cached_board
        if self._cache is None:
            cached = await asyncio.to_thread(self._load)
            if cached is not None:
                publish(cached)
        self._engine = await asyncio.to_thread(self._make)
        gc.freeze()
        gc.enable()

        def publish_and_keep(board: Board) -> None:
            if cached is not None and not board.accounts:
                board = replace(cached, health=board.health)
            else:
                self._board = board
            publish(board)

        saving = asyncio.create_task(self._save_loop(), name="board cache")
        try:
            await self._engine.run(publish_and_keep)
        finally:
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)
            self._save()

    def _load(self) -> Board | None:
        if self._make_cache is None:
            return None
        self._cache = self._make_cache()
        return self._cache.load(self._roster)

    async def _save_loop(self) -> None:
        while True:
            await asyncio.sleep(_CACHE_EVERY_S)
            await asyncio.to_thread(self._save)

    def _save(self) -> None:
        if self._cache is not None and self._board is not None:
            self._cache.save(self._board)

    def poll_now(self) -> None:
        if self._engine is not None:
            self._engine.poll_now()

    def change_pace(self, factor: float) -> float:
        return self._engine.change_pace(factor) if self._engine is not None else 1.0

    @property
    def history(self) -> History | None:
        return self._engine.history if self._engine is not None else None
