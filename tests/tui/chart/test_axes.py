"""Scales: the time of each column, round values, days and hours."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.tui.chart.axes import ValueScale, spread_labels, time_label, time_labels, value_label
from nof1tui.tui.style.time_grid import TimeGrid

MIDNIGHT = 1_760_745_600.0  # 18 October 2025
HOUR, DAY = 3_600.0, 86_400.0

starts = st.floats(1.6e9, 1.9e9)
spans = st.floats(1, 400 * DAY)


@given(starts, spans, st.integers(4, 500), st.sampled_from([1, 2]))
def test_a_grid_covers_its_time_with_little_slack(
    start: float, span: float, columns: int, align: int
) -> None:
    grid = TimeGrid.over(start, start + span, columns, align)
    assert 0 <= grid.column_of(start) < columns
    assert 0 <= grid.column_of(start + span) < columns
    assert grid.first % align == 0
    assert columns < 50 or grid.step_s * columns <= span * 1.12 + 1


def test_a_grid_stays_while_a_little_more_time_fits() -> None:
    ends = [MIDNIGHT + DAY + 130 * poll for poll in range(100)]
    grids = [TimeGrid.over(MIDNIGHT, end, 200, 2) for end in ends]
    assert sum(new != old for old, new in pairwise(grids)) <= 8


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.integers(2, 160), st.integers(1, 12))
def test_a_scale_covers_every_value(low: float, size: float, rows: int, labels: int) -> None:
    scale = ValueScale.over(low, low + size, rows, labels)
    assert scale.row_of(low + size) >= 0
    assert scale.row_of(low) <= rows - 1
    assert len(scale.ticks()) <= 4 * labels + 4


@pytest.mark.parametrize(
    ("value", "step", "percent", "label"),
    [
        (22_000.0, 2_000.0, False, "22k"),
        (9_400.0, 200.0, False, "9.4k"),
        (1_250_000.0, 250_000.0, False, "1.25M"),
        (940.0, 20.0, False, "940"),
        (0.0, 1_000.0, False, "0"),
        (40.0, 20.0, True, "+40%"),
        (-2.5, 2.5, True, "-2.5%"),
        (0.0, 20.0, True, "0%"),
    ],
)
def test_a_value_has_as_many_decimals_as_its_step(
    value: float, step: float, percent: bool, label: str
) -> None:
    assert value_label(value, step, percent=percent) == label


@pytest.mark.parametrize(
    ("time", "step_s", "label"),
    [
        (MIDNIGHT, 6 * HOUR, "18 Oct"),
        (MIDNIGHT + 6 * HOUR, 6 * HOUR, "06:00"),
        (MIDNIGHT + 5 * DAY, DAY, "23 Oct"),
    ],
)
def test_a_time_is_labelled_by_its_hour_or_its_day(time: float, step_s: float, label: str) -> None:
    assert time_label(time, step_s) == label


@given(starts, spans, st.integers(2, 200))
def test_labels_of_the_time_axis_are_complete_and_never_touch(start: float, span: float, cells: int) -> None:
    grid = TimeGrid.over(start, start + span, 2 * cells, 2)
    free = 0
    for cell, words in time_labels(grid, cells, 2):
        assert cell >= free
        free = cell + len(words) + 1
    assert free <= cells + 1


@pytest.mark.parametrize(
    ("wanted", "rows", "given_rows"),
    [
        ([], 5, []),
        ([2], 5, [2]),
        ([1, 4], 6, [1, 4]),
        ([2, 2], 5, [2, 3]),
        ([4, 4, 4], 5, [2, 3, 4]),
        ([0, 0, 0], 5, [0, 1, 2]),
        ([0, 1, 1, 4], 5, [0, 1, 2, 4]),
    ],
)
def test_names_get_separate_rows_near_their_lines(
    wanted: list[int], rows: int, given_rows: list[int]
) -> None:
    assert spread_labels(wanted, rows) == given_rows


@given(st.integers(1, 40).flatmap(lambda rows: st.tuples(
    st.just(rows), st.lists(st.integers(0, rows - 1), max_size=rows).map(sorted))))  # fmt: skip
def test_names_never_share_a_row_or_leave_the_chart(wanted: tuple[int, list[int]]) -> None:
    rows, places = wanted
    placed = spread_labels(places, rows)
    assert placed == sorted(set(placed))
    assert all(0 <= row < rows for row in placed)
    assert len(placed) == len(places)
