"""What runs behind the screen and behind `collect`: store, source and collector joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

from nof1tui.cli.store import Store
from nof1tui.collector import Collector
from nof1tui.collector.spool import Spool
from nof1tui.domain.board import Board, with_store
from nof1tui.domain.events import Event
from nof1tui.domain.health import FeedHealth, StoreHealth
from nof1tui.domain.model import Batch, Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports import History, Source, StoreUnavailable, Written
from nof1tui.store.reader import Reader
from nof1tui.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Arena:
    """Which arena is watched, how, and by which clock."""

    name: str
    """Under which records are stored: `nof1`."""
    roster: Roster
    source: Callable[[], Source]
    store: Callable[[], AbstractAsyncContextManager[Store]]
    intervals_s: Mapping[Feed, float]
    clock: Callable[[], datetime]
    spool: Callable[[], Spool] | None = None
    """Where records wait while the store is away; None for arenas that can be had again."""


@dataclass
class StoreSink:
    """The store as the collector's sink: opened at first need, brought back when it was away."""

    arena: Arena
    stack: AsyncExitStack
    """Closes what was opened."""
    store: Store | None = None
    _writer: Writer | None = field(default=None, repr=False)

    async def open(self) -> Store:
        """Raises StoreUnavailable (try again) or StoreRefused."""
        if self.store is None:
            self.store = await self.stack.enter_async_context(self.arena.store())
        return self.store

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> Written:
        writer = await self._opened()
        try:
            return await writer.write(batch, events)
        except StoreUnavailable:
            await self._revive()
            raise

    async def write_health(self, health: FeedHealth) -> None:
        writer = await self._opened()
        try:
            await writer.write_health(health)
        except StoreUnavailable:
            await self._revive()
            raise

    async def _opened(self) -> Writer:
        store = await self.open()
        if self._writer is None:
            self._writer = Writer(store.database, arena=self.arena.name, roster=self.arena.roster)
        return self._writer

    async def _revive(self) -> None:
        if self.store is not None:
            await self.store.revive()


class ArenaEngine:
    """`ports.Engine`: opens the store, publishes what it has, then collects until cancelled."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._collector: Collector | None = None
        self._history: History | None = None

    async def run(self, publish: Callable[[Board], None]) -> None:
        async with AsyncExitStack() as stack:
            collector = await self._prepare(stack, publish)
            publish(collector.board)
            await collector.run()

    async def run_once(self) -> Board:
        """Poll every feed once, store what came, and return the board with its health."""
        async with AsyncExitStack() as stack:
            collector = await self._prepare(stack, lambda board: None)
            await collector.run_once()
            return collector.board

    async def _prepare(self, stack: AsyncExitStack, publish: Callable[[Board], None]) -> Collector:
        arena = self._arena
        sink = StoreSink(arena, stack)
        board, server = Board(arena.roster), None
        try:
            store = await sink.open()
            server = store.label
            reader = Reader(store.database, arena.roster)
            board = await reader.board()
            self._history = reader
        except StoreUnavailable as error:
            board = with_store(board, StoreHealth(server, failure=str(error)))
            publish(board)
        source = arena.source()
        stack.push_async_callback(source.aclose)
        self._collector = Collector(
            source,
            sink,
            board,
            intervals_s=arena.intervals_s,
            publish=publish,
            clock=arena.clock,
            server=server,
            spool=arena.spool() if arena.spool is not None else None,
        )
        return self._collector

    def poll_now(self) -> None:
        if self._collector is not None:
            self._collector.poll_now()

    def change_pace(self, factor: float) -> float:
        return self._collector.change_pace(factor) if self._collector is not None else 1.0

    @property
    def history(self) -> History | None:
        return self._history
