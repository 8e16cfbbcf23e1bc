"""Replaces the method with which Textual 8 sends a frame, so that only differences are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.color import ColorSystem
from rich.console import Console
from textual.app import App
from textual.geometry import Offset, Region
from textual.strip import Strip

from nof1tui.tui.terminal.frame import Frame, FrameChanges
from nof1tui.tui.terminal.sgr import SgrStateCache
from nof1tui.tui.terminal.textual_internals import (
    ChopsUpdate,
    CompositorUpdate,
    LayoutUpdate,
    replace_display,
    stock_display,
)

_COLORS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


class _SequenceUpdate(CompositorUpdate):
    """A sequence as one of Textual's updates; Textual renders an update only to send it."""

    def __init__(self, sequence: str, commit: Callable[[], None]) -> None:
        self._sequence, self._commit = sequence, commit

    def render_segments(self, console: Console) -> str:
        self._commit()
        return self._sequence


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """The content of a terminal at one time."""

    columns: int
    rows: int
    sequence: str
    """Draws it on an empty terminal of this size."""
    corner_width: int
    """Cells at the right end of the first line that show an age."""
    corner_background: str
    """SGR codes of their background."""


class FrameHook:
    """Receives Textual's updates, keeps the last frame and sends only the cells that differ."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._stock = stock_display(app)
        self._frame = Frame(SgrStateCache(_COLORS.get(app.console.color_system or "")))
        self._cursor: Offset | None = None

    def install(self) -> None:
        replace_display(self._app, self.display)
        self._app.app_resume_signal.subscribe(self._app, self._resumed, immediate=True)

    def repaint(self) -> None:
        """Send the whole screen again."""
        self._frame.invalidate()
        self._app.screen.refresh()

    def capture(self, corner: Region) -> CapturedFrame:
        """What the terminal shows now, with the corner that shows an age."""
        ground = self._frame.background_codes(*(corner.right - 1, corner.y)) if corner else ""
        return CapturedFrame(*self._frame.size, self._frame.full_sequence(), corner.width, ground)

    def _resumed(self, _: object) -> None:
        self.repaint()

    def display(self, screen: Any, renderable: Any) -> None:
        """Send one update of a screen; an update of an unknown kind is sent by Textual itself."""
        if type(renderable) is LayoutUpdate:
            region = renderable.region
            self._frame.resize(region.right, region.bottom)
            strips = _of_layout(renderable)
        elif type(renderable) is ChopsUpdate:
            self._frame.resize(max(ends[-1] for ends in renderable.chop_ends), len(renderable.chops))
            strips = _of_chops(renderable)
        else:
            if renderable is not None:
                self._frame.invalidate()
            self._stock(screen, renderable)
            return
        changes = self._frame.diff(strips)
        cursor = self._app.screen.outer_size.clamp_offset(self._app.cursor_position)
        if changes.sequence or cursor != self._cursor:
            self._stock(screen, _SequenceUpdate(changes.sequence, partial(self._commit, changes, cursor)))
        else:
            changes.commit()
            self._app.post_display_hook()

    def _commit(self, changes: FrameChanges, cursor: Offset) -> None:
        self._cursor = cursor
        changes.commit()


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield (x, y, strip) of a full update, as `LayoutUpdate.render_segments` does."""
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def _of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield (x, y, strip) of a partial update, as `ChopsUpdate.render_segments` does."""
    for y, start, stop in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > stop or end <= start:
                continue
            if stop > x >= start and end <= stop:
                yield x, y, strip
            else:
                yield x, y, strip.crop(0, min(end, stop) - x)
