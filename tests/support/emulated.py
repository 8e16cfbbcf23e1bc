"""An app on an emulated terminal in the same process: shown and expected cells."""

from __future__ import annotations

from typing import Any

import pyte
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.pilot import Pilot

from nof1tui.tui.terminal.textual_internals import driver_of
from tests.support.textual_internals import full_frame, has_dirty_regions, is_painted


class Terminal(HeadlessDriver):
    """A driver that writes the app's output to an emulated screen."""

    screen: pyte.Screen
    written: str

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        width, height = self._size or (80, 24)
        self.screen = pyte.Screen(width, height)
        self.screen.reset_mode(pyte.modes.DECAWM)
        self._stream = pyte.Stream(self.screen)
        self.written = ""

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.written += data
        self._stream.feed(data)

    def flush(self) -> None: ...

    def resize(self, width: int, height: int) -> None:
        self._size = Size(width, height)
        self.screen.resize(height, width)
        self.screen.reset_mode(pyte.modes.DECAWM)

    def clear(self) -> None:
        """Clear the screen, as leaving and entering the alternate screen does."""
        self.screen.reset()
        self.screen.reset_mode(pyte.modes.DECAWM)


def terminal_of(app: App[Any]) -> Terminal:
    driver = driver_of(app)
    assert isinstance(driver, Terminal)
    return driver


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until nothing is left to paint."""
    app = pilot.app
    for _ in range(500):
        await pilot.pause()
        if is_painted(app.screen) and not any(map(has_dirty_regions, app.screen_stack)):
            return
    raise AssertionError("the app never stops painting")


Cells = list[list[tuple[Any, ...]]]


def shown(app: App[Any]) -> Cells:
    """The terminal's screen by cells."""
    return cells_of(terminal_of(app).screen)


def expected(app: App[Any]) -> Cells:
    """What Textual would draw, whole, onto an empty terminal."""
    screen = pyte.Screen(*app.size)
    screen.reset_mode(pyte.modes.DECAWM)
    pyte.Stream(screen).feed(full_frame(app).replace("\n", "\r\n"))
    return cells_of(screen)


def cells_of(screen: pyte.Screen) -> Cells:
    """Characters and looks; of a space only what is seen of it."""
    lines: Cells = []
    for y in range(screen.lines):
        line: list[tuple[Any, ...]] = []
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            lines_on_it = (cell.underscore, cell.reverse, cell.strikethrough)
            if cell.data == " " and not any(lines_on_it):
                line.append((" ", cell.bg))
            else:
                line.append((cell.data, cell.fg, cell.bg, cell.bold, cell.italics, *lines_on_it))
        lines.append(line)
    return lines
