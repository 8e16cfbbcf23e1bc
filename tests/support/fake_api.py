"""The HTTP API over a made-up board and history, without a store, and requests to it as plain ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from nof1tui.api.access import Access, RateLimit
from nof1tui.api.application import ApiApplication
from nof1tui.api.endpoints import api_endpoints
from nof1tui.api.live_board import LiveBoard
from nof1tui.api.options import ApiOptions
from nof1tui.api.rows import ApiContext
from nof1tui.api.stream_hub import StreamHub
from nof1tui.bounded_regex import compile_pattern
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import ALL_EVENT_KINDS, Event
from nof1tui.domain.export.metric_families import MetricFamily
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.records import Decision, Trade
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import NO_FILTER, PageCursor, RecordFilter
from nof1tui.ports.tokens import TokenBook
from tests.support import scenes

BOOT = "0123abcd"


class Answered(Struct):
    """A response, as far as it was received."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


class BoardHistory(scenes.Texts):
    """A history in which every moment has the same board."""

    is_away = False
    reads = 0

    def __init__(self, board: Board) -> None:
        self._board = board

    async def board(self, as_of: datetime | None = None) -> Board:
        self._count()
        return self._board

    async def time_range(self) -> tuple[datetime, datetime] | None:
        self._count()
        return scenes.START, scenes.NOW

    async def observation_times(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> Sequence[datetime]:
        self._count()
        return [scenes.NOW][:limit]

    async def trades(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Trade]:
        self._count()
        found = [trade for log in self._board.trades.values() for trade in log.trades]
        return found[: wanted.limit]

    async def decisions(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None, *, with_texts: bool = False
    ) -> list[Decision]:
        self._count()
        return list(self._board.decisions)[: wanted.limit]

    async def events(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Event]:
        self._count()
        return list(self._board.events)[: wanted.limit]

    async def trade_totals(self, wanted: RecordFilter = NO_FILTER) -> TradeStats:
        self._count()
        return TradeStats()

    def _count(self) -> None:
        self.reads += 1
        if self.is_away:
            raise StoreUnavailable("the server does not answer")


class FakeApi:
    """The application, its live board and history."""

    def __init__(
        self,
        *,
        book: TokenBook | None = None,
        public: bool = True,
        rate: RateLimit | None = None,
        **options: Any,
    ) -> None:
        self.now, self.monotonic_s = scenes.NOW, 0.0
        board = scenes.board()
        self.history = BoardHistory(board)
        self.live = LiveBoard(Board(board.roster), lambda: self.now, lambda: self.monotonic_s)
        context = ApiContext(
            live=self.live,
            find_history=lambda: self.history,
            clock=lambda: self.now,
            source="nof1",
            arena="nof1",
            describe_events=lambda roster: lambda event: event.kind,
            compile_pattern=compile_pattern,
            read_status=self._status,
            read_metrics=self._metrics,
            alert_rules={"what": "alerts", "rows": []},
        )
        access = Access(
            book, public=public, rate=rate, clock=lambda: self.now, monotonic=lambda: self.monotonic_s
        )
        self.hub = StreamHub(context, BOOT)
        endpoints, described = api_endpoints(ALL_EVENT_KINDS), ApiOptions(public=public, **options)
        self.application = ApiApplication(endpoints, context, access, self.hub, described, boot=BOOT)
        self.live.publish(board)

    async def _status(self) -> dict[str, Any]:
        return {"state": "live"}

    async def _metrics(self) -> list[MetricFamily]:
        return [MetricFamily.of("nof1_build", "info", "Version.", [({"version": 'a"b'}, 1.0)])]

    async def ask(
        self,
        path: str,
        query: str = "",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        peer: str | None = "192.0.2.7",
    ) -> Answered:
        """The response to one request; without a peer it comes over the owner's Unix socket."""
        answered = Answered()

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(3_600)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answered.status = message["status"]
                answered.headers = {
                    name.decode(): value.decode("latin-1") for name, value in message["headers"]
                }
            else:
                answered.content += message["body"]

        await self.application(self.scope(path, query, method, headers, peer), receive, send)
        return answered

    def scope(
        self, path: str, query: str, method: str, headers: Mapping[str, str] | None, peer: str | None
    ) -> dict[str, Any]:
        return {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [
                (name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()
            ],
            "client": None if peer is None else (peer, 50_000),
            "state": {"peer": "owner" if peer is None else "tcp"},
        }
