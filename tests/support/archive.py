"""A store's past for screen tests: records newest first, by the page, and faults on request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.records import Decision, Trade
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import NO_FILTER, PageCursor, RecordFilter
from tests.support.scenes import ScriptedEngine, Texts

T = TypeVar("T")


class Archive(Texts):
    """Returns records like the store; remembers the requests."""

    def __init__(
        self,
        *,
        trades: Sequence[Trade] = (),
        decisions: Sequence[Decision] = (),
        events: Sequence[Event] = (),
        found: Sequence[Decision] = (),
        page: int = 10,
    ) -> None:
        self._trades, self._decisions, self._events, self._found = trades, decisions, events, found
        self._page = page
        self.asked: list[RecordFilter] = []
        self.away = False
        self.answering = asyncio.Event()
        self.answering.set()

    async def _pages(
        self,
        records: Sequence[T],
        stamp: Callable[[T], PageCursor],
        wanted: RecordFilter,
        after: PageCursor | None,
    ) -> list[T]:
        self.asked.append(wanted)
        await self.answering.wait()
        if self.away:
            raise StoreUnavailable("connection refused")
        older = [it for it in records if after is None or _order(stamp(it)) < _order(after)]
        return sorted(older, key=lambda it: _order(stamp(it)), reverse=True)[: self._page]

    async def trades(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Trade]:
        return await self._pages(self._trades, lambda it: PageCursor(it.exit_at, it.id), wanted, after)

    async def decisions(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None
    ) -> list[Decision]:
        records = self._decisions if wanted.text is None else self._found
        return await self._pages(records, lambda it: PageCursor(it.at, it.id), wanted, after)

    async def events(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Event]:
        return await self._pages(self._events, lambda it: PageCursor(it.at, it.id), wanted, after)


def _order(key: PageCursor) -> tuple[object, str]:
    return key.at, key.id


class ArchiveEngine(ScriptedEngine):
    """Publishes boards over this past."""

    history: Any = None

    def __init__(self, *boards: Board, history: Archive | None) -> None:
        super().__init__(*boards)
        self.history = history
