"""The monitor on a store, travelling on command."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

from bench.ticking import Bench, Waiting
from nof1tui.domain.board import Board
from nof1tui.domain.roster import Roster
from nof1tui.ports.history import History
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.reading.reader import Reader
from nof1tui.tui.app import ArenaApp


class TravelBench(Bench):
    """`go SHARE` to that share of the season; `count` what a held key has brought about."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__({**settings, "app": "bare", "accounts": 1, "points": 2})
        self._database = open_pool(settings["url"])
        self._seen = 0
        self._reader = Reader(self._database, Roster())
        self._waiting = Waiting()
        self._waiting.history = self._reader
        self.app = self._monitor = ArenaApp(self._waiting, roster=Roster(), clock=lambda: datetime.now(UTC))
        self.deeds |= {"first": self._show, "go": self._go, "count": self._count}

    async def _show(self) -> dict[str, Any]:
        self._monitor.watch(self._monitor, "board", self._came, init=False)
        self._waiting.publish(await self._reader.board())
        await self._painted()
        return {}

    async def _go(self, share: float) -> dict[str, Any]:
        history: History = self._reader
        extent = await history.time_range()
        assert extent is not None
        self._monitor.time_travel.go_to(extent[0] + share * (extent[1] - extent[0]))
        while self._monitor.time_travel.moment is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await self._painted()
        return {}

    async def _count(self) -> dict[str, Any]:
        """Boards that came since this was asked last."""
        seen, self._seen = self._seen, 0
        return {"boards": seen}

    def _came(self, board: Board | None) -> None:
        self._seen += 1


if __name__ == "__main__":
    TravelBench(json.loads(sys.argv[1])).run()
