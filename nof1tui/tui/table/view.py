"""What a table shows and how it is painted: rows by key under columns that fit, line by line.

Lines are made for visible rows alone, one strip a row, kept until its cells are others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import ClassVar, Generic

from textual.geometry import Size
from textual.strip import Strip

from nof1tui.tui.style.cells import Palette
from nof1tui.tui.table.empty_state import BLANK_CELL, EmptyStateView
from nof1tui.tui.table.layout import Column, Layout, RowT, fit_columns
from nof1tui.tui.table.line_cache import TableLineCache, TableStyles
from nof1tui.tui.table.line_view import CursorView
from nof1tui.tui.table.order import SortOrder
from nof1tui.tui.table.rows import TableRows


class TableView(CursorView, Generic[RowT]):
    """Rows, a highlight that follows its row, a header that stays; it hears neither keys nor mouse."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"live-table--header", "live-table--highlight"}

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        *,
        key: Callable[[RowT], Hashable],
        empty: str | Sequence[str] = "",
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._blank = EmptyStateView()
        self.set_empty_state(empty)
        self._rows: TableRows[RowT] = TableRows(key, SortOrder(tuple(columns)))
        self._lines: TableLineCache[RowT] = TableLineCache(key)
        self._layout_of: Layout[RowT] | None = None
        self._fitted_to = (0, 0)
        """Cells the columns may take, and the whole width, which may have a scrollbar at its end."""
        self._tones: TableStyles | None = None

    # What is shown

    @property
    def shown(self) -> Sequence[RowT]:
        """The rows in the order they are shown."""
        return self._rows.shown

    @property
    def columns(self) -> Sequence[Column[RowT]]:
        """All columns, also those that have left for want of room."""
        return self._rows.order.columns

    @property
    def highlighted(self) -> RowT | None:
        return self._rows.marked

    @property
    def cursor_index(self) -> int:
        """Where the highlight is, from 0; -1 without rows."""
        return self._rows.marked_index

    @property
    def last_index(self) -> int:
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

    def column_width(self, key: str) -> int:
        """Cells that this column has come to have; 0 where it has left."""
        return next((column.width for column in self._layout.columns if column.key == key), 0)

    def set_empty_state(self, words: str | Sequence[str]) -> None:
        """What stands where there is no row: a headline, and lines that say why and what to do."""
        if self._blank.set_text((words,) if isinstance(words, str) else tuple(words)) and self.is_attached:
            self.repaint()

    def show_rows(self, rows: Sequence[RowT]) -> None:
        """Show these rows in place of the last ones."""
        self._rows.given = rows
        self._lines.mark_stale()
        self._arrange()

    def set_columns(self, columns: Sequence[Column[RowT]]) -> None:
        """Show other columns; the sorted column stays if it is among them."""
        self._rows.order = self._rows.order.over(tuple(columns))
        self._layout_of = None
        self._lines.clear()
        self._arrange()

    @abstractmethod
    def highlight_moved(self) -> None:
        """The highlight went to another row."""

    def _arrange(self) -> None:
        """Order the rows and let the highlight find its own again, or the nearest."""
        if self._rows.arrange():
            self.highlight_moved()
        if self.virtual_size.height != len(self.shown) + 1:
            self.virtual_size = Size(0, len(self.shown) + 1)
        self.repaint()

    # Painting

    @property
    def _layout(self) -> Layout[RowT]:
        room, width = self.scrollable_content_region.width, self.size.width
        if self._layout_of is None or self._fitted_to != (room, width):
            self._fitted_to = (room, width)
            self._layout_of = replace(fit_columns(self.columns, room), width=width)
            self._lines.clear()
        return self._layout_of

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._tones = None
        self._lines.clear()

    def _toned(self) -> TableStyles:
        if self._tones is None:
            self._tones = TableStyles(
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
        tones, layout, marked = self._toned(), self._layout, self._rows.marked_index
        strips = []
        for y in range(start, end):
            place = y - 1 + scrolled
            if y == 0:
                strips.append(self._lines.header(self._rows.order, layout, tones))
            elif place < len(rows):
                strips.append(self._lines.row(rows[place], layout, tones, highlighted=place == marked))
            else:
                cell = self._blank.render_line(place, layout.width, height - 1) if not rows else BLANK_CELL
                strips.append(self._lines.message(cell, layout, tones))
        self._lines.trim(height)
        return strips
