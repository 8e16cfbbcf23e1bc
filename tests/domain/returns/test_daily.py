"""The daily grid: closes at 24:00 UTC, the days that returns span, and what sparse data cannot carry."""

from __future__ import annotations

from math import sqrt
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.daily import (
    DayGrid,
    DayReturn,
    day_grid,
    day_returns,
    paired_by_day,
    single_day_values,
)
from nof1tui.domain.returns.rates import annual_volatility, daily_rates, daily_sharpe, tail_ratios
from nof1tui.domain.returns.sample import DaySample, day_sample, judged
from nof1tui.domain.returns.sharpe_confidence import sharpe_estimate
from nof1tui.domain.returns.timescale import DAY_S, day_end, day_of
from tests.support.return_facts import DAY, HOUR, at, days, exact

IRREGULAR = days(
    [0.012, -0.008, 0.031, 0.005, -0.022, 0.014, 0.009, -0.004, 0.018, -0.011, 0.006, 0.01],
    taus=[1, 1, 4, 1, 1, 1, 2, 1, 1, 1, 1, 1],
)


def grid_of(*points: tuple[str, float], now: str) -> DayGrid:
    return day_grid([(at(when), value) for when, value in points], at(now))


def dated(grid: DayGrid) -> dict[int, float]:
    return {
        day_of(day * DAY_S) - day_of(at("2026-03-01")) + 1: close
        for day, close in zip(grid.days, grid.closes, strict=True)
    }


class TestGrid:
    def test_a_close_is_the_last_value_at_or_before_24_00(self) -> None:
        grid = grid_of(
            ("2026-03-01 14:00", 1.0),
            ("2026-03-01 23:50", 1.1),
            ("2026-03-02 00:00", 1.2),
            ("2026-03-02 00:01", 1.3),
            ("2026-03-02 23:59", 1.4),
            ("2026-03-03 09:00", 1.5),
            now="2026-03-03 09:00",
        )
        assert dated(grid) == {1: 1.2, 2: 1.4}

    def test_the_running_day_and_the_first_partial_day_have_no_return(self) -> None:
        grid = grid_of(
            ("2026-03-01 14:00", 1.0),
            ("2026-03-01 23:59", 1.5),
            ("2026-03-02 23:59", 1.65),
            ("2026-03-03 12:00", 9.9),
            now="2026-03-03 12:00",
        )
        assert [(item.value, item.tau) for item in day_returns(grid)] == [(exact(0.1), 1)]

    @pytest.mark.parametrize(("last", "closes"), [("22:00", [1, 2]), ("21:59", [1])])
    def test_a_row_older_than_two_hours_is_not_a_close(self, last: str, closes: list[int]) -> None:
        points = (("2026-03-01 23:59", 1.0), (f"2026-03-02 {last}", 1.1), ("2026-03-04 12:00", 1.2))
        assert list(dated(grid_of(*points, now="2026-03-04 12:00"))) == closes

    def test_the_last_row_becomes_a_close_when_its_day_is_over(self) -> None:
        points = (("2026-03-01 23:59", 1.0), ("2026-03-02 23:59", 1.1))
        assert list(dated(grid_of(*points, now="2026-03-02 23:59:30"))) == [1]
        assert list(dated(grid_of(*points, now="2026-03-03"))) == [1, 2]

    def test_a_gap_gives_one_return_over_its_days(self) -> None:
        grid = grid_of(
            ("2026-03-01 23:59", 1.0),
            ("2026-03-02 23:59", 1.1),
            ("2026-03-05 23:59", 1.21),
            now="2026-03-06",
        )
        returns = day_returns(grid)
        assert [(item.value, item.tau) for item in returns] == [(exact(0.1), 1), (exact(0.1), 3)]
        assert single_day_values(returns) == exact([0.1])
        assert day_sample(returns) == DaySample(n=2, span_days=4, single_days=1)

    def test_after_an_index_of_zero_there_are_no_returns(self) -> None:
        points = [(day_end(day), value) for day, value in enumerate([1.0, 0.5, 0.0, 0.0])]
        assert [item.value for item in day_returns(day_grid(points, 9 * DAY))] == [-0.5, -1.0]

    def test_an_older_value_is_refused(self) -> None:
        with pytest.raises(ValueError, match="rebuild the grid"):
            DayGrid().advance(DAY, 1.0).advance(HOUR, 1.0)

    def test_an_empty_grid_has_no_closes(self) -> None:
        assert day_grid([], now=9 * DAY) == DayGrid()

    def test_returns_pair_where_both_span_the_same_days(self) -> None:
        ours = (DayReturn(1, 0.1), DayReturn(2, 0.2), DayReturn(5, 0.3, 3), DayReturn(6, 0.4))
        others = (DayReturn(2, 0.5), DayReturn(5, 0.6, 1), DayReturn(6, 0.7), DayReturn(7, 0.8))
        pairs = paired_by_day(ours, others)
        assert [(one.value, other.value) for one, other in pairs] == [(0.2, 0.5), (0.4, 0.7)]

    @given(st.lists(st.tuples(st.floats(1.0, 3 * DAY), st.floats(0.1, 9.0)), max_size=30), st.integers(0, 30))
    def test_a_grid_advanced_row_by_row_is_that_of_its_closes(
        self, steps: list[tuple[float, float]], cut: int
    ) -> None:
        points, moment = list[tuple[float, float]](), 1e6
        for wait, value in steps:
            moment += wait
            points.append((moment, value))
        grid = day_grid(points, moment)
        for day, close in zip(grid.days, grid.closes, strict=True):
            before = [point for point in points if point[0] <= day_end(day)]
            assert before[-1][1] == close
            assert day_end(day) - before[-1][0] <= 2 * HOUR
            assert day_end(day) <= moment
        past = [point for point in points if point[0] <= 1e6 + cut * DAY]
        early = day_grid(past, 1e6 + cut * DAY)
        known = [day for day in grid.days if day_end(day) <= 1e6 + cut * DAY]
        assert list(early.days)[: len(known)] == known


class TestRates:
    def test_08_irregular(self) -> None:
        rates, sample = daily_rates(IRREGULAR), day_sample(IRREGULAR)
        assert (sample.n, sample.span_days, sample.coverage) == (12, 16, 0.625)
        assert rates is not None
        assert rates.mu == exact(0.00375)
        assert rates.sigma == exact(0.0119306709405175)
        volatility, sharpe = annual_volatility(IRREGULAR), sharpe_estimate(IRREGULAR)
        assert volatility.value == exact(0.227935148272884)
        assert sharpe.value == exact(6.00499751956346)
        values = [item.value for item in IRREGULAR]
        assert volatility.value != pytest.approx(stdev(values) * sqrt(365), rel=0.1)
        assert volatility.marks == ("weak",)
        assert volatility.reason == "12 of 30 days"

    @given(st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=60).filter(lambda found: stdev(found) > 1e-6))
    def test_with_a_day_each_they_are_plain_mean_and_deviation(self, values: list[float]) -> None:
        rates = daily_rates(days(values))
        assert rates is not None
        assert rates.mu == pytest.approx(mean(values), rel=1e-9, abs=1e-12)
        assert rates.sigma == pytest.approx(stdev(values), rel=1e-9)

    def test_equal_returns_have_no_ratio(self) -> None:
        constant = days([0.1 + 0.2 - 0.3 + 0.01] * 20 + [0.01] * 20)
        assert daily_sharpe(constant) is None
        assert annual_volatility(constant).reason == "the index never moved"
        assert sharpe_estimate(constant).value is None

    def test_tails_come_from_single_days_only(self) -> None:
        wild = days([0.01, -0.02] * 20 + [-0.9], taus=[1] * 40 + [5])
        ratios = tail_ratios(wild)
        assert ratios.value_at_risk.value == exact(-0.02)
        assert ratios.conditional_value_at_risk.value == exact(-0.02)
        assert ratios.omega.value == exact(0.5)
        assert ratios.sortino.value == exact(-0.005 / sqrt(0.0002) * sqrt(365))
        assert ratios.omega.n == 40

    def test_without_a_losing_day_sortino_is_not_available(self) -> None:
        assert tail_ratios(days([0.01, 0.02] * 20)).sortino.reason == "no losing day"


@pytest.mark.parametrize(
    ("taus", "value", "reason", "marks"),
    [
        ([1] * 9, None, "too few days: 9 of 10", ()),
        ([1] * 10, 1.5, "10 of 30 days", ("weak",)),
        ([1] * 29, 1.5, "29 of 30 days", ("weak",)),
        ([1] * 30, 1.5, None, ()),
        ([1] * 10 + [11], None, "gaps: 48% of days", ()),
        ([1] * 10 + [10], 1.5, "11 of 30 days", ("weak",)),
        ([1] * 31 + [8], 1.5, "gaps: 79% of days", ("weak",)),
        ([1] * 32 + [8], 1.5, None, ()),
    ],
)
def test_when_a_figure_is_missing_or_weak(
    taus: list[int], value: float | None, reason: str | None, marks: tuple[str, ...]
) -> None:
    estimate = judged(1.5, day_sample(days([0.0] * len(taus), taus)), "unused")
    assert (estimate.value, estimate.reason, estimate.marks) == (value, reason, marks)
    assert estimate.n == len(taus)
