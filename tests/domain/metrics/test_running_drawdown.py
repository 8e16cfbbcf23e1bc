"""Running drawdown and time under water."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.metrics.basic import max_drawdown
from nof1tui.domain.metrics.drawdown import RunningDrawdown, drawdown, extend_drawdown
from nof1tui.domain.series.closes import Span
from nof1tui.domain.series.curve import Curve

POINTS = st.lists(
    st.tuples(st.integers(0, 500).map(float), st.integers(1, 40).map(float)),
    max_size=40,
    unique_by=lambda p: p[0],
)


def drawdown_after(*values: float, base: float = 100.0) -> RunningDrawdown:
    """The drawdown after these values, ten seconds apart."""
    return drawdown(Curve.of(base, [(10.0 * step, value) for step, value in enumerate(values)]))


@pytest.mark.parametrize(
    ("values", "maximum", "current", "underwater", "longest"),
    [
        ((), 0.0, 0.0, 0.0, 0.0),
        ((110.0,), 0.0, 0.0, 0.0, 0.0),
        ((90.0, 95.0), -0.1, -0.05, 10.0, 10.0),
        ((200.0, 100.0, 150.0, 200.0), -0.5, 0.0, 0.0, 30.0),
        ((200.0, 100.0, 250.0, 225.0), -0.5, -0.1, 10.0, 20.0),
        ((200.0, 100.0, 250.0, 225.0, 225.0, 225.0), -0.5, -0.1, 30.0, 30.0),
        ((200.0, 200.0, 200.0), 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_drawdowns_are_measured_from_the_last_peak(
    values: tuple[float, ...], maximum: float, current: float, underwater: float, longest: float
) -> None:
    state = drawdown_after(*values)
    assert (state.max_drawdown, state.current) == pytest.approx((maximum, current))
    assert (state.underwater_s, state.longest_underwater_s) == (underwater, longest)


@given(POINTS, st.integers(0, 40))
def test_points_added_later_give_the_same_as_all_at_once(points: list[tuple[float, float]], cut: int) -> None:
    points.sort()
    before, curve = Curve.of(20.0, points[:cut]), Curve.of(20.0, points)
    assert extend_drawdown(drawdown(before), before, curve) == drawdown(curve)
    assert drawdown(curve).max_drawdown == max_drawdown((value for _, value in points), 20.0)


@given(POINTS, POINTS)
def test_points_that_came_late_are_not_missed(
    first: list[tuple[float, float]], late: list[tuple[float, float]]
) -> None:
    before = Curve.of(20.0, first)
    curve = before.extended(late)
    assert extend_drawdown(drawdown(before), before, curve) == drawdown(curve)


@given(POINTS, st.sampled_from([0.5, 2.0, 1024.0]))
def test_drawdowns_do_not_depend_on_the_size_of_the_account(
    points: list[tuple[float, float]], scale: float
) -> None:
    state = drawdown(Curve.of(20.0, points))
    scaled = drawdown(Curve.of(20.0 * scale, [(time, value * scale) for time, value in points]))
    assert (scaled.max_drawdown, scaled.current, scaled.longest_underwater_s) == (
        state.max_drawdown,
        state.current,
        state.longest_underwater_s,
    )


def test_inside_a_span_the_peak_starts_at_the_base_value() -> None:
    curve = Curve.of(100.0, [(0.0, 500.0), (10.0, 100.0), (20.0, 80.0), (30.0, 90.0)])
    span = Span(datetime.fromtimestamp(15.0, UTC), datetime.fromtimestamp(30.0, UTC))
    state = drawdown(curve, span)
    assert (state.max_drawdown, state.current) == pytest.approx((-0.2, -0.1))
    assert state.underwater_s == 15.0
