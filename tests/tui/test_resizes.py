"""Every screen and overlay at random sizes while figures change.

One size at a few places by default; NOF1_RESIZES=50 runs all.
"""

from __future__ import annotations

import asyncio
import os
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.screen import ModalScreen

from nof1tui.domain.board import Board
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.screens.board_screen import BoardScreen
from nof1tui.tui.terminal import frame_diff
from tests.support.emulated import Terminal, expected, settled, shown, terminal_of
from tests.support.scenes import ENDS, NOW, ScriptedEngine, Texts, board, make_app, row, with_rows
from tests.support.textual_internals import rendered_lines, use_truecolor

RESIZES = int(os.environ.get("NOF1_RESIZES", "0"))
NARROWEST, WIDEST, LOWEST, HIGHEST = 20, 250, 6, 70
USUAL = (120, 40)
PLACES: dict[str, tuple[str, ...]] = {
    "arena": ("down", "down"),
    "arena, chart alone": ("down", "c"),
    "arena, chat": ("v", "v", "v", "tab", "down"),
    "positions": ("2", "down", "down", "down"),
    "positions, grouped": ("2", "g", "down"),
    "trades": ("3", "down", "pagedown"),
    "chat": ("4", "down"),
    "coins": ("5", "down"),
    "stats": ("6", "down"),
    "events": ("7", "down"),
    "system": ("8",),
    "trader": ("down", "enter"),
    "trader, chat": ("enter", "v", "tab", "down"),
    "trade": ("3", "enter"),
    "position": ("2", "enter"),
    "decision": ("4", "enter"),
    "help": ("question_mark", "pagedown"),
    "commands": ("ctrl+p",),
    "moment": ("at", "minus", "6", "h"),
    "filter": ("slash", "q", "w"),
    "filter kept": ("3", "slash", "b", "t", "c", "enter"),
    "column chosen": ("6", "l", "l", "l"),
    "the past": ("left_square_bracket", "left_square_bracket"),
    "a trader in the past": ("left_square_bracket", "enter"),
}
"""Keys from the arena screen to each place."""
FEW = ("arena, chat", "positions, grouped", "system", "a trader in the past", "commands", "filter kept")


def next_board(old: Board, step: int) -> Board:
    return with_rows(old, *(row(name, at=NOW, equity_usd=ENDS[name] * (1 + 0.001 * step)) for name in ENDS))


class Past(Texts):
    """The same board an hour earlier, and an hour before that."""

    async def board(self, as_of: datetime | None = None) -> Board:
        return replace(board(), as_of=as_of)

    async def time_range(self) -> tuple[datetime, datetime] | None:
        return NOW - timedelta(hours=9), NOW

    async def observation_times(self, around: datetime, direction: str, limit: int = 1) -> list[datetime]:
        steps = [NOW - timedelta(hours=hours) for hours in range(10)]
        if direction == "after":
            return [step for step in reversed(steps) if step > around][:limit]
        return [step for step in steps if step < around][:limit]


class Engine(ScriptedEngine):
    history: Any = Past()


class ResizeRun:
    """One place, resized repeatedly."""

    def __init__(self, app: ArenaApp, engine: ScriptedEngine, pilot: Pilot[Any], seed: str) -> None:
        self.app, self.engine, self.pilot = app, engine, pilot
        self.chance = random.Random(seed)
        self.board = board()

    async def resize(self, width: int, height: int) -> None:
        terminal_of(self.app).resize(width, height)
        await self.pilot.resize_terminal(width, height)
        await settled(self.pilot)

    async def resize_randomly(self, step: int) -> None:
        """Another size, then a new board."""
        width = self.chance.randint(NARROWEST, WIDEST)
        height = self.chance.randint(LOWEST, HIGHEST)
        await self.resize(width, height)
        self.assert_complete(f"after {step} resizes, at {width}x{height}")
        self.board = next_board(self.board, step)
        self.engine.publish(self.board)
        self.app.tick()
        await settled(self.pilot)
        self.assert_complete(f"after news at {width}x{height}")

    def assert_complete(self, when: str) -> None:
        app = self.app
        assert shown(app) == expected(app), when
        lines = rendered_lines(app.screen)
        assert len(lines) == app.size.height, when
        assert {line.cell_length for line in lines} == {app.size.width}, when
        screen = app.screen
        if isinstance(screen, BoardScreen):
            corner_text = screen.bar.status_corner.text.strip()
            assert corner_text and corner_text in lines[0].text, f"the corner is missing {when}"
            assert screen.footer.region.bottom == app.size.height, f"the footer is missing {when}"
            assert lines[-1].text.strip(), f"the last line is empty {when}"
        elif isinstance(screen, ModalScreen):
            assert app.focused is None or app.focused.region.area or app.size.height < 12, when

    @property
    def highlighted(self) -> object:
        shown = self.app.visible_screen
        return shown.table.highlighted_key if isinstance(shown, BoardScreen) else None


@pytest.mark.parametrize("place", PLACES if RESIZES else FEW)
async def test_at_every_size_the_screen_is_complete_and_keeps_its_place(place: str) -> None:
    engine = Engine(board())
    app = make_app(engine)
    app.driver_class = Terminal
    use_truecolor(app)

    async def steps(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        for key in PLACES[place]:
            await pilot.press(key)
            await settled(pilot)
        run = ResizeRun(app, engine, pilot, place)
        where, highlighted = app.screen, run.highlighted
        for step in range(1, (RESIZES or 1) + 1):
            await run.resize_randomly(step)
            assert app.screen is where
            assert run.highlighted == highlighted
        await run.resize(*USUAL)
        after = shown(app)
        frame_diff.repaint(app)
        await settled(pilot)
        assert after == shown(app) == expected(app)
        app.exit()

    await asyncio.wait_for(app.run_async(size=USUAL, auto_pilot=steps), 60 + 2 * RESIZES)
