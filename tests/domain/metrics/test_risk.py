"""Risk figures by example and by invariants."""

from __future__ import annotations

from math import sqrt
from random import Random
from statistics import correlation as pearson
from statistics import linear_regression, stdev

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nof1tui.domain.metrics import basic, risk

RETURNS = st.lists(st.floats(-0.5, 0.9).map(lambda value: round(value, 6)), min_size=2, max_size=60)
SERIES = [[0.1, -0.05, 0.02], [0.3, 0.2, -0.4, 0.1], [-0.1, -0.2], [0.01, 0.02, 0.03]]
ALL = (
    risk.volatility,
    basic.sharpe,
    risk.sortino,
    risk.omega,
    risk.value_at_risk,
    risk.conditional_value_at_risk,
    risk.cagr,
)


@pytest.mark.parametrize("returns", SERIES)
def test_volatility_is_the_sample_deviation_of_a_year(returns: list[float]) -> None:
    assert risk.volatility(returns) == pytest.approx(stdev(returns) * sqrt(365))


def test_the_downside_of_sortino_counts_every_return() -> None:
    returns = [0.1, -0.05, 0.02, -0.01]
    downside = sqrt((0.05**2 + 0.01**2) / 4)
    assert risk.sortino(returns) == pytest.approx(0.015 / downside * sqrt(365))
    assert risk.sortino([0.1, 0.2]) is None


def test_omega_weighs_gains_against_losses() -> None:
    assert risk.omega([0.1, -0.05, 0.2, 0.0]) == pytest.approx(6.0)
    assert risk.omega([0.1, 0.2]) is None
    assert risk.omega([-0.1, -0.2]) == 0.0


def test_value_at_risk_lies_between_the_worst_two_of_twenty_one_or_fewer() -> None:
    returns = [index / 100 for index in range(-10, 11)]
    assert risk.value_at_risk(returns) == pytest.approx(-0.09)
    assert risk.conditional_value_at_risk(returns) == pytest.approx((-0.10 - 0.09) / 2)
    assert risk.value_at_risk([-0.2, 0.0]) == pytest.approx(-0.19)
    assert risk.conditional_value_at_risk([-0.2, 0.0]) == -0.2


def test_cagr_of_a_year_is_the_growth_itself() -> None:
    assert risk.cagr([0.0] * 364 + [0.25]) == pytest.approx(0.25)
    assert risk.cagr([0.25]) == pytest.approx(1.25**365 - 1)
    assert risk.cagr([0.1, -1.0]) == -1.0
    assert risk.cagr([1e9]) is None


def test_calmar_is_growth_over_the_maximum_drawdown_of_daily_closes() -> None:
    returns = [0.1, -0.2, 0.3, -0.1, 0.05]
    assert risk.drawdown_of_returns(returns) == pytest.approx(-0.2)
    assert risk.calmar(returns) == pytest.approx((risk.cagr(returns) or 0.0) / 0.2)
    assert risk.calmar([0.1, 0.1]) is None


@pytest.mark.parametrize("steps", [[0.1, 0.1, 0.1], [0.0, 0.0], [-0.03] * 7])
def test_a_series_that_moves_by_rounding_alone_has_no_ratio(steps: list[float]) -> None:
    wealth, returns = 10_000.0, []
    for step in steps:
        wealth, before = wealth * (1 + step), wealth
        returns.append(wealth / before - 1)
    assert risk.volatility(returns) == 0.0
    assert basic.sharpe(returns) is None
    assert risk.correlation(returns, [0.1, 0.2, 0.4, 0.1, 0.2, 0.4, 0.1][: len(returns)]) is None


@given(RETURNS, RETURNS)
def test_beta_and_correlation_are_those_of_a_straight_line(account: list[float], market: list[float]) -> None:
    count = min(len(account), len(market))
    account, market = account[:count], market[:count]
    assume(max(market) - min(market) > 1e-3 and max(account) - min(account) > 1e-3)
    assert risk.beta(account, market) == pytest.approx(linear_regression(market, account).slope, abs=1e-9)
    assert risk.correlation(account, market) == pytest.approx(pearson(account, market), abs=1e-9)


def test_a_constant_market_gives_no_beta() -> None:
    assert risk.beta([0.1, 0.2, 0.3], [0.1, 0.1, 0.1]) is None
    assert risk.beta([0.0, 0.0, 0.0], [0.1, 0.2, 0.1]) == 0.0
    assert risk.correlation([0.0, 0.0, 0.0], [0.1, 0.2, 0.1]) is None


@given(RETURNS, st.randoms())
def test_order_changes_neither_spread_nor_tail_nor_growth(returns: list[float], chance: Random) -> None:
    shuffled = returns[:]
    chance.shuffle(shuffled)
    for figure in ALL:
        assert figure(shuffled) == pytest.approx(figure(returns), rel=1e-9, abs=1e-12)


@given(RETURNS, st.floats(0.1, 2.0))
def test_returns_twice_as_large_leave_the_ratios_alone(returns: list[float], scale: float) -> None:
    assume(max(returns) - min(returns) > 1e-3 and min(returns) < -1e-3)
    scaled = [value * scale for value in returns]
    for figure in (basic.sharpe, risk.sortino, risk.omega):
        assert figure(scaled) == pytest.approx(figure(returns), abs=1e-9)
    for figure in (risk.volatility, risk.value_at_risk, risk.conditional_value_at_risk):
        assert figure(scaled) == pytest.approx(scale * (figure(returns) or 0.0), abs=1e-12)
    assert risk.correlation(scaled, returns) == pytest.approx(1.0)
    assert risk.beta(scaled, returns) == pytest.approx(scale)


@given(RETURNS)
def test_the_shortfall_is_never_better_than_the_value_at_risk(returns: list[float]) -> None:
    at_risk, shortfall = risk.value_at_risk(returns), risk.conditional_value_at_risk(returns)
    assert at_risk is not None and shortfall is not None
    assert min(returns) - 1e-12 <= shortfall <= at_risk + 1e-12 <= max(returns) + 1e-12


def test_nothing_gives_nothing() -> None:
    assert [figure([]) for figure in ALL] == [None] * len(ALL)
    assert risk.beta([], []) is None and risk.correlation([], []) is None
