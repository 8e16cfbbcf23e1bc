"""The sort order of a table's rows and its mark in the header."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

from rich.cells import cell_len

from nof1tui.tui.style.cells import Cell
from nof1tui.tui.table.layout import Column, RowT, fit_text


@dataclass(frozen=True, slots=True)
class SortOrder(Generic[RowT]):
    """A table's columns and the one it is sorted by; without one, rows stay as given."""

    columns: tuple[Column[RowT], ...]
    key: str | None = None
    reverse: bool = False
    """Whether the highest value comes first."""
    group: Callable[[RowT], Hashable] | None = None
    """Key of the rows that stay together, below the first of them that was given."""

    def over(self, columns: tuple[Column[RowT], ...]) -> SortOrder[RowT]:
        """The same order over other columns; unsorted if its column is not among them."""
        return replace(self, columns=columns).by(self.key, self.reverse)

    def by(self, key: str | None, reverse: bool) -> SortOrder[RowT]:
        """Sorted by this column; unsorted for a key that no sortable column has."""
        known = any(column.key == key and column.sort_key for column in self.columns)
        return replace(self, key=key if known else None, reverse=reverse and known)

    def next(self, shown: Sequence[Column[RowT]], rows: Sequence[RowT]) -> SortOrder[RowT]:
        """Sorted by the next of the columns shown; unsorted after the last."""
        sortable = [column for column in shown if column.sort_key]
        keys = [column.key for column in sortable]
        place = keys.index(self.key) + 1 if self.key in keys else 0
        if place == len(sortable):
            return self.by(None, False)
        return self.by(keys[place], _highest_first(sortable[place], rows))

    def clicked(self, column: Column[RowT], rows: Sequence[RowT]) -> SortOrder[RowT]:
        """Sorted by this column, or reversed if it already was."""
        if column.sort_key is None:
            return self
        if column.key == self.key:
            return self.by(self.key, not self.reverse)
        return self.by(column.key, _highest_first(column, rows))

    def arranged(self, rows: Sequence[RowT]) -> list[RowT]:
        """The rows in this order; the sort is stable, rows without a value come last."""
        if self.group is None:
            return self._sorted(rows)
        groups: dict[Hashable, list[RowT]] = {}
        for row in rows:
            groups.setdefault(self.group(row), []).append(row)
        heads = self._sorted([members[0] for members in groups.values()])
        return [row for head in heads for row in (head, *self._sorted(groups[self.group(head)][1:]))]

    def _sorted(self, rows: Sequence[RowT]) -> list[RowT]:
        sort = next((column.sort_key for column in self.columns if column.key == self.key), None)
        if self.key is None or sort is None:
            return list(rows)
        valued: list[tuple[Any, RowT]] = []
        rest: list[RowT] = []
        for row in rows:
            value = sort(row)
            if value is None or value != value:
                rest.append(row)
            else:
                valued.append((value, row))
        valued.sort(key=_value, reverse=self.reverse)
        return [row for _, row in valued] + rest

    def title(self, column: Column[RowT]) -> Cell:
        """A column's title in the header, with an arrow if the table is sorted by it."""
        if column.key != self.key:
            return Cell(column.title)
        arrow = "▾" if self.reverse else "▴"
        if cell_len(column.title) + 2 <= column.width:
            return Cell(f"{column.title} {arrow}", "accent")
        return Cell(fit_text(column.title, max(column.width - 1, 0)).rstrip() + arrow, "accent")


def _value(pair: tuple[Any, RowT]) -> Any:
    return pair[0]


def _highest_first(column: Column[RowT], rows: Sequence[RowT]) -> bool:
    """Whether a first sort by this column is descending: numbers whose lowest is not best."""
    if column.sort_key is None or (column.figure is not None and column.figure.best == "low"):
        return False
    first = next((value for row in rows if (value := column.sort_key(row)) is not None), None)
    return not isinstance(first, str)
