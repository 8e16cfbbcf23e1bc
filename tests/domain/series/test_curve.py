"""Equity curves: the order of appending does not matter, and downsampling keeps extremes."""

from __future__ import annotations

import random
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.metrics import basic
from nof1tui.domain.series.curve import MAX_POINTS, SECONDS_PER_DAY, Curve, CurveBucket, TimeSeries

POINTS = st.lists(
    st.tuples(st.integers(0, 10 * SECONDS_PER_DAY).map(float), st.floats(1, 1e6)),
    max_size=60,
    unique_by=lambda p: p[0],
)


@given(POINTS, st.integers(0, 60), st.randoms())
def test_a_curve_built_in_parts_and_out_of_order_equals_one_built_in_one_step(
    points: list[tuple[float, float]], cut: int, chance: random.Random
) -> None:
    shuffled = points[:]
    chance.shuffle(shuffled)
    pieced = Curve(10_000.0).extended(shuffled[:cut]).extended(shuffled[cut:])
    whole = Curve.of(10_000.0, points)
    assert list(pieced.points()) == list(whole.points())
    assert pieced.max_drawdown == whole.max_drawdown
    assert list(pieced.closes) == list(whole.closes)


@given(POINTS)
def test_running_drawdown_equals_the_plain_definition(points: list[tuple[float, float]]) -> None:
    curve = Curve.of(10_000.0, points)
    assert curve.max_drawdown == basic.max_drawdown(curve.values, 10_000.0)


def test_of_two_values_with_one_time_the_later_given_wins() -> None:
    curve = Curve.of(10_000.0, [(1.0, 5.0), (1.0, 7.0)]).extended([(1.0, 9.0)])
    assert list(curve.points()) == [(1.0, 9.0)]


def test_nothing_new_gives_the_same_object() -> None:
    curve = Curve.of(10_000.0, [(1.0, 5.0), (2.0, 6.0)])
    assert curve.extended([(1.0, 5.0)]) is curve


def test_each_utc_day_closes_with_its_last_value() -> None:
    curve = Curve.of(10_000.0, [(10.0, 1.0), (SECONDS_PER_DAY - 1.0, 2.0), (float(SECONDS_PER_DAY), 3.0)])
    assert list(curve.days) == [0, 1]
    assert list(curve.closes) == [2.0, 3.0]


@pytest.mark.parametrize(
    ("time", "tolerance", "expected"),
    [(50.0, 100.0, None), (100.0, 0.0, 1.0), (199.0, 100.0, 1.0), (250.0, 40.0, None), (250.0, 50.0, 2.0)],
)
def test_value_at_is_the_last_one_not_older_than_the_tolerance(
    time: float, tolerance: float, expected: float | None
) -> None:
    assert Curve.of(10_000.0, [(100.0, 1.0), (200.0, 2.0)]).value_at(time, tolerance) == expected


def test_a_long_curve_is_thinned_but_keeps_peaks_drawdown_and_its_newest_half() -> None:
    chance = random.Random(7)
    points = [(float(i), 10_000.0 + chance.uniform(-100, 100)) for i in range(3 * MAX_POINTS)]
    points[1000] = (1000.0, 99_000.0)
    points[1500] = (1500.0, 100.0)
    curve = Curve(10_000.0)
    for start in range(0, len(points), 500):
        curve = curve.extended(points[start : start + 500])
    assert len(curve) <= MAX_POINTS
    assert max(curve.values) == 99_000.0
    assert min(curve.values) == 100.0
    assert curve.max_drawdown == basic.max_drawdown((value for _, value in points), 10_000.0)
    recent = points[-MAX_POINTS // 4 :]
    assert list(curve.points())[-len(recent) :] == recent


@given(POINTS, st.integers(600, SECONDS_PER_DAY))
def test_figures_from_buckets_are_those_of_all_points(points: list[tuple[float, float]], width: int) -> None:
    whole = Curve.of(10_000.0, points)
    parts: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for time, value in sorted(points):
        parts.setdefault((int(time // SECONDS_PER_DAY), int(time // width)), []).append((time, value))
    drawn = Curve.from_buckets(10_000.0, TimeSeries(), map(summed, parts.values()))
    assert (drawn.days, drawn.closes) == (whole.days, whole.closes)
    assert drawn.max_drawdown == whole.max_drawdown
    assert drawn.peak_usd == whole.peak_usd


def summed(points: list[tuple[float, float]]) -> CurveBucket:
    values = [value for _, value in points]
    return CurveBucket(*points[-1], min(values), max(values), basic.max_drawdown(values, values[0]))


def test_late_points_keep_the_extremes_of_a_downsampled_curve() -> None:
    thinned = Curve.from_buckets(100.0, TimeSeries(array("d", (1.0, 9.0)), array("d", (90.0, 95.0))), [
        CurveBucket(9.0, 95.0, 40.0, 200.0, -0.8)
    ])  # fmt: skip
    late = thinned.extended([(5.0, 97.0)])
    assert (late.peak_usd, late.max_drawdown) == (200.0, -0.8)


def test_a_point_is_added_to_a_line_once_and_in_order() -> None:
    line = TimeSeries(array("d", (1.0, 3.0)), array("d", (5.0, 7.0)))
    assert list(line.with_point(2.0, 6.0).points()) == [(1.0, 5.0), (2.0, 6.0), (3.0, 7.0)]
    assert line.with_point(3.0, 9.0) is line


def test_until_gives_the_curve_as_of_a_time() -> None:
    curve = Curve.of(100.0, [(1.0, 100.0), (2.0, 50.0), (3.0, 10.0)])
    assert curve.until(2.0).max_drawdown == -0.5
    assert curve.until(9.0) is curve
