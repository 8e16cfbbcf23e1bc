"""How sure figures are: intervals of the Sharpe ratio, luck of the best, and shares of trades."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.returns.proportion import proportion_estimate, wilson_interval
from nof1tui.domain.returns.sharpe_confidence import (
    TOO_ROUGH,
    Z_95,
    deflated_sharpe,
    expected_best_sharpe,
    is_autocorrelated,
    lag_one_autocorrelation,
    probabilistic_sharpe,
    sharpe_estimate,
    sharpe_moments,
    sharpe_standard_error,
)
from tests.support.return_facts import THIRTY_DAYS, days, exact

YEAR = sqrt(365)
TRADER = days(THIRTY_DAYS)
FIELD = [value / YEAR for value in (1.9, 0.6, -0.4, -1.3, 2.6, -2.2, 0.9)]
"""Sharpe ratios per day of seven traders."""


class TestWorkedExample09:
    def test_moments_and_standard_error(self) -> None:
        moments = sharpe_moments(TRADER)
        assert moments is not None
        assert moments.n == 30
        assert moments.sharpe == exact(0.137768701745327)
        assert moments.skew == exact(-0.687010882177393)
        assert moments.kurtosis == exact(3.43561703417358)
        assert moments.standard_error * YEAR == exact(3.73134482495354)
        normal = sharpe_standard_error(moments.sharpe, moments.n)
        assert normal is not None
        assert normal * YEAR == exact(3.5644987521605)

    def test_ratio_with_interval(self) -> None:
        estimate = sharpe_estimate(TRADER)
        assert estimate.value == exact(2.63206735113607)
        assert (estimate.ci_low, estimate.ci_high) == exact((-4.68123411967278, 9.94536882194491))

    def test_probabilistic_and_deflated(self) -> None:
        assert probabilistic_sharpe(TRADER).value == exact(0.759717386504638)
        best = expected_best_sharpe(FIELD)
        assert best == exact(0.124319745283101)
        assert best is not None
        assert best * YEAR == exact(2.37512539869963)
        assert deflated_sharpe(TRADER, FIELD).value == exact(0.52744963595113)

    def test_neighbouring_days_correlate_too_much_for_the_band(self) -> None:
        assert lag_one_autocorrelation(THIRTY_DAYS) == exact(-0.463636186762982)
        assert is_autocorrelated(TRADER)
        assert sharpe_estimate(TRADER).reason == TOO_ROUGH
        assert sharpe_estimate(TRADER).marks == ("weak",)


class TestSharpeEdges:
    def test_two_traders_are_not_a_field(self) -> None:
        assert deflated_sharpe(TRADER, FIELD[:2]).reason == "needs 3 traders, has 2"

    def test_few_days_have_neither_ratio_nor_interval(self) -> None:
        few = days(THIRTY_DAYS[:9])
        for estimate in (sharpe_estimate(few), probabilistic_sharpe(few), deflated_sharpe(few, FIELD)):
            assert (estimate.value, estimate.ci_low, estimate.reason) == (None, None, "too few days: 9 of 10")

    def test_equal_days_have_no_moments(self) -> None:
        assert sharpe_moments(days([0.01] * 30)) is None
        assert lag_one_autocorrelation([0.01] * 30) is None
        assert probabilistic_sharpe(days([0.01] * 30)).reason == "the index never moved"

    def test_three_days_have_no_moments(self) -> None:
        assert sharpe_moments(days([0.01, 0.02, -0.01])) is None
        assert lag_one_autocorrelation([0.01, 0.02]) is None

    def test_moments_that_contradict_one_another_give_no_error(self) -> None:
        assert sharpe_standard_error(2.0, 10, skew=5.0, kurtosis=1.0) is None

    @given(st.lists(st.floats(-0.1, 0.1), min_size=10, max_size=40))
    def test_the_interval_holds_the_ratio_and_probabilities_are_shares(self, values: list[float]) -> None:
        estimate, sure = sharpe_estimate(days(values)), probabilistic_sharpe(days(values))
        if estimate.value is not None and estimate.ci_low is not None and estimate.ci_high is not None:
            assert estimate.ci_low <= estimate.value <= estimate.ci_high
        assert sure.value is None or 0 <= sure.value <= 1


class TestWorkedExample12:
    @pytest.mark.parametrize(
        ("wins", "n", "rate", "low", "high"),
        [
            (13, 43, 0.302325581395349, 0.186020001358482, 0.451053641777296),
            (0, 5, 0.0, 0.0, 0.434482464783175),
        ],
    )
    def test_wilson(self, wins: int, n: int, rate: float, low: float, high: float) -> None:
        estimate = proportion_estimate(wins, n)
        assert (estimate.value, estimate.ci_low, estimate.ci_high) == exact((rate, low, high))
        assert estimate.n == n

    def test_a_share_of_nothing_is_not_available(self) -> None:
        assert proportion_estimate(0, 0).reason == "no observations"

    @given(st.integers(1, 500), st.data())
    def test_the_interval_holds_the_share_and_mirrors(self, n: int, data: st.DataObject) -> None:
        wins = data.draw(st.integers(0, n))
        low, high = wilson_interval(wins, n)
        assert 0 <= low <= wins / n <= high <= 1
        mirrored = wilson_interval(n - wins, n)
        assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-12)


def test_the_interval_reaches_to_the_975th_permille_of_a_normal() -> None:
    assert pytest.approx(1.959963984540054, rel=1e-12) == Z_95
