"""A scrolled widget made of lines, which repaints only the lines that changed."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.table.crop import crop_strips, needs_no_decoration


class LineView(ScrollView):
    """A subclass renders the lines; an unchanged line must be the same strip object as before."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._painted: list[Strip] = []

    @abstractmethod
    def lines_between(self, start: int, end: int) -> list[Strip]:
        """The strips of the widget's lines from `start` up to `end`."""

    def repaint(self) -> None:
        """Refresh the lines that differ from those painted."""
        if not self.is_attached or not self.is_on_screen:
            self._painted = []
            return
        height, width = self.size.height, self.size.width
        if len(self._painted) != height:
            self.refresh()
            return
        fresh = self.lines_between(0, height)
        dirty = [
            Region(0, y, width, 1)
            for y, (new, old) in enumerate(zip(fresh, self._painted, strict=True))
            if new is not old
        ]
        if dirty:
            self.refresh(*dirty)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region, without Textual's cache of styles where no decoration is needed."""
        if not needs_no_decoration(self, crop):
            return super().render_lines(crop)
        height = self.size.height
        if len(self._painted) != height:
            self._painted = self.lines_between(0, height)
        else:
            self._painted[crop.y : crop.bottom] = self.lines_between(crop.y, crop.bottom)
        return crop_strips(self, self._painted[crop.y : crop.bottom], crop)

    def render_line(self, y: int) -> Strip:
        return self.lines_between(y, y + 1)[0]


class CursorView(LineView, can_focus=True):
    """Lines below a header with a highlight, which the list keys move."""

    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("list")]

    @property
    @abstractmethod
    def cursor_index(self) -> int:
        """Index of the highlighted line; -1 without lines."""

    @property
    @abstractmethod
    def last_index(self) -> int:
        """Index of the last line; -1 without lines."""

    @abstractmethod
    def go_to(self, index: int) -> None:
        """Highlight the line at this index, or the nearest, and scroll it into view."""

    @property
    def page(self) -> int:
        """Lines in view without the header."""
        return max(self.size.height - 1, 1)

    def action_move(self, lines: int) -> None:
        self.go_to(self.cursor_index + lines)

    def action_page(self, pages: float) -> None:
        step = max(1, round(abs(pages) * self.page))
        self.go_to(self.cursor_index + (step if pages > 0 else -step))

    def action_first(self) -> None:
        self.go_to(0)

    def action_last(self) -> None:
        self.go_to(self.last_index)
