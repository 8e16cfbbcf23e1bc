"""Sorting a table: column, direction, and rows without a value."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.tui.style.cells import Cell
from nof1tui.tui.table.layout import Column
from nof1tui.tui.table.order import SortOrder


class Row(NamedTuple):
    name: str
    value: float | None = None


NAME = Column[Row]("name", "Name", 10, lambda row: Cell(row.name), sort_key=lambda row: row.name)
VALUE = Column[Row]("value", "Value", 8, lambda row: Cell(str(row.value)), sort_key=lambda row: row.value)
MARK = Column[Row]("mark", "Mark", 4, lambda row: Cell("*"))
COLUMNS = (NAME, VALUE, MARK)
ORDER = SortOrder(COLUMNS)
ROWS = [Row("b", 2.0), Row("a", None), Row("d", float("nan")), Row("c", 3.0), Row("e", 2.0)]


@pytest.mark.parametrize(
    ("key", "reverse", "names"),
    [
        (None, False, "badce"),
        ("name", False, "abcde"),
        ("name", True, "edcba"),
        ("value", False, "becad"),
        ("value", True, "cbead"),
        ("mark", False, "badce"),
        ("gone", True, "badce"),
    ],
)
def test_rows_are_ordered_and_those_without_a_value_come_last(
    key: str | None, reverse: bool, names: str
) -> None:
    assert "".join(row.name for row in ORDER.by(key, reverse).arranged(ROWS)) == names


@given(
    st.lists(st.tuples(st.text(max_size=3), st.one_of(st.none(), st.floats(allow_nan=True)))), st.booleans()
)
def test_every_row_stays_and_equal_ones_keep_their_places(
    pairs: list[tuple[str, float | None]], reverse: bool
) -> None:
    rows = [Row(*pair) for pair in pairs]
    arranged = ORDER.by("value", reverse).arranged(rows)
    assert sorted(map(id, arranged)) == sorted(map(id, rows))
    again = ORDER.by("value", reverse).arranged(arranged)
    assert list(map(id, again)) == list(map(id, arranged))


def test_the_sort_goes_through_the_columns_shown_and_back_to_as_given() -> None:
    order, seen = ORDER, []
    for _ in range(4):
        order = order.next(COLUMNS, ROWS)
        seen.append((order.key, order.reverse))
    assert seen == [("name", False), ("value", True), (None, False), ("name", False)]


def test_a_hidden_column_is_skipped() -> None:
    assert ORDER.next((VALUE, MARK), ROWS).key == "value"
    assert ORDER.by("name", False).next((VALUE,), ROWS).key == "value"


def test_a_click_sorts_and_a_second_one_reverses_the_sort() -> None:
    once = ORDER.clicked(VALUE, ROWS)
    assert (once.key, once.reverse) == ("value", True)
    assert once.clicked(VALUE, ROWS).reverse is False
    assert once.clicked(MARK, ROWS) == once


def test_the_sorted_column_stays_over_other_columns_if_it_is_among_them() -> None:
    order = ORDER.by("value", True)
    assert order.over((VALUE,)).key == "value"
    assert order.over((NAME,)).key is None


@pytest.mark.parametrize(
    ("key", "reverse", "width", "title"),
    [
        ("value", True, 8, "Value ▾"),
        ("value", False, 8, "Value ▴"),
        ("value", True, 6, "Value▾"),
        ("value", True, 4, "Va…▾"),
        ("name", True, 8, "Value"),
    ],
)
def test_the_header_marks_the_sorted_column(key: str, reverse: bool, width: int, title: str) -> None:
    column = Column[Row]("value", "Value", width, lambda row: Cell(""), sort_key=lambda row: row.value)
    assert SortOrder((column, NAME), key, reverse).title(column).text == title
