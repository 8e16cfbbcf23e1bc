"""Contents and painting of a table: rows by key under the columns that fit.

Only visible rows are rendered, one strip each, which is cached until its cells change.
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
    """Rows, a highlight that follows its row and a fixed header, without keys and mouse."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"live-table--header", "live-table--highlight"}

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        *,
        key: Callable[[RowT], Hashable],
        is_muted: Callable[[RowT], bool] = lambda row: False,
        empty: str | Sequence[str] = "",
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._empty_state = EmptyStateView()
        self.set_empty_state(empty)
        self._rows: TableRows[RowT] = TableRows(key, SortOrder(tuple(columns)))
        self._lines: TableLineCache[RowT] = TableLineCache(key, is_muted)
        self._layout_of: Layout[RowT] | None = None
        self._fitted_to = (0, 0)
        """Cells for the columns, and the whole width with a scrollbar."""
        self._styles_of_theme: TableStyles | None = None

    # What is shown

    @property
    def shown(self) -> Sequence[RowT]:
        """The rows in the order they are shown."""
        return self._rows.shown

    @property
    def columns(self) -> Sequence[Column[RowT]]:
        """All columns, also those dropped because the table is narrow."""
        return self._rows.order.columns

    @property
    def highlighted(self) -> RowT | None:
        return self._rows.marked

    @property
    def cursor_index(self) -> int:
        """Index of the highlighted row; -1 without rows."""
        return self._rows.marked_index

    @property
    def last_index(self) -> int:
        return len(self.shown) - 1

    @property
    def highlighted_key(self) -> Hashable:
        """Key of the highlighted row; None without rows."""
        return self._rows.marked_key

    @property
    def sorted_by(self) -> tuple[str | None, bool]:
        """Key of the column sorted by (None: unsorted), and whether the highest value comes first."""
        return self._rows.order.key, self._rows.order.reverse

    @property
    def hidden_columns(self) -> int:
        """Number of columns dropped because the table is narrow."""
        return self._layout.hidden

    def column_width(self, key: str) -> int:
        """Width of this column in cells; 0 where it is dropped."""
        return next((column.width for column in self._layout.columns if column.key == key), 0)

    def set_empty_state(self, text: str | Sequence[str]) -> None:
        """Set the text shown without rows: a headline, and lines with the reason and what to do."""
        if self._empty_state.set_text((text,) if isinstance(text, str) else tuple(text)) and self.is_attached:
            self.repaint()

    def show_rows(self, rows: Sequence[RowT]) -> None:
        """Replace the rows."""
        self._rows.given = rows
        self._lines.mark_stale()
        self._arrange()

    def set_columns(self, columns: Sequence[Column[RowT]]) -> None:
        """Replace the columns; the sort order stays if its column is among them."""
        self._rows.order = self._rows.order.over(tuple(columns))
        self._layout_of = None
        self._lines.clear()
        self._arrange()

    @abstractmethod
    def highlight_moved(self) -> None:
        """Called when the highlight moves to another row."""

    def _arrange(self) -> None:
        """Sort the rows and move the highlight to its row, or the nearest."""
        if self._rows.arrange():
            self.highlight_moved()
        if self.virtual_size.height != len(self.shown) + 1:
            self.virtual_size = Size(0, len(self.shown) + 1)
        self.repaint()

    # Painting

    @property
    def _layout(self) -> Layout[RowT]:
        available, width = self.scrollable_content_region.width, self.size.width
        if self._layout_of is None or self._fitted_to != (available, width):
            self._fitted_to = (available, width)
            self._layout_of = replace(fit_columns(self.columns, available), width=width)
            self._lines.clear()
        return self._layout_of

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_of_theme = None
        self._lines.clear()

    def _table_styles(self) -> TableStyles:
        if self._styles_of_theme is None:
            self._styles_of_theme = TableStyles(
                Palette.of(self.app.theme_variables),
                self.rich_style,
                self.get_component_rich_style("live-table--header"),
                self.get_component_rich_style("live-table--highlight"),
            )
        return self._styles_of_theme

    def lines_between(self, start: int, end: int) -> list[Strip]:
        """The header, the rows in view, and the empty state without rows."""
        rows, height = self._rows.shown, self.size.height
        scrolled = min(self.scroll_offset.y, max(0, len(rows) + 1 - height))
        styles, layout, marked = self._table_styles(), self._layout, self._rows.marked_index
        strips = []
        for y in range(start, end):
            place = y - 1 + scrolled
            if y == 0:
                strips.append(self._lines.header(self._rows.order, layout, styles))
            elif place < len(rows):
                strips.append(self._lines.row(rows[place], layout, styles, highlighted=place == marked))
            else:
                cell = BLANK_CELL
                if not rows:
                    cell = self._empty_state.render_line(place, layout.width, height - 1)
                strips.append(self._lines.message(cell, layout, styles))
        self._lines.trim(height)
        return strips
