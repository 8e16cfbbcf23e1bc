"""Pictures of the screens, made from a simulated season that is the same at every run, and the table of keys.

    python docs/gallery.py            # writes docs/pictures/*.svg and the keys in docs/screens.md
    python docs/gallery.py --check    # fails where they are out of date

The season goes through the decoder, writer and reader of the live program, into a temporary store.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.runtime.rosters import demo_roster
from nof1tui.settings.model import load_settings
from nof1tui.sources.http.client import make_client
from nof1tui.sources.nof1.source import Nof1Source
from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.arena.transport import SimulatedArenaTransport
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.lazy_pool import LazyPool
from nof1tui.store.embedded import lease as server
from nof1tui.store.reading.reader import Reader
from nof1tui.store.schema import migrate
from nof1tui.store.writing.writer import Writer
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.keys import KEY_BINDINGS

PICTURES = Path(__file__).parent / "pictures"
SCREENS = Path(__file__).parent / "screens.md"
KEY_TABLE = re.compile(r"(<!-- keys: begin [^\n]*-->)\n.*?(<!-- keys: end -->)", re.S)
START = datetime(2025, 10, 28, 7, 4, tzinfo=UTC)
SEED, TRADERS, HISTORY = 11, 7, timedelta(days=10)
WATCHED, EVERY = timedelta(hours=22), timedelta(minutes=20)
"""Length of the polled period before the pictures, and the poll interval."""
READING = ("older", "prices", "texts")
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.S)
"""Web fonts, removed from the pictures."""


@dataclass(frozen=True)
class Picture:
    name: str
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (120, 36)
    theme: str = "nof1-dark"


GALLERY = (
    Picture("arena", size=(140, 42)),
    Picture("trader", ("enter",)),
    Picture("position", ("enter", "enter")),
    Picture("positions", ("2",)),
    Picture("trades", ("3",)),
    Picture("chat", ("4",)),
    Picture("coins", ("5", "t")),
    Picture("stats", ("6",)),
    Picture("events", ("7",)),
    Picture("small", size=(80, 24)),
    Picture("light", theme="nof1-light", size=(100, 30)),
    Picture("contrast", theme="nof1-contrast", size=(100, 30)),
)


class Stored:
    """An engine with one board and its store; publishes nothing else."""

    def __init__(self, board: Board, history: Reader) -> None:
        self._board = board
        self.history = history

    async def run(self, publish: Callable[[Board], None]) -> None:
        publish(self._board)
        await asyncio.Event().wait()

    def poll_now(self) -> None: ...

    def change_pace(self, factor: float) -> float:
        return factor


class Clock:
    def __init__(self) -> None:
        self.now = START - WATCHED

    def __call__(self) -> datetime:
        return self.now


async def season(database: Database, roster: Roster) -> Board:
    """Poll the simulated arena for a day, into the store."""
    clock = Clock()
    arena = SimulatedArena(seed=SEED, traders=TRADERS, start=clock.now, history=HISTORY)
    client = make_client("http://arena.invalid/api", transport=SimulatedArenaTransport(arena, clock))
    source = Nof1Source(client, roster=roster, clock=clock, monotonic=lambda: 0.0)
    writer = Writer(database, arena="demo", roster=roster)
    board = Board(roster)
    while True:
        last = clock.now + EVERY > START
        for feed in source.feeds if last or not board.accounts else (Feed.PRICES, Feed.ACCOUNTS):
            batch = await source.fetch(feed, board)
            board = apply_batch(board, batch)
            await writer.write(batch, board.new_events)
        if last:
            await source.aclose()
            return board
        clock.now += EVERY


async def photograph(picture: Picture, board: Board, reader: Reader, roster: Roster) -> str:
    newest = board.newest_at or START
    app = ArenaApp(
        Stored(board, reader),
        roster=roster,
        clock=lambda: newest + timedelta(seconds=3),
        theme=picture.theme,
        badge="DEMO",
        toasts=False,
    )
    async with app.run_test(size=picture.size) as pilot:
        await _settled(app, pilot)
        for key in picture.keys:
            await pilot.press(key)
            await _settled(app, pilot)
        return FONT_FACE.sub("", app.export_screenshot(title="nof1-tui"))


async def _settled(app: ArenaApp, pilot: Pilot[None]) -> None:
    for _ in range(200):
        await pilot.pause()
        if app.board is not None and all(it.is_finished for it in app.workers if it.group in READING):
            break
    await pilot.pause()


async def gallery(url: str) -> dict[str, str]:
    roster = demo_roster(load_settings())
    database = LazyPool(url)
    try:
        board, reader = await season(database, roster), Reader(database, roster)
        return {it.name: await photograph(it, board, reader, roster) for it in GALLERY}
    finally:
        await database.close()


def with_key_table(page: str) -> str:
    """The page with the table of key bindings replaced."""
    rows = ["| where | key | what it does |", "| --- | --- | --- |"]
    for key in KEY_BINDINGS:
        shown = " ".join(f"`{sign}`" for sign in key.label.split())
        rows.append(f"| {key.scope} | {shown} | {key.description} |")
    table = "\n".join(rows)
    return KEY_TABLE.sub(lambda match: f"{match[1]}\n{table}\n{match[2]}", page)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; list outdated pictures")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        lease = server.acquire_lease(Path(folder) / "nof1-tui")
        try:
            lease.create_database("gallery")
            migrate.upgrade(lease.url("gallery"))
            made = asyncio.run(gallery(lease.url("gallery")))
        finally:
            lease.release()
    page = SCREENS.read_text("utf-8")
    old = [name for name, svg in made.items() if not _same(PICTURES / f"{name}.svg", svg)]
    if with_key_table(page) != page:
        old.append("the keys in screens.md")
    if check:
        print("all pictures are up to date" if not old else f"out of date: {', '.join(old)}")
        return 1 if old else 0
    for name, svg in made.items():
        (PICTURES / f"{name}.svg").write_text(svg, "utf-8")
    SCREENS.write_text(with_key_table(page), "utf-8")
    print(f"new: {', '.join(old) or 'nothing'}")
    return 0


def _same(path: Path, svg: str) -> bool:
    return path.exists() and path.read_text("utf-8") == svg


if __name__ == "__main__":
    sys.exit(main())
