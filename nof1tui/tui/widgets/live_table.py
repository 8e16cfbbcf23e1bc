"""A table that is fed whole rows again and again, and paints only the lines whose cells changed.

Lines are made for visible rows alone, one strip a row, kept until its cells are others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from nof1tui.tui.cells import Palette
from nof1tui.tui.widgets.blank import BLANK, Blank
from nof1tui.tui.widgets.line_view import CursorView
from nof1tui.tui.widgets.table_lines import TableLines, Tones
from nof1tui.tui.widgets.table_order import Order
from nof1tui.tui.widgets.table_rows import TableRows
from nof1tui.tui.widgets.table_strips import Column, Layout, R, fit_columns

__all__ = ["Column", "LiveTable"]


class LiveTable(CursorView, Generic[R], can_focus=True):
    """Rows by key, a highlight that follows its row, a header that stays."""

    DEFAULT_CSS = """
    LiveTable {
        background: $background; color: $foreground;
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        & > .live-table--header { color: $foreground 60%; }
        & > .live-table--highlight { background: $foreground 8%; }
        &:focus > .live-table--highlight { background: $accent 25%; }
        &:ansi {
            & > .live-table--header { color: $foreground; text-style: underline; }
            & > .live-table--highlight { background: $background; text-style: bold; }
            &:focus > .live-table--highlight { background: $background; text-style: reverse; }
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"live-table--header", "live-table--highlight"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", show=True, tooltip="Open the highlighted row"),
    ]

    class Highlighted(Message):
        """The highlight went to another row."""

        def __init__(self, table: LiveTable[Any], row: Any) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> LiveTable[Any]:
            return self.table

    class Selected(Highlighted):
        """The highlighted row was chosen, by enter or by a click on it."""

    class Sorted(Message):
        """The rows are in another order."""

        def __init__(self, table: LiveTable[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> LiveTable[Any]:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        key: Callable[[R], Hashable],
        empty: str | Sequence[str] = "",
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._blank = Blank()
        self.say_empty(empty)
        self._rows: TableRows[R] = TableRows(key, Order(tuple(columns)))
        self._lines: TableLines[R] = TableLines(key)
        self._layout_of: Layout[R] | None = None
        self._fitted_to = (0, 0)
        """Cells the columns may take, and the whole width, which may have a scrollbar at its end."""
        self._tones: Tones | None = None

    # What is shown

    @property
    def shown(self) -> Sequence[R]:
        """The rows in the order they are shown."""
        return self._rows.shown

    @property
    def columns(self) -> Sequence[Column[R]]:
        """All columns, also those that have left for want of room."""
        return self._rows.order.columns

    @property
    def highlighted(self) -> R | None:
        return self._rows.marked

    @property
    def place(self) -> int:
        """Where the highlight is, from 0; -1 without rows."""
        return self._rows.place

    @property
    def last_place(self) -> int:
        return len(self.shown) - 1

    @property
    def highlighted_key(self) -> Hashable:
        """The key of the highlighted row; None without rows."""
        return self._rows.marked_key

    @property
    def sorted_by(self) -> tuple[str | None, bool]:
        """The key of the column sorted by (None: as given), and whether the highest comes first."""
        return self._rows.order.key, self._rows.order.reverse

    @property
    def hidden_columns(self) -> int:
        """How many columns have left for want of room."""
        return self._layout.hidden

    def room_of(self, key: str) -> int:
        """Cells that this column has come to have; 0 where it has left."""
        return next((column.width for column in self._layout.columns if column.key == key), 0)

    def say_empty(self, words: str | Sequence[str]) -> None:
        """What stands where there is no row: a headline, and lines that say why and what to do."""
        if self._blank.say((words,) if isinstance(words, str) else tuple(words)) and self.is_attached:
            self.repaint()

    def give_up(self, key: str) -> None:
        """Leave this key to the screen, which has another use for it."""
        self._bindings.key_to_bindings.pop(key, None)

    def show_rows(self, rows: Sequence[R]) -> None:
        """Show these rows in place of the last ones."""
        self._rows.given = rows
        self._lines.look_again()
        self._arrange()

    def set_columns(self, columns: Sequence[Column[R]]) -> None:
        """Show other columns; the sorted column stays if it is among them."""
        self._rows.order = self._rows.order.over(tuple(columns))
        self._layout_of = None
        self._lines.forget()
        self._arrange()

    def highlight(self, key: Hashable) -> None:
        """Move the highlight to the row with this key and bring it into view; unknown keys do nothing."""
        place = self._rows.place_of(key)
        if place is not None:
            self.go_to(place)

    # The chosen column

    @property
    def pointed(self) -> Column[R] | None:
        """The column that a cell is copied of: the one chosen, else the one sorted by, else the first."""
        columns = {column.key: column for column in self._layout.columns}
        first = next(iter(columns.values()), None)
        return columns.get(self._lines.chosen or "") or columns.get(self._rows.order.key or "") or first

    @property
    def points(self) -> bool:
        """Whether a column was chosen."""
        return self._lines.chosen is not None

    def point(self, steps: int) -> None:
        """Choose the column so many further on; the first time, show which one it is. 0: none."""
        keys = [column.key for column in self._layout.columns]
        pointed = self.pointed
        if steps == 0 or pointed is None:
            self._lines.chosen = None
        elif self._lines.chosen not in keys:
            self._lines.chosen = pointed.key
        else:
            self._lines.chosen = keys[min(max(keys.index(pointed.key) + steps, 0), len(keys) - 1)]
        self._lines.look_again()
        self.repaint()

    # Order

    def group_by(self, group: Callable[[R], Hashable] | None) -> None:
        """Keep the rows of a group together, below the first of them, which is their head."""
        self._rows.order = replace(self._rows.order, group=group)
        self._arrange()

    def sort_by(self, key: str | None, reverse: bool = False) -> None:
        """Sort by a column; None: in the order given."""
        self._reorder(self._rows.order.by(key, reverse))

    def sort_next(self) -> None:
        """Sort by the next column shown that can be sorted by; after the last, as given."""
        self._reorder(self._rows.order.next(self._layout.columns, self._rows.given))

    def sort_reverse(self) -> None:
        key, reverse = self.sorted_by
        self._reorder(self._rows.order.by(key, not reverse))

    def _reorder(self, order: Order[R]) -> None:
        self._rows.order = order
        self._arrange()
        self.post_message(self.Sorted(self))

    def _arrange(self) -> None:
        """Order the rows and let the highlight find its own again, or the nearest."""
        if self._rows.arrange():
            self.post_message(self.Highlighted(self, self.highlighted))
        if self.virtual_size.height != len(self.shown) + 1:
            self.virtual_size = Size(0, len(self.shown) + 1)
        self.repaint()

    # Painting

    @property
    def _layout(self) -> Layout[R]:
        room, width = self.scrollable_content_region.width, self.size.width
        if self._layout_of is None or self._fitted_to != (room, width):
            self._fitted_to = (room, width)
            self._layout_of = replace(fit_columns(self.columns, room), width=width)
            self._lines.forget()
        return self._layout_of

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._tones = None
        self._lines.forget()

    def _toned(self) -> Tones:
        if self._tones is None:
            self._tones = Tones(
                Palette.of(self.app.theme_variables),
                self.rich_style,
                self.get_component_rich_style("live-table--header"),
                self.get_component_rich_style("live-table--highlight"),
            )
        return self._tones

    def lines_between(self, start: int, end: int) -> list[Strip]:
        """The header, the rows in view, and what is said where there is none."""
        rows, height = self._rows.shown, self.size.height
        scrolled = min(self.scroll_offset.y, max(0, len(rows) + 1 - height))
        tones, layout, marked = self._toned(), self._layout, self._rows.place
        strips = []
        for y in range(start, end):
            place = y - 1 + scrolled
            if y == 0:
                strips.append(self._lines.header(self._rows.order, layout, tones))
            elif place < len(rows):
                strips.append(self._lines.row(rows[place], layout, tones, highlighted=place == marked))
            else:
                cell = self._blank.line(place, layout.width, height - 1) if not rows else BLANK
                strips.append(self._lines.words(cell, layout, tones))
        self._lines.keep_near(height)
        return strips

    # Keys and mouse

    def go_to(self, place: int) -> None:
        """Highlight the row at this place, or the nearest there is, and bring it into view."""
        if not self.shown:
            return
        if self._rows.mark(place):
            self.post_message(self.Highlighted(self, self.highlighted))
        top = self.scroll_offset.y
        if self.place < top:
            self.scroll_to(y=self.place, animate=False)
        elif self.place >= top + self.page:
            self.scroll_to(y=self.place - self.page + 1, animate=False)
        self.repaint()

    def action_select(self) -> None:
        if self.place >= 0:
            self.post_message(self.Selected(self, self.highlighted))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            column = self._layout.column_at(offset.x)
            if column is not None and column.sort is not None:
                self._reorder(self._rows.order.clicked(column, self._rows.given))
            return
        place = offset.y - 1 + self.scroll_offset.y
        if place == self.place:
            self.action_select()
        elif place < len(self.shown):
            self.go_to(place)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        offset = event.get_content_offset(self)
        column = self._layout.column_at(offset.x) if offset is not None and offset.y == 0 else None
        words = column.tooltip if column is not None else ""
        if words != (self.tooltip or ""):
            self.tooltip = Content(words) if words else None
