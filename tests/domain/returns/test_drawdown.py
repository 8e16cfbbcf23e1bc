"""Drawdowns of the index, growth a year, and Calmar."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.annual import annual_growth, calmar_ratio
from nof1tui.domain.returns.daily import day_grid
from nof1tui.domain.returns.drawdown import (
    TABLE_ROWS,
    DrawdownPeriod,
    IndexDrawdown,
    current_drawdown_estimate,
    drawdown_of_closes,
    index_drawdown,
    max_drawdown_estimate,
)
from tests.support.return_facts import DAY, HOUR, exact

NINE_DAYS = index_drawdown(
    (number * DAY, value) for number, value in enumerate([1, 1.06, 1.1, 1.045, 0.99, 1.02, 1.09, 1.12, 1.064])
)


class TestWorkedExample06:
    def test_depth_times_and_current(self) -> None:
        assert NINE_DAYS.max_depth == exact(-0.1)
        assert NINE_DAYS.current == exact(-0.05)
        assert NINE_DAYS.longest_underwater_s == 5 * DAY

    def test_table(self) -> None:
        worst, running = NINE_DAYS.table
        assert worst == DrawdownPeriod(2 * DAY, 4 * DAY, exact(-0.1), 7 * DAY, recovered=True)
        assert worst.days == 5
        assert running == DrawdownPeriod(7 * DAY, 8 * DAY, exact(-0.05), 8 * DAY, recovered=False)


def test_gaps_may_hide_a_deeper_one() -> None:
    estimate = max_drawdown_estimate(NINE_DAYS)
    assert (estimate.value, estimate.marks, estimate.reason) == (exact(-0.1), ("sampled",), "at least: gaps")
    assert max_drawdown_estimate(NINE_DAYS, gap_s=DAY).marks == ()
    fine = index_drawdown([(0.0, 1.0), (2 * HOUR, 0.9), (4 * HOUR, 0.95)])
    assert max_drawdown_estimate(fine).marks == ()
    assert current_drawdown_estimate(fine).value == exact(-0.05)


def test_without_values_there_is_none() -> None:
    assert max_drawdown_estimate(IndexDrawdown()).reason == "no index yet"
    assert IndexDrawdown().table == ()


def test_closes_see_less_than_rows() -> None:
    points = [(23 * HOUR, 1.0), (30 * HOUR, 0.5), (47 * HOUR, 0.9), (71 * HOUR, 1.2)]
    assert index_drawdown(points).max_depth == -0.5
    assert drawdown_of_closes(day_grid(points, 3 * DAY)).max_depth == exact(-0.1)


def test_everything_lost_is_a_drawdown_of_all() -> None:
    lost = index_drawdown([(0.0, 1.0), (1.0, 1.5), (2.0, 0.0), (3.0, 0.0)])
    assert (lost.max_depth, lost.current) == (-1.0, -1.0)


def test_the_table_keeps_the_worst() -> None:
    points = [(0.0, 1.0)]
    for number in range(1, 40):
        points += [(2 * number - 1.0, 1.0 - 0.01 * number), (2.0 * number, 1.0)]
    table = index_drawdown(points).table
    assert [period.depth for period in table] == exact(
        [-0.01 * number for number in range(39, 39 - TABLE_ROWS, -1)]
    )


@given(st.lists(st.floats(0.1, 10.0), min_size=1, max_size=60))
def test_depth_and_current_are_those_of_the_definition(values: list[float]) -> None:
    state = index_drawdown(enumerate(values))
    falls = [value / max(values[: index + 1]) - 1 for index, value in enumerate(values)]
    assert state.max_depth == pytest.approx(min(falls), abs=1e-12)
    assert state.current == pytest.approx(falls[-1], abs=1e-12)
    at_peak = [index for index, fall in enumerate(falls) if fall == 0]
    spans = [after - before for before, after in zip(at_peak, [*at_peak[1:], len(values) - 1], strict=True)]
    assert state.longest_underwater_s == (
        max(spans) if min(falls) < 0 and max(spans) > 1 else state.longest_underwater_s
    )
    depths = [period.depth for period in state.table]
    assert depths == sorted(depths)


class TestAnnualGrowth:
    def test_07_cagr(self) -> None:
        growth = annual_growth(Estimate(0.347, 95), 478)
        assert growth.value == exact(0.255407964573036)
        assert growth.n == 95

    @pytest.mark.parametrize(
        ("total", "days", "value", "reason"),
        [
            (0.1, 89.9, None, "needs 90 days, has 90"),
            (0.1, 90, 1.1 ** (365 / 90) - 1, None),
            (-1.0, 365, -1.0, None),
            (0.5, 365, 0.5, None),
            (1e200, 90, None, "too large"),
        ],
    )
    def test_only_from_ninety_days(
        self, total: float, days: float, value: float | None, reason: str | None
    ) -> None:
        growth = annual_growth(Estimate(total, 5), days)
        assert growth.value == (None if value is None else exact(value))
        assert growth.reason == reason

    def test_band_and_marks_are_those_of_the_return(self) -> None:
        growth = annual_growth(Estimate(0.2, 9, 0.1, 0.3, marks=("estimated",)), 730)
        assert (growth.ci_low, growth.ci_high) == exact((1.1**0.5 - 1, 1.3**0.5 - 1))
        assert growth.marks == ("estimated",)
        assert annual_growth(Estimate(0.2, 9, 0.1, inf), 100).ci_high is None

    def test_an_unknown_return_has_no_growth(self) -> None:
        assert (
            annual_growth(not_available("no equity above dust yet"), 500).reason == "no equity above dust yet"
        )

    def test_calmar(self) -> None:
        growth, fallen = Estimate(0.3, 9), Estimate(-0.1, 9, marks=("sampled",))
        assert calmar_ratio(growth, fallen).value == exact(3.0)
        assert calmar_ratio(growth, fallen).marks == ("sampled",)
        assert calmar_ratio(growth, Estimate(0.0, 9)).reason == "never below a peak"
        assert calmar_ratio(not_available("needs 90 days, has 5"), fallen).reason == "needs 90 days, has 5"
        assert calmar_ratio(growth, not_available("no index yet")).reason == "no index yet"
