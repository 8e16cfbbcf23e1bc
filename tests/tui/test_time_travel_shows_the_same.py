"""Travelling to a past time shows the screen that was live then, character by character."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Any

from textual.pilot import Pilot

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.roster import Roster, Season
from nof1tui.sources.http.client import make_client
from nof1tui.sources.nof1.source import Nof1Source
from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.arena.transport import SimulatedArenaTransport
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from nof1tui.tui.app import ArenaApp
from tests.support.scenes import Clock, ScriptedEngine, screen_text, until

SEED = 7
START = datetime(2025, 10, 28, 7, 0, 12, tzinfo=UTC)
SEASON = Season("simulated", "Simulated season", START - timedelta(days=40), None, 10_000.0)
SCREENS = {"arena": ["1"], "positions": ["2"], "trades": ["3"], "coins": ["5"], "trader": ["1", "enter"]}
SIZE = (140, 42)
LATE = re.compile(r" Chat \(\d+\)  ─*")
"""The arena serves a decision up to a minute late; the past has it from its own time on."""
WORDS = 34
"""Cells of the first line before the prices: how many fit depends on the corner."""


class StoredEngine(ScriptedEngine):
    """Polls on request into a real store, which is its history."""

    def __init__(self, source: Nof1Source, database: Database, roster: Roster) -> None:
        super().__init__()
        self._source = source
        self._board = Board(roster)
        self._writer = Writer(database, arena="demo", roster=roster)
        self._reader = Reader(database, roster)

    @property
    def history(self) -> Any:
        return self._reader

    async def poll(self) -> None:
        for feed in self._source.feeds:
            batch = await self._source.fetch(feed, self._board)
            self._board = apply_batch(self._board, batch)
            await self._writer.write(batch, self._board.new_events)
        self.publish(self._board)


async def test_every_screen_of_the_past_equals_the_screen_that_was_live_then(
    database: Database, roster: Roster
) -> None:
    chance, clock = random.Random(SEED), Clock(START)
    simulated = Roster(traders=roster.traders, open_season=SEASON)
    arena = SimulatedArena(seed=SEED, traders=7, start=START, history=timedelta(hours=14))
    client = make_client("http://arena.test/api", transport=SimulatedArenaTransport(arena, clock))
    engine = StoredEngine(Nof1Source(client, roster=simulated, clock=clock), database, simulated)
    app = ArenaApp(engine, roster=simulated, clock=clock)
    shown: dict[datetime, dict[str, str]] = {}
    async with app.run_test(size=SIZE) as pilot:
        for poll in range(10):
            await engine.poll()
            await pilot.pause()
            if poll in (0, 4) or (poll > 5 and chance.random() < 0.4):
                shown[clock.now] = await screens(app, pilot)
            clock.go(seconds=chance.choice((10, 130, 700, 4_000)))
        clock.go(hours=1)
        await engine.poll()
        for moment, live in shown.items():
            app.time_travel.go_to(moment)
            await until(pilot, lambda at=moment: app.time_travel.moment == at)  # type: ignore[misc]
            past = await screens(app, pilot)
            for name, text in live.items():
                assert differing(text, past[name]) == [], f"{name} at {moment}"


def differing(live: str, past: str) -> list[tuple[str, str]]:
    pairs = zip_longest(live.splitlines(), past.splitlines(), fillvalue="")
    return [(now, then) for now, then in pairs if now.rstrip() != then.rstrip()]


async def screens(app: ArenaApp, pilot: Pilot[None]) -> dict[str, str]:
    texts = {}
    for name, keys in SCREENS.items():
        await pilot.press(*keys)
        await until(
            pilot, lambda: all(it.group not in ("older", "prices") or it.is_finished for it in app.workers)
        )
        await pilot.pause()
        first, _, rest = screen_text(app).partition("\n")
        texts[name] = LATE.sub("", f"{first[:WORDS]}\n{rest}")
    texts["prices"] = "\n".join(map(str, app.board.prices.values())) if app.board else ""
    return texts
