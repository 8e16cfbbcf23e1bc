"""A table whose rows are replaced as a whole, with keys and mouse."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from nof1tui.tui.table.layout import Column, RowT
from nof1tui.tui.table.order import SortOrder
from nof1tui.tui.table.view import TableView
from nof1tui.tui.terminal.textual_internals import remove_binding

__all__ = ["Column", "LiveTable"]


class LiveTable(TableView[RowT], can_focus=True):
    """Rows by key, a highlight that follows its row, a fixed header."""

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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", show=True, tooltip="Open the highlighted row"),
    ]

    class Highlighted(Message):
        """Sent when the highlight moves to another row."""

        def __init__(self, table: LiveTable[Any], row: Any) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> LiveTable[Any]:
            return self.table

    class Selected(Highlighted):
        """Sent when the highlighted row is opened, by enter or by a click on it."""

    class Sorted(Message):
        """Sent when the rows are in another order."""

        def __init__(self, table: LiveTable[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> LiveTable[Any]:
            return self.table

    def highlight_moved(self) -> None:
        self.post_message(self.Highlighted(self, self.highlighted))

    def unbind_key(self, key: str) -> None:
        """Remove the table's binding of this key, so that it reaches the screen."""
        remove_binding(self, key)

    def highlight(self, key: Hashable) -> None:
        """Highlight the row with this key and scroll it into view; an unknown key does nothing."""
        place = self._rows.index_of(key)
        if place is not None:
            self.go_to(place)

    # The chosen column

    @property
    def active_column(self) -> Column[RowT] | None:
        """The column whose cell is copied: the chosen one, else the one sorted by, else the first."""
        columns = {column.key: column for column in self._layout.columns}
        first = next(iter(columns.values()), None)
        return (
            columns.get(self._lines.chosen_column or "") or columns.get(self._rows.order.key or "") or first
        )

    @property
    def chosen_column(self) -> Column[RowT] | None:
        """The column chosen with the keys; None without one, and where it is not shown."""
        chosen = self._lines.chosen_column
        return next((column for column in self._layout.columns if column.key == chosen), None)

    def move_column_cursor(self, steps: int) -> None:
        """Choose the column `steps` to the right; the first call chooses the active one. 0 chooses none."""
        keys = [column.key for column in self._layout.columns]
        active = self.active_column
        if steps == 0 or active is None:
            self._lines.chosen_column = None
        elif self._lines.chosen_column not in keys:
            self._lines.chosen_column = active.key
        else:
            self._lines.chosen_column = keys[min(max(keys.index(active.key) + steps, 0), len(keys) - 1)]
        self._lines.mark_stale()
        self.repaint()

    # Order

    def group_by(self, group: Callable[[RowT], Hashable] | None) -> None:
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

    def _reorder(self, order: SortOrder[RowT]) -> None:
        self._rows.order = order
        self._arrange()
        self.post_message(self.Sorted(self))

    # Keys and mouse

    def go_to(self, index: int) -> None:
        """Highlight the row at this index, or the nearest, and scroll it into view."""
        if not self.shown:
            return
        if self._rows.mark(index):
            self.highlight_moved()
        top = self.scroll_offset.y
        if self.cursor_index < top:
            self.scroll_to(y=self.cursor_index, animate=False)
        elif self.cursor_index >= top + self.page:
            self.scroll_to(y=self.cursor_index - self.page + 1, animate=False)
        self.repaint()

    def action_select(self) -> None:
        if self.cursor_index >= 0:
            self.post_message(self.Selected(self, self.highlighted))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            column = self._layout.column_at(offset.x)
            if column is not None and column.sort_key is not None:
                self._reorder(self._rows.order.clicked(column, self._rows.given))
            return
        place = offset.y - 1 + self.scroll_offset.y
        if place == self.cursor_index:
            self.action_select()
        elif place < len(self.shown):
            self.go_to(place)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        offset = event.get_content_offset(self)
        column = self._layout.column_at(offset.x) if offset is not None and offset.y == 0 else None
        text = column.tooltip if column is not None else ""
        if text != (self.tooltip or ""):
            self.tooltip = Content(text) if text else None
