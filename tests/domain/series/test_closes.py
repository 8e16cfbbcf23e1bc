"""Closes and returns: last value per UTC day, seeded with a base value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.series.closes import (
    WHOLE_SEASON,
    Closes,
    Span,
    aligned_returns,
    base_value,
    daily_closes,
    hourly_closes,
)
from nof1tui.domain.series.curve import MAX_POINTS, SECONDS_PER_DAY, Curve

HOUR = 3_600.0
POINTS = st.lists(
    st.tuples(st.integers(0, 8 * SECONDS_PER_DAY).map(float), st.floats(1, 1e6)),
    min_size=1,
    max_size=50,
    unique_by=lambda point: point[0],
)
CUTS = st.integers(0, 8 * SECONDS_PER_DAY).map(float)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_the_first_return_is_from_the_capital_to_the_first_close() -> None:
    closes = daily_closes(Curve.of(100.0, [(HOUR, 90.0), (2 * HOUR, 110.0), (SECONDS_PER_DAY + HOUR, 99.0)]))
    assert closes == Closes(100.0, (0, 1), (110.0, 99.0))
    assert closes.returns == pytest.approx([0.1, -0.1])


def test_a_day_without_values_has_no_return() -> None:
    closes = daily_closes(Curve.of(100.0, [(HOUR, 100.0), (3 * SECONDS_PER_DAY + HOUR, 120.0)]))
    assert closes.periods == (0, 3)
    assert closes.returns == pytest.approx([0.0, 0.2])


def test_after_a_total_loss_there_are_no_returns() -> None:
    assert Closes(100.0, (0, 1, 2), (0.0, 0.0, 50.0)).returns == [-1.0]


def test_a_span_begins_with_the_last_value_before_it_and_ends_in_the_middle_of_a_day() -> None:
    points = [
        (HOUR, 100.0),
        (5 * HOUR, 80.0),
        (20 * HOUR, 88.0),
        (SECONDS_PER_DAY + HOUR, 99.0),
        (SECONDS_PER_DAY + 9 * HOUR, 1.0),
    ]
    span = Span(moment(6 * HOUR), moment(SECONDS_PER_DAY + 2 * HOUR))
    assert daily_closes(Curve.of(50.0, points), span) == Closes(80.0, (0, 1), (88.0, 99.0))


def test_a_span_before_the_first_value_begins_with_the_capital() -> None:
    curve = Curve.of(50.0, [(SECONDS_PER_DAY + 1.0, 60.0)])
    assert base_value(curve, Span(since=moment(SECONDS_PER_DAY))) == 50.0
    assert daily_closes(curve, Span(until=moment(SECONDS_PER_DAY))) == Closes(50.0)


@given(POINTS, CUTS)
def test_a_season_cut_in_two_grows_as_much_as_both_parts_together(
    points: list[tuple[float, float]], cut: float
) -> None:
    curve = Curve.of(10_000.0, points)
    whole, *parts = (
        daily_closes(curve, span) for span in (WHOLE_SEASON, Span(None, moment(cut)), Span(moment(cut)))
    )
    grown = prod(1.0 + value for part in parts for value in part.returns)
    assert grown == pytest.approx(prod(1.0 + value for value in whole.returns))


@given(POINTS, CUTS)
def test_closes_of_a_span_are_those_of_the_curve_as_of_its_end(
    points: list[tuple[float, float]], cut: float
) -> None:
    curve = Curve.of(10_000.0, points)
    assert daily_closes(curve, Span(until=moment(cut))) == daily_closes(curve.until(cut))


@given(POINTS, CUTS, CUTS)
def test_closes_of_a_span_are_the_last_values_of_its_days(
    points: list[tuple[float, float]], one: float, other: float
) -> None:
    since, until = sorted((one, other))
    span = Span(moment(since), moment(until))
    inside = {int(time // SECONDS_PER_DAY): value for time, value in sorted(points) if since < time <= until}
    closes = daily_closes(Curve.of(10_000.0, points), span)
    assert dict(zip(closes.periods, closes.values, strict=True)) == inside


def test_days_of_a_thinned_curve_keep_their_true_closes() -> None:
    points = [(60.0 * step, 10_000.0 + step % 977) for step in range(2 * MAX_POINTS)]
    curve = Curve(10_000.0)
    for start in range(0, len(points), 1_000):
        curve = curve.extended(points[start : start + 1_000])
    last = {int(time // SECONDS_PER_DAY): value for time, value in points}
    span = Span(moment(SECONDS_PER_DAY - 1.0))
    assert len(curve) < len(points)
    assert daily_closes(curve, span).values == tuple(value for day, value in last.items() if day)


def test_hourly_closes_leave_out_the_current_hour() -> None:
    curve = Curve.of(100.0, [(60.0, 101.0), (HOUR - 1, 102.0), (3 * HOUR + 5, 103.0), (4 * HOUR, 104.0)])
    assert hourly_closes(curve) == Closes(100.0, (0, 3), (102.0, 103.0))
    assert hourly_closes(curve, Span(until=moment(3 * HOUR + 60))) == Closes(100.0, (0,), (102.0,))
    assert hourly_closes(Curve(100.0)) == Closes(100.0)


def test_returns_are_aligned_by_the_days_that_both_have() -> None:
    one = Closes(100.0, (0, 1, 2, 3), (110.0, 121.0, 133.1, 146.41))
    other = Closes(50.0, (1, 3), (100.0, 50.0))
    assert aligned_returns(one, other) == (
        pytest.approx([0.1, 0.21]),
        pytest.approx([1.0, -0.5]),
    )


def test_a_later_account_is_compared_from_its_start() -> None:
    early = Closes(100.0, (0, 1, 2), (200.0, 400.0, 500.0))
    late = Closes(10.0, (2,), (11.0,))
    assert aligned_returns(early, late) == (pytest.approx([0.25]), pytest.approx([0.1]))


def test_nothing_in_common_gives_no_pairs() -> None:
    assert aligned_returns(Closes(1.0), Closes(1.0, (4,), (2.0,))) == ([], [])
    assert aligned_returns(Closes(1.0, (0, 1), (0.0, 1.0)), Closes(1.0, (0, 1), (2.0, 4.0)))[1] == [1.0]


def test_spans_that_follow_each_other_share_no_record() -> None:
    noon = datetime(2025, 10, 22, 12, tzinfo=UTC)
    first, second = Span(None, noon), Span(noon, None)
    for at in (noon - timedelta(seconds=1), noon, noon + timedelta(seconds=1)):
        assert first.contains(at) + second.contains(at) == 1
