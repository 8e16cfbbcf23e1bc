"""The store of a collector: opened on first use, its server restarted when it was lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field

from nof1tui.domain.batch import Batch
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.roster import Roster
from nof1tui.ports.alerts import AlertRepository
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.sink import WriteResult
from nof1tui.runtime.open_store import Store
from nof1tui.store.writing.writer import Writer


@dataclass
class ReconnectingSink:
    """`ports.Sink` on a store that may be unavailable at times."""

    store_opener: Callable[[], AbstractAsyncContextManager[Store]]
    arena: str
    roster: Roster
    stack: AsyncExitStack
    """Closes the store."""
    store: Store | None = None
    on_first_write: Callable[[Store], Awaitable[None]] | None = None
    """Called before the first write to the open store; raises StoreUnavailable to be called again."""
    _store_stack: AsyncExitStack | None = field(default=None, repr=False)
    _writer: Writer | None = field(default=None, repr=False)
    _alert_repository: AlertRepository | None = field(default=None, repr=False)

    @property
    def read_only(self) -> bool:
        """Whether the store is open and read-only."""
        return self.store is not None and self.store.read_only

    async def open(self) -> Store:
        """The store, opened on first use. Raises StoreUnavailable (retry) or StoreUnusable."""
        if self.store is None:
            if self._store_stack is None:
                self._store_stack = await self.stack.enter_async_context(AsyncExitStack())
            self.store = await self._store_stack.enter_async_context(self.store_opener())
        return self.store

    async def close(self) -> None:
        """Close the store; `open` finds out again whether it may be written."""
        self.store = self._writer = self._alert_repository = None
        if self._store_stack is not None:
            await self._store_stack.aclose()

    async def ensure_server_running(self) -> None:
        """Restart an embedded server that was killed. Raises StoreUnavailable."""
        if self.store is not None:
            await self.store.ensure_server_running()

    def alert_repository(self) -> AlertRepository:
        """The alerts of the store. Raises StoreUnavailable until a write has opened it."""
        if self.store is None:
            raise StoreUnavailable("the store is not open")
        if self._alert_repository is None:
            from nof1tui.store.writing.alerts import AlertStore

            self._alert_repository = AlertStore(self.store.database, arena=self.arena, roster=self.roster)
        return self._alert_repository

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        """As `ports.Sink`. After an outage the ids of the store are read again: it may be another one."""
        writer = await self._open_writer()
        try:
            return await writer.write(batch, events)
        except StoreUnavailable:
            self._writer = None
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
        if self.on_first_write is not None:
            await self.on_first_write(store)
            self.on_first_write = None
        if self._writer is None:
            self._writer = Writer(store.database, arena=self.arena, roster=self.roster)
        return self._writer
