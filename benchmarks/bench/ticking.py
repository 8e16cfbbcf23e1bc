"""The measured program: the monitor, or a stock Textual app with the same figures, run by commands."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from bench.report import rss_mb
from bench.sample import SampleArena
from nof1tui.domain.board import Board
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.columns.arena import ArenaRow, arena_columns
from nof1tui.tui.style.cells import cell_text
from nof1tui.tui.terminal.driver import TerminalDriver
from nof1tui.tui.terminal.textual_internals import driver_of, replaced_display

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.support.textual_internals import is_painted, press

ROWS_OF_STOCK = 1_000
NO_TIME = datetime.fromtimestamp(0, UTC)
SPARK = "▁▂▃▄▅▆▇█▁▂▃▄▅▆"


class Waiting:
    """An engine that publishes what it is handed."""

    def __init__(self) -> None:
        self.publish: Callable[[Board], None] = lambda board: None
        self.history: Any = SimpleNamespace()

    async def run(self, publish: Callable[[Board], None]) -> None:
        self.publish = publish
        await asyncio.Event().wait()

    def poll_now(self) -> None: ...

    def change_pace(self, factor: float) -> float:
        return factor


class StockApp(App[None]):
    """What one gets from Textual's own table, fed cell by cell."""

    CSS = "DataTable { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield DataTable()

    def on_mount(self) -> None:
        self._columns = arena_columns("season")
        self._known: dict[tuple[str, str], str] = {}
        table = self.query_one(DataTable)
        for column in self._columns:
            table.add_column(column.title, key=column.key, width=column.width)

    def feed(self, board: Board) -> None:
        table = self.query_one(DataTable)
        for view in Views(board, board.newest_at or NO_TIME, StatsCache()).accounts[:ROWS_OF_STOCK]:
            row = ArenaRow(view, view.trader.name, "#5aa9ff", lambda width: SPARK[:width])
            slug = view.account.slug
            texts = {column.key: cell_text(column.render(row)) for column in self._columns}
            if slug not in table.rows:
                table.add_row(*texts.values(), key=slug)
            for key, text in texts.items():
                if self._known.get((slug, key)) != text:
                    self._known[slug, key] = text
                    table.update_cell(slug, key, text)


class Bench:
    """Runs commands, one per line; writes the figures of each as JSON."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._commands, self._reports = settings["commands"], settings["reports"]
        self._arena = SampleArena(settings["accounts"], settings["points"])
        self._engine = Waiting()
        self._feed: Callable[[Board], object]
        self.app: App[None]
        self._line = b""
        self._jobs: set[asyncio.Task[None]] = set()
        self.deeds: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            "first": self._first,
            "tick": self._tick,
            "ticks": self._ticks,
            "idle": self._idle,
            "key": self._key,
            "every": self._every,
        }
        if settings["app"] == "ours":
            self.app = ArenaApp(
                self._engine,
                roster=self._arena.roster,
                clock=lambda: self._arena.at + timedelta(seconds=3),
            )
            self._feed = lambda board: self._engine.publish(board)
        elif settings["app"] == "stock":
            self.app = stock = StockApp()
            self._feed = stock.feed
        else:
            self.app, self._feed = App[None](), lambda board: None

    def run(self) -> None:
        self.app.call_later(self._listen)
        self.app.run()

    def _listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._commands, self._read)

    def _read(self) -> None:
        data = os.read(self._commands, 4_096)
        if not data:
            self.app.exit()
            asyncio.get_running_loop().remove_reader(self._commands)
            return
        self._line += data
        while b"\n" in self._line:
            words, _, self._line = self._line.partition(b"\n")
            job = asyncio.create_task(self._do(words.decode().split()))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

    async def _do(self, words: list[str]) -> None:
        try:
            figures = await self.deeds[words[0]](*map(_number, words[1:]))
        except BaseException:
            os.close(self._reports)
            raise
        os.write(self._reports, json.dumps(figures).encode() + b"\n")

    async def _first(self) -> dict[str, Any]:
        self._feed(self._arena.board)
        await self._painted()
        return {"diffing": replaced_display(self.app) is not None}

    async def _tick(self, share: float) -> dict[str, Any]:
        board = self._arena.poll(share)
        start = time.process_time()
        self._feed(board)
        await self._painted()
        return {"cpu_ms": 1_000 * (time.process_time() - start)}

    async def _ticks(self, count: float) -> dict[str, Any]:
        """`count` polls as fast as they can be painted, and the memory of the process."""
        for _ in range(int(count)):
            self._feed(self._arena.poll(1.0))
            painted = asyncio.Event()
            self.app.screen.call_after_refresh(painted.set)
            await painted.wait()
        await self._painted()
        gc.collect()
        return {"rss_mb": rss_mb(os.getpid())}

    async def _idle(self, seconds: float) -> dict[str, Any]:
        start = time.process_time()
        await asyncio.sleep(seconds)
        return {"cpu_ms": 1_000 * (time.process_time() - start)}

    async def _key(self, key: str) -> dict[str, Any]:
        start = time.perf_counter()
        await press(self.app, key)
        await self._painted()
        return {"wall_ms": 1_000 * (time.perf_counter() - start)}

    async def _every(self, seconds: float) -> dict[str, Any]:
        """From now on a poll so often, of everything."""

        async def go_on() -> None:
            while True:
                await asyncio.sleep(seconds)
                self._feed(self._arena.poll(1.0))

        self._jobs.add(asyncio.create_task(go_on()))
        return {}

    async def _painted(self) -> None:
        """Wait until nothing is left to paint and all of it is on the terminal."""
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0.02)
            quiet = quiet + 1 if is_painted(self.app.screen) else 0
        driver: Any = driver_of(self.app)
        if isinstance(driver, TerminalDriver):
            driver.drain(5.0)
        else:
            driver.flush()
            await asyncio.sleep(0.02)


def _number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


if __name__ == "__main__":
    Bench(json.loads(sys.argv[1])).run()
