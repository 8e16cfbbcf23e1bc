"""A list whose entries may take several lines: events, chat. Lines are cached by entry."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.style.list_entry import ListEntry

_MIN_TEXT_WIDTH = 16
"""Cells after the head below which the body begins on the next line."""


def _first_line(text: str, width: int) -> tuple[str, str]:
    """The text up to the first break in `width` cells, wrapped between words, and the rest."""
    lines = Content(text).wrap(width)
    first = lines[0].plain.rstrip() if lines else ""
    return first, text[len(first) :].lstrip()


class EntryList(ScrollView, can_focus=True):
    """Entries, newest first; the highlight stays on its entry, and scrolling on the entry at the top."""

    DEFAULT_CSS = """
    FeedList { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"feed-list--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("list")]

    cursor: var[int] = var(0)

    @dataclass
    class Selected(Message):
        """Sent when an entry is opened."""

        entry_list: EntryList
        key: str

        @property
        def control(self) -> EntryList:
            return self.entry_list

    def __init__(self, *, empty: str, body_lines: int = 3, indent: int = 7, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._empty = empty
        self._body_lines = body_lines
        self._indent = indent
        self.entries: tuple[ListEntry, ...] = ()
        self._blocks: dict[ListEntry, list[Strip]] = {}
        self._starts: list[int] = [0]
        self._drawn_for: tuple[int, str] = (0, "")

    @property
    def highlighted(self) -> ListEntry | None:
        return self.entries[self.cursor] if 0 <= self.cursor < len(self.entries) else None

    def show_entries(self, entries: Sequence[ListEntry], *, empty: str | None = None) -> None:
        """Show these entries; does nothing when they are equal to those shown."""
        fresh = tuple(entries)
        if empty is not None and empty != self._empty:
            self._empty = empty
            self.refresh()
        if fresh == self.entries:
            return
        chosen, top = self.highlighted, self._entry_at(self.scroll_offset.y)
        reading = self.scroll_offset.y > 0 and top < len(self.entries)
        anchor = self.entries[top].key if reading else None
        within = self.scroll_offset.y - self._starts[top] if reading else 0
        self.entries = fresh
        self._layout()
        places = {entry.key: place for place, entry in enumerate(fresh)}
        follows = self.has_focus and self.cursor > 0
        self.cursor = places.get(chosen.key, 0) if chosen is not None and follows else 0
        if anchor is not None and anchor in places:
            self.scroll_to(y=self._starts[places[anchor]] + within, animate=False, immediate=True)
        self.refresh()

    def _layout(self) -> None:
        """Lay out new entries and compute the first line of each entry."""
        width = self.scrollable_content_region.width
        drawn_for = (width, self.app.theme)
        if drawn_for != self._drawn_for:
            self._blocks, self._drawn_for = {}, drawn_for
        known = self._blocks
        self._blocks = {entry: known.get(entry) or self._block(entry, width) for entry in self.entries}
        heights = (len(self._blocks[entry]) for entry in self.entries)
        self._starts = list(accumulate(heights, initial=0))
        size = Size(width, self._starts[-1])
        if size != self.virtual_size:
            self.virtual_size = size

    def _block(self, entry: ListEntry, width: int) -> list[Strip]:
        """The entry's lines: the head followed by the body, which continues indented below it."""
        width = max(width, 1)
        content = entry.content(width)
        beginning, rest = "", entry.body
        if rest and width - content.cell_length >= _MIN_TEXT_WIDTH:
            beginning, rest = _first_line(rest, width - content.cell_length)
            content = Content.assemble(content, beginning)
        lines = [content.truncate(width, ellipsis=True)]
        text_width = max(width - self._indent, _MIN_TEXT_WIDTH)
        while rest and len(lines) < self._body_lines:
            line, rest = _first_line(rest, text_width)
            if rest and len(lines) + 1 == self._body_lines:
                line = f"{line[: text_width - 1]}…"
            lines.append(Content(" " * self._indent + line))
        style = self.visual_style
        return [strip for line in lines for strip in Visual.to_strips(self, line, width, 1, style, pad=True)]

    def _entry_at(self, line: int) -> int:
        return max(0, bisect_right(self._starts, line) - 1)

    def on_resize(self) -> None:
        self._layout()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_attached and self.entries:
            self._drawn_for = (0, "")
            self._layout()

    def render_line(self, y: int) -> Strip:
        width, line = self.scrollable_content_region.width, y + self.scroll_offset.y
        if not self.entries:
            text = Content(f" {self._empty}").stylize("$muted")
            lines = Visual.to_strips(self, text, max(width, 1), None, self.visual_style, pad=True)
            return lines[y] if y < len(lines) else Strip.blank(width, self.rich_style)
        place = self._entry_at(line)
        if place >= len(self.entries):
            return Strip.blank(width, self.rich_style)
        strip = self._blocks[self.entries[place]][line - self._starts[place]]
        if place == self.cursor and self.has_focus:
            cursor = self.get_component_rich_style("feed-list--cursor", partial=True)
            strip = strip.apply_style(cursor)
        return strip.crop_extend(0, width, self.rich_style)

    def watch_cursor(self, old: int, new: int) -> None:
        for place in (old, new):
            self._refresh_entry(place)
        if new < len(self.entries):
            height = self._starts[new + 1] - self._starts[new]
            self.scroll_to_region(Region(0, self._starts[new], 1, height), animate=False, force=True)

    def _refresh_entry(self, place: int) -> None:
        if place + 1 < len(self._starts):
            top = self._starts[place] - self.scroll_offset.y
            self.refresh(Region(0, top, self.size.width, self._starts[place + 1] - self._starts[place]))

    def _move(self, steps: int) -> None:
        self.cursor = min(max(self.cursor + steps, 0), max(len(self.entries) - 1, 0))

    def action_move(self, steps: int) -> None:
        self._move(steps)

    def action_first(self) -> None:
        self._move(-len(self.entries))

    def action_last(self) -> None:
        self._move(len(self.entries))

    def action_page(self, pages: float) -> None:
        """Move by this number of pages, up where negative."""
        if self.entries:
            step = max(round(abs(pages) * self.size.height), 1)
            line = self._starts[self.cursor] + (step if pages > 0 else -step)
            place = min(self._entry_at(max(line, 0)), len(self.entries) - 1)
            self._move((place - self.cursor) or (1 if pages > 0 else -1))

    def select(self) -> None:
        """Open the highlighted entry."""
        if self.highlighted is not None:
            self.post_message(self.Selected(self, self.highlighted.key))

    def on_focus(self) -> None:
        self._refresh_entry(self.cursor)

    def on_blur(self) -> None:
        self._refresh_entry(self.cursor)

    def on_click(self, event: events.Click) -> None:
        place = self._entry_at(event.y + self.scroll_offset.y)
        if place < len(self.entries):
            again = place == self.cursor and event.chain > 1
            self.cursor = place
            if again:
                self.select()
