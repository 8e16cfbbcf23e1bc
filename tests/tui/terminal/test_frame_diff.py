"""The bytes sent to the terminal, replayed in an emulator, equal a frame drawn by Textual."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from nof1tui.tui.chart.chart import LineChart
from nof1tui.tui.chart.spec import ChartSeries
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.theme import DARK, build_themes
from nof1tui.tui.table.live_table import Column, LiveTable
from nof1tui.tui.terminal import frame_diff
from nof1tui.tui.terminal.textual_internals import replaced_display
from tests.support.emulated import Terminal, expected, settled, shown, terminal_of
from tests.support.textual_internals import resume, use_synchronised_output, use_truecolor

WORDS = (
    "plain",
    "with  gaps",
    "日本語テキスト",
    "wide 日 one",
    "naïve café",
    "é combined",
    "▁▂▃▅▇",
    "[b]x[/b]",
    "",
)
COLORS = ("#ff6b6b", "#3fd07f", "#7d8896", "gain", "loss", "muted bold", "reverse", "")
Row = tuple[int, str, float, str]


class Question(ModalScreen[None]):
    CSS = "Question { align: center middle; } Question Label { width: 30; height: 5; border: round red; }"

    def compose(self) -> ComposeResult:
        yield Label("Sure? 日本 " + "x" * 20)


class Board(App[None]):
    CSS = """
    Screen { background: $background; layers: base; }
    #top { height: 1; } LiveTable { height: 8; } #half { height: 1fr; }
    #text { width: 1fr; } LineChart { width: 2fr; }
    """

    def __init__(self, *, diffing: bool = True) -> None:
        super().__init__(driver_class=Terminal)
        use_truecolor(self)
        self.diffing = diffing
        self.installed = False
        for theme in build_themes():
            self.register_theme(theme)
        self.theme = DARK

    def compose(self) -> ComposeResult:
        yield Static("", id="top", markup=False)
        yield LiveTable[Row](
            (
                Column("id", "#", 3, lambda row: Cell(str(row[0])), sort_key=lambda row: row[0]),
                Column("name", "Name", 10, lambda row: Cell(row[1], row[3]), justify="left", grows=True),
                Column(
                    "value",
                    "Value",
                    9,
                    lambda row: Cell(f"{row[2]:,.2f}", row[3]),
                    sort_key=lambda row: row[2],
                ),
            ),
            key=lambda row: row[0],
        )
        with Horizontal(id="half"):
            yield Static("", id="text", markup=False)
            yield LineChart()
        yield Input()

    def on_mount(self) -> None:
        if self.diffing:
            self.installed = frame_diff.install(self)

    def on_resize(self) -> None:
        if self.installed:
            frame_diff.repaint(self)

    @property
    def terminal(self) -> Terminal:
        return terminal_of(self)


async def driven(
    app: Board, steps: Callable[[Pilot[Any]], Awaitable[None]], size: tuple[int, int] = (80, 24)
) -> None:
    """Run the app on the terminal with simulated input."""

    async def pilot_runs(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await steps(pilot)
        app.exit()

    await asyncio.wait_for(app.run_async(size=size, auto_pilot=pilot_runs), 60)


def rows(chance: random.Random, count: int) -> list[Row]:
    keys = chance.sample(range(40), count)
    return [(key, chance.choice(WORDS), chance.gauss(0, 1_000), chance.choice(COLORS)) for key in keys]


def curves(chance: random.Random) -> list[ChartSeries]:
    times = [1_760_000_000.0 + 600 * step for step in range(chance.randrange(2, 200))]
    return [
        ChartSeries(
            place,
            chance.choice(WORDS),
            COLORS[place],
            times,
            [chance.gauss(100, 20) for _ in times],
            rank=place,
        )
        for place in range(chance.randrange(1, 4))
    ]


class Hand:
    """Applies random actions to the board."""

    def __init__(self, pilot: Pilot[Any], app: Board, seed: int) -> None:
        self.pilot, self.app, self.chance = pilot, app, random.Random(seed)
        self.deeds = (
            *[self.feed_table] * 4,
            *[self.say] * 3,
            *[
                self.draw,
                self.type,
                self.press,
                self.ask,
                self.toast,
                self.resize,
                self.come_back,
                self.relight,
            ],
        )

    async def act(self) -> str:
        deed = self.chance.choice(self.deeds)
        await deed()
        return deed.__name__

    async def feed_table(self) -> None:
        self.base.query_one(LiveTable).show_rows(rows(self.chance, self.chance.randrange(15)))

    async def say(self) -> None:
        place = self.chance.choice(("#top", "#text"))
        text = " ".join(self.chance.choices(WORDS, k=self.chance.randrange(8)))
        self.base.query_one(place, Static).update(text)

    async def draw(self) -> None:
        self.base.query_one(LineChart).show(curves(self.chance), baseline=100)

    async def type(self) -> None:
        field = self.base.query_one(Input)
        field.value = self.chance.choice(WORDS)
        field.cursor_position = len(field.value)

    async def press(self) -> None:
        await self.pilot.press(self.chance.choice(("tab", "down", "up", "G", "g", "pagedown")))

    async def ask(self) -> None:
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        else:
            await self.app.push_screen(Question())

    async def toast(self) -> None:
        if self.chance.random() < 0.5:
            self.app.clear_notifications()
        else:
            self.app.notify("Toast 日本 " + self.chance.choice(WORDS), timeout=600, markup=False)

    async def resize(self) -> None:
        width, height = self.chance.randrange(20, 100), self.chance.randrange(5, 40)
        self.app.terminal.resize(width, height)
        await self.pilot.resize_terminal(width, height)
        await self.pilot.pause(0.02)

    async def come_back(self) -> None:
        self.app.terminal.clear()
        resume(self.app)

    async def relight(self) -> None:
        self.app.theme = "nof1-light" if self.app.theme == DARK else DARK

    @property
    def base(self) -> Any:
        return self.app.screen_stack[0]


@pytest.mark.parametrize("seed", range(8))
async def test_the_terminal_shows_what_textual_draws_after_any_actions(seed: int) -> None:
    app = Board()

    async def steps(pilot: Pilot[Any]) -> None:
        assert app.installed
        hand = Hand(pilot, app, seed)
        for number in range(40):
            deed = await hand.act()
            await settled(pilot)
            assert shown(app) == expected(app), f"after step {number}: {deed}"

    await driven(app, steps)


async def test_nothing_is_sent_when_nothing_changed() -> None:
    app = Board()
    chance = random.Random(1)
    same_rows, same_curves = rows(chance, 10), curves(chance)

    async def steps(pilot: Pilot[Any]) -> None:
        for refreshed in range(3):
            app.query_one(LiveTable).show_rows(list(same_rows))
            app.query_one(LineChart).show(same_curves)
            app.screen.refresh()
            if refreshed:
                app.terminal.written = ""
            await settled(pilot)
        assert app.terminal.written == ""

    await driven(app, steps)


async def test_one_changed_digit_costs_a_move_a_colour_and_the_digit() -> None:
    app = Board()

    async def steps(pilot: Pilot[Any]) -> None:
        table = app.query_one(LiveTable)
        table.show_rows([(number, "same", 1_234.5, "gain") for number in range(5)])
        await settled(pilot)
        app.terminal.written = ""
        table.show_rows(
            [(number, "same", 1_234.6 if number == 3 else 1_234.5, "gain") for number in range(5)]
        )
        await settled(pilot)
        assert len(app.terminal.written) < 60
        assert shown(app) == expected(app)

    await driven(app, steps)


async def test_a_resume_repaints_everything() -> None:
    app = Board()

    async def steps(pilot: Pilot[Any]) -> None:
        app.query_one("#text", Static).update("still here")
        await settled(pilot)
        app.terminal.clear()
        resume(app)
        await settled(pilot)
        assert shown(app) == expected(app)

    await driven(app, steps)


async def test_a_resize_to_the_same_size_repaints_everything() -> None:
    app = Board()

    async def steps(pilot: Pilot[Any]) -> None:
        app.query_one("#text", Static).update("words at the far end")
        await settled(pilot)
        app.terminal.resize(30, 10)
        app.terminal.resize(80, 24)
        await pilot.resize_terminal(80, 24)
        app.query_one("#top", Static).update("the next tick")
        await settled(pilot)
        await settled(pilot)
        assert shown(app) == expected(app)

    await driven(app, steps)


async def test_the_cursor_is_where_textual_puts_it() -> None:
    app = Board()

    async def steps(pilot: Pilot[Any]) -> None:
        app.query_one(Input).focus()
        await pilot.press("a", "b")
        await settled(pilot)
        cursor = app.terminal.screen.cursor
        assert (cursor.x, cursor.y) == tuple(app.cursor_position)

    await driven(app, steps)


async def test_synchronised_output_brackets_a_frame_and_no_empty_one() -> None:
    app = Board()

    async def steps(pilot: Pilot[Any]) -> None:
        use_synchronised_output(app)
        app.terminal.written = ""
        app.query_one("#text", Static).update("once")
        await settled(pilot)
        assert app.terminal.written.startswith("\x1b[?2026h")
        assert app.terminal.written.endswith("\x1b[?2026l")
        app.terminal.written = ""
        app.screen.refresh()
        await settled(pilot)
        assert app.terminal.written == ""

    await driven(app, steps)


async def test_an_unknown_textual_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(self: App[Any], screen: object, update: object, more: object = None) -> None: ...

    app = Board()

    async def steps(pilot: Pilot[Any]) -> None:
        monkeypatch.setattr(App, "_display", other)
        assert not frame_diff.install(app)
        assert replaced_display(app) is None
        monkeypatch.undo()

    app.diffing = False
    await driven(app, steps)


async def test_a_headless_app_is_not_changed() -> None:
    app = Board(diffing=True)
    async with app.run_test():
        assert not app.installed
