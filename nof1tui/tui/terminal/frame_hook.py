"""The place in Textual 8 where a frame leaves for the terminal, and what stands there instead."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.color import ColorSystem
from rich.console import Console
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Offset, Region
from textual.strip import Strip

from nof1tui.tui.terminal.frame import Frame, FrameChanges
from nof1tui.tui.terminal.sgr import SgrStateCache

_COLORS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}
_EXPECTED: tuple[tuple[Any, list[str]], ...] = (
    (LayoutUpdate.__init__, ["self", "strips", "region"]),
    (ChopsUpdate.__init__, ["self", "chops", "spans", "chop_ends"]),
    (CompositorUpdate.render_segments, ["self", "console"]),
)


def is_supported(app: App[Any]) -> bool:
    """Whether this Textual has the parts that are replaced, in the shape they are known in."""
    display: Any = getattr(App, "_display", None)
    if display is None or getattr(type(app), "_display", None) is not display:
        return False
    return _parameters(display) == ["self", "screen", "renderable"] and all(
        _parameters(part) == names for part, names in _EXPECTED
    )


def _parameters(part: Any) -> list[str]:
    return list(inspect.signature(part).parameters)


class _Sent(CompositorUpdate):
    """Changes in the shape in which Textual takes updates; Textual draws them only to send them."""

    def __init__(self, sequence: str, commit: Callable[[], None]) -> None:
        self._sequence, self._commit = sequence, commit

    def render_segments(self, console: Console) -> str:
        self._commit()
        return self._sequence


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """What a terminal showed at one moment."""

    columns: int
    rows: int
    sequence: str
    """What shows it on an empty terminal of this size."""
    corner_width: int
    """Cells at the right end of the first line that tell an age."""
    corner_background: str
    """SGR codes of what is behind them."""


class FrameHook:
    """Takes Textual's updates, keeps the last frame, and lets only what differs go on."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._stock: Callable[[Any, Any], None] = app._display
        self._frame = Frame(SgrStateCache(_COLORS.get(app.console.color_system or "")))
        self._cursor: Offset | None = None

    def install(self) -> None:
        vars(self._app)["_display"] = self.display
        self._app.app_resume_signal.subscribe(self._app, self._resumed, immediate=True)

    def repaint(self) -> None:
        """Send the whole screen again."""
        self._frame.invalidate()
        self._app.screen.refresh()

    def capture(self, corner: Region) -> CapturedFrame:
        """What the terminal shows now."""
        ground = self._frame.background_codes(*(corner.right - 1, corner.y)) if corner else ""
        return CapturedFrame(*self._frame.size, self._frame.full_sequence(), corner.width, ground)

    def _resumed(self, _: object) -> None:
        self.repaint()

    def display(self, screen: Any, renderable: Any) -> None:
        """In place of `App._display`. An update that is not known goes its usual way."""
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
            self._stock(screen, _Sent(changes.sequence, partial(self._commit, changes, cursor)))
        else:
            changes.commit()
            self._app.post_display_hook()

    def _commit(self, changes: FrameChanges, cursor: Offset) -> None:
        self._cursor = cursor
        changes.commit()


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Strips of a full update, as `LayoutUpdate.render_segments` goes through them."""
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def _of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Strips of a partial update, as `ChopsUpdate.render_segments` goes through them."""
    for y, start, stop in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > stop or end <= start:
                continue
            if stop > x >= start and end <= stop:
                yield x, y, strip
            else:
                yield x, y, strip.crop(0, min(end, stop) - x)
