"""The rows of a table in their order, and the one that is marked: it is found again by its key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic

from nof1tui.tui.table.layout import RowT
from nof1tui.tui.table.order import SortOrder


class TableRows(Generic[RowT]):
    """Whole rows are given again and again; the mark follows its row."""

    def __init__(self, key: Callable[[RowT], Hashable], order: SortOrder[RowT]) -> None:
        self._key = key
        self.order = order
        self.given: Sequence[RowT] = ()
        self.shown: list[RowT] = []
        self.marked_index = -1
        """Where the mark is, from 0; -1 without rows."""
        self.marked_key: Hashable = None
        """The key of the marked row; None without rows."""

    @property
    def marked(self) -> RowT | None:
        return self.shown[self.marked_index] if self.marked_index >= 0 else None

    def arrange(self) -> bool:
        """Order the rows; whether the mark had to go to another one because its row is gone."""
        self.shown = self.order.arranged(self.given)
        place = self._place_again()
        return self.mark(place)

    def mark(self, place: int) -> bool:
        """Mark the row at this place, or the nearest there is; whether it is another one than before."""
        self.marked_index = min(max(place, 0), len(self.shown) - 1)
        key = self._key(self.shown[self.marked_index]) if self.marked_index >= 0 else None
        if key == self.marked_key:
            return False
        self.marked_key = key
        return True

    def index_of(self, key: Hashable) -> int | None:
        """Where the row with this key is; None when there is none."""
        return next((place for place, row in enumerate(self.shown) if self._key(row) == key), None)

    def _place_again(self) -> int:
        """Where the marked row is now, or where it was."""
        if self.marked_index < 0:
            return 0
        wanted = self.marked_key
        if self.marked_index < len(self.shown) and self._key(self.shown[self.marked_index]) == wanted:
            return self.marked_index
        found = self.index_of(wanted)
        return self.marked_index if found is None else found
