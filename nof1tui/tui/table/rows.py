"""The rows of a table in their order, and the highlighted row, identified by its key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic

from nof1tui.tui.table.layout import RowT
from nof1tui.tui.table.order import SortOrder


class TableRows(Generic[RowT]):
    """Rows are replaced as a whole; the highlight follows its row."""

    def __init__(self, key: Callable[[RowT], Hashable], order: SortOrder[RowT]) -> None:
        self._key = key
        self.order = order
        self.given: Sequence[RowT] = ()
        self.shown: list[RowT] = []
        self.marked_index = -1
        """Index of the highlighted row; -1 without rows."""
        self.marked_key: Hashable = None
        """Key of the highlighted row; None without rows."""

    @property
    def marked(self) -> RowT | None:
        return self.shown[self.marked_index] if self.marked_index >= 0 else None

    def arrange(self) -> bool:
        """Sort the rows; returns whether the highlight moved because its row is gone."""
        self.shown = self.order.arranged(self.given)
        return self.mark(self._current_index())

    def mark(self, index: int) -> bool:
        """Highlight the row at this index, or the nearest; returns whether it is another row than before."""
        self.marked_index = min(max(index, 0), len(self.shown) - 1)
        key = self._key(self.shown[self.marked_index]) if self.marked_index >= 0 else None
        if key == self.marked_key:
            return False
        self.marked_key = key
        return True

    def index_of(self, key: Hashable) -> int | None:
        """Index of the row with this key; None where it is missing."""
        return next((index for index, row in enumerate(self.shown) if self._key(row) == key), None)

    def _current_index(self) -> int:
        """Index of the highlighted row in the new order; its old index where the row is gone."""
        if self.marked_index < 0:
            return 0
        wanted = self.marked_key
        if self.marked_index < len(self.shown) and self._key(self.shown[self.marked_index]) == wanted:
            return self.marked_index
        index = self.index_of(wanted)
        return self.marked_index if index is None else index
