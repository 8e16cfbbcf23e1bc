"""Curves by columns of time: exact, and a longer curve costs its end only."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.tui.chart.buckets import BucketedCurve, bucket_curve, first_changed_column
from nof1tui.tui.style.time_grid import TimeGrid

GRID = TimeGrid(10, 60.0, 20)
"""Twenty minutes from minute ten on."""
START = 600.0


def curve(*points: tuple[float, float]) -> tuple[array[float], array[float]]:
    return array("d", (time for time, _ in points)), array("d", (value for _, value in points))


def content(columns: BucketedCurve) -> tuple[object, ...]:
    return columns.last, columns.high, columns.low, columns.joined, columns.bounds


def test_a_column_keeps_its_last_value_and_both_extremes() -> None:
    columns = bucket_curve(
        *curve((START, 5.0), (START + 10, 9.0), (START + 20, 1.0), (START + 30, 4.0)), GRID, 600.0
    )
    assert (columns.last[0], columns.high[0], columns.low[0]) == (4.0, 9.0, 1.0)
    assert columns.last[1] is None
    assert columns.bounds == (1.0, 9.0)


@pytest.mark.parametrize(("silence", "joined"), [(120.0, True), (600.0, True), (601.0, False)])
def test_a_pause_longer_than_the_gap_limit_breaks_the_line(silence: float, joined: bool) -> None:
    columns = bucket_curve(*curve((START, 5.0), (START + silence, 6.0)), GRID, 600.0)
    assert columns.joined[GRID.column_of(START + silence)] is joined


def test_points_outside_of_the_grid_are_left_out() -> None:
    columns = bucket_curve(*curve((0.0, 1.0), (START, 5.0), (START + 9_999, 9.0)), GRID, 600.0)
    assert columns.bounds == (5.0, 5.0)
    assert columns.joined == [False] * 20


def test_without_points_there_are_no_bounds() -> None:
    columns = bucket_curve([], [], GRID, 600.0)
    assert columns.bounds is None
    assert columns.nearest_filled_column(7) == 7


def test_the_nearest_column_with_a_value_is_found_to_the_left() -> None:
    columns = bucket_curve(*curve((START, 5.0), (START + 300, 6.0)), GRID, 600.0)
    assert [columns.nearest_filled_column(column) for column in (0, 4, 5, 19)] == [0, 0, 5, 5]


def test_the_same_curve_is_not_bucketed_twice() -> None:
    times, values = curve((START, 5.0), (START + 60, 6.0))
    known = bucket_curve(times, values, GRID, 600.0)
    assert bucket_curve(times, values, GRID, 600.0, known) is known
    assert bucket_curve(times[:], values[:], GRID, 600.0, known) is known


def test_a_revised_value_is_used() -> None:
    known = bucket_curve(*curve((START, 5.0), (START + 60, 6.0), (START + 120, 7.0)), GRID, 600.0)
    revised = bucket_curve(*curve((START, 5.0), (START + 60, 6.5), (START + 120, 7.0)), GRID, 600.0, known)
    assert revised.last[1] == 6.5
    assert first_changed_column(revised, known) == 1


points = st.lists(
    st.tuples(st.floats(0, 3_000, allow_nan=False), st.floats(-100, 100, allow_nan=False)),
    min_size=1,
    max_size=60,
    unique_by=lambda point: point[0],
).map(sorted)


@given(points, st.integers(0, 60), st.integers(0, 60), st.floats(10, 900))
def test_an_extended_curve_is_bucketed_like_a_new_one(
    given_points: list[tuple[float, float]], known_to: int, gone: int, gap_s: float
) -> None:
    """Points appended at the end, and old ones gone at the front, in any number."""
    known = bucket_curve(*curve(*given_points[:known_to]), GRID, gap_s)
    later = given_points[min(gone, known_to) :]
    continued = bucket_curve(*curve(*later), GRID, gap_s, known)
    fresh = bucket_curve(*curve(*later), GRID, gap_s)
    assert content(continued) == content(fresh)
    same = first_changed_column(continued, known)
    before = list(zip(known.last, known.high, known.low, known.joined, strict=True))
    after = list(zip(fresh.last, fresh.high, fresh.low, fresh.joined, strict=True))
    assert after[:same] == before[:same]
    assert same == 20 or after[same] != before[same]


@given(points, st.floats(10, 900))
def test_columns_equal_those_computed_from_every_point(
    given_points: list[tuple[float, float]], gap_s: float
) -> None:
    columns = bucket_curve(*curve(*given_points), GRID, gap_s)
    for column in range(GRID.columns):
        inside = [value for time, value in given_points if GRID.column_of(time) == column]
        assert columns.last[column] == (inside[-1] if inside else None)
        assert columns.high[column] == (max(inside) if inside else None)
        assert columns.low[column] == (min(inside) if inside else None)
    shown = [point for point in given_points if point[0] >= START]
    for (before, _), (time, _) in pairwise(shown):
        column = GRID.column_of(time)
        if column < GRID.columns and GRID.column_of(before) != column:
            assert columns.joined[column] is (time - before <= gap_s)
