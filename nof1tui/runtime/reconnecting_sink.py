"""The store as the collector's sink: opened at first need, brought back when it was away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field

from nof1tui.domain.batch import Batch
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.sink import WriteResult
from nof1tui.runtime.open_store import Store
from nof1tui.store.writing.writer import Writer


@dataclass
class ReconnectingSink:
    """`ports.Sink` over a store that may come and go."""

    store_opener: Callable[[], AbstractAsyncContextManager[Store]]
    arena: str
    roster: Roster
    stack: AsyncExitStack
    """Closes what was opened."""
    store: Store | None = None
    _writer: Writer | None = field(default=None, repr=False)

    @property
    def read_only(self) -> bool:
        """The store is open, and may only be read."""
        return self.store is not None and self.store.read_only

    async def open(self) -> Store:
        """Raises StoreUnavailable (try again) or StoreRefused."""
        if self.store is None:
            self.store = await self.stack.enter_async_context(self.store_opener())
        return self.store

    async def ensure_server_running(self) -> None:
        """Bring an embedded server back that was killed. Raises StoreUnavailable."""
        if self.store is not None:
            await self.store.ensure_server_running()

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        writer = await self._open_writer()
        try:
            return await writer.write(batch, events)
        except StoreUnavailable:
            await self.ensure_server_running()
            raise

    async def write_health(self, health: FeedHealth) -> None:
        writer = await self._open_writer()
        try:
            await writer.write_health(health)
        except StoreUnavailable:
            await self.ensure_server_running()
            raise

    async def _open_writer(self) -> Writer:
        store = await self.open()
        if self._writer is None:
            self._writer = Writer(store.database, arena=self.arena, roster=self.roster)
        return self._writer
