"""The order of rows: by a column, within groups, and its mark in the header."""

from __future__ import annotations

from nof1tui.tui.style.cells import Cell
from nof1tui.tui.table.layout import Column
from nof1tui.tui.table.order import SortOrder

Row = tuple[str, float | None]

COLUMNS: tuple[Column[Row], ...] = (
    Column("name", "Name", 6, lambda row: Cell(row[0]), sort_key=lambda row: row[0]),
    Column("size", "Size", 6, lambda row: Cell(str(row[1])), sort_key=lambda row: row[1]),
)
ROWS: list[Row] = [("a", 3), ("a1", 1), ("a2", 2), ("b", 9), ("b1", None), ("b2", 5), ("b3", 4)]


def test_groups_are_ordered_by_their_heads_and_rows_below_them() -> None:
    order = SortOrder(COLUMNS, group=lambda row: row[0][0]).by("size", reverse=True)
    assert [name for name, _ in order.arranged(ROWS)] == ["b", "b2", "b3", "b1", "a", "a2", "a1"]


def test_groups_keep_the_given_order_without_a_sort() -> None:
    mixed = [ROWS[0], ROWS[3], ROWS[1], ROWS[5], ROWS[2]]
    order = SortOrder(COLUMNS, group=lambda row: row[0][0])
    assert [name for name, _ in order.arranged(mixed)] == ["a", "a1", "a2", "b", "b2"]


def test_other_columns_keep_the_groups() -> None:
    order = SortOrder(COLUMNS, group=lambda row: row[0][0]).by("size", reverse=True).over(COLUMNS[:1])
    assert (order.key, order.reverse) == (None, False)
    assert [name for name, _ in order.arranged(ROWS[:3])] == ["a", "a1", "a2"]
    assert order.group is not None
