"""Figures of accounts with flows and gaps, and of plain daily returns, beside those of reference libraries.

A library agrees with what it is given, so the list of daily returns that is handed to it is checked too.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from random import Random
from typing import Any

import pytest

from nof1tui.domain.estimate import Estimate
from nof1tui.domain.returns.annual import annual_growth, calmar_ratio
from nof1tui.domain.returns.daily import DayReturn, day_grid, day_returns
from nof1tui.domain.returns.drawdown import drawdown_of_closes, index_drawdown
from nof1tui.domain.returns.facts import CapitalFlow, EquityPoint
from nof1tui.domain.returns.index import index_states
from nof1tui.domain.returns.rates import annual_volatility, daily_rates, tail_ratios
from nof1tui.domain.returns.sharpe_confidence import probabilistic_sharpe, sharpe_estimate
from tests.support.return_facts import DAY, HOUR, days, exact, flow, row
from tests.support.return_references import SERIES, library, needs, random_returns

pytestmark = pytest.mark.filterwarnings("ignore")
"""Reference libraries warn while they are imported and while they calculate."""


def random_account(seed: int) -> tuple[list[EquityPoint], list[CapitalFlow], list[tuple[float, float]]]:
    """Rows at irregular times with gaps of days, flows between rows before and after; and the true index."""
    chance = Random(seed)
    moment, equity, index = 1.7e9 + chance.uniform(0, DAY), 10_000.0, 1.0
    rows, flows, truth = [row(moment, equity)], list[CapitalFlow](), [(moment, index)]
    for _ in range(chance.randint(60, 300)):
        moment += chance.choice((600.0, 5 * HOUR, 9 * HOUR, chance.uniform(1.0, 3 * DAY)))
        growth = 1 + chance.gauss(0.0005, 0.01)
        equity, index = equity * growth, index * growth
        rows.append(row(moment, equity))
        truth.append((moment, index))
        if chance.random() < 0.2:
            usd = equity * chance.uniform(-0.5, 1.0)
            equity += usd
            flows.append(flow(moment, usd))
            rows.append(row(moment, equity))
    return rows, flows, truth


def grid_returns(seed: int) -> tuple[DayReturn, ...]:
    rows, flows, _ = random_account(seed)
    states = [(state.at, state.value) for state in index_states(rows, flows)]
    return day_returns(day_grid(states, states[-1][0]))


@needs("pandas", "numpy", "statsmodels")
def test_rates_of_irregular_accounts_agree_with_weighted_least_squares() -> None:
    """Closes by pandas' `asof` on the true index; drift and deviation by a regression through the origin."""
    np = library("numpy")
    pd = library("pandas")
    sm = library("statsmodels.api")

    compared = 0
    for seed in range(SERIES):
        ours = grid_returns(seed)
        _, _, truth = random_account(seed)
        values, taus = _pandas_returns(pd, truth)
        assert [item.tau for item in ours] == taus
        assert [item.value for item in ours] == pytest.approx(values, rel=1e-9, abs=1e-12)
        if len(ours) < 10:
            continue
        roots = np.sqrt(np.asarray(taus, dtype=float))
        fit = sm.OLS(np.asarray(values) / roots, roots).fit()
        rates = daily_rates(ours)
        assert rates is not None
        assert rates.mu == pytest.approx(fit.params[0], rel=1e-9, abs=1e-12)
        assert rates.sigma == pytest.approx(sqrt(fit.scale), rel=1e-9)
        compared += 1
    assert compared > SERIES / 2


def _pandas_returns(pd: Any, truth: Sequence[tuple[float, float]]) -> tuple[list[float], list[int]]:
    times = pd.to_datetime([at for at, _ in truth], unit="s", utc=True).as_unit("ns")
    index = pd.Series([value for _, value in truth], index=times)
    ends = pd.date_range(times[0].ceil("D"), times[-1].floor("D"), freq="D")
    rows = pd.DataFrame({"at": times, "value": index.to_numpy()})
    closes = pd.merge_asof(
        pd.DataFrame({"at": ends.as_unit("ns")}), rows, on="at", tolerance=pd.Timedelta(hours=2)
    ).dropna()
    values = closes["value"].pct_change().dropna()
    taus = closes["at"].diff().dropna() / pd.Timedelta(days=1)
    return list(values), [int(tau) for tau in taus]


@needs("empyrical", "ffn", "quantstats", "pandas", "numpy")
def test_ratios_of_a_thousand_series_agree() -> None:
    empyrical = library("empyrical")
    ffn = library("ffn")
    np = library("numpy")
    pd = library("pandas")
    stats = library("quantstats.stats")

    for seed in range(SERIES):
        values = random_returns(seed)
        ours, plain = days(values), np.asarray(values)
        dated = pd.Series(values, index=pd.date_range("2026-01-01", periods=len(values)))
        sharpe = sharpe_estimate(ours).value
        assert sharpe == exact(empyrical.sharpe_ratio(plain, annualization=365))
        assert sharpe == exact(ffn.calc_sharpe(dated, nperiods=365))
        assert annual_volatility(ours).value == exact(empyrical.annual_volatility(plain, annualization=365))
        tails = tail_ratios(ours)
        assert tails.sortino.value == exact(empyrical.sortino_ratio(plain, annualization=365))
        assert tails.omega.value == exact(empyrical.omega_ratio(plain, annualization=365))
        assert tails.value_at_risk.value == exact(empyrical.value_at_risk(plain, cutoff=0.05))
        expected = empyrical.conditional_value_at_risk(plain, cutoff=0.05)
        assert tails.conditional_value_at_risk.value == exact(expected)
        sure = stats.probabilistic_sharpe_ratio(dated, periods=365)
        assert probabilistic_sharpe(ours).value == pytest.approx(float(sure), rel=1e-9, abs=1e-12)
        _drawdown_and_growth_agree(empyrical, ffn, values)


def _drawdown_and_growth_agree(empyrical: Any, ffn: Any, values: Sequence[float]) -> None:
    np = library("numpy")
    pd = library("pandas")

    index = [1.0, *np.cumprod(1 + np.asarray(values))]
    state = index_drawdown((number * DAY, value) for number, value in enumerate(index))
    assert state.max_depth == exact(empyrical.max_drawdown(np.asarray(values)))
    assert state.max_depth == exact(ffn.calc_max_drawdown(pd.Series(index)))
    grid = day_grid([(number * DAY, value) for number, value in enumerate(index, start=1)], 1e9)
    assert drawdown_of_closes(grid).max_depth == exact(state.max_depth)
    if len(values) >= 90:
        growth = annual_growth(Estimate(index[-1] - 1, len(values)), len(values))
        assert growth.value == exact(empyrical.cagr(np.asarray(values), annualization=365))
        ratio = calmar_ratio(growth, Estimate(state.max_depth, len(values)))
        assert ratio.value == exact(empyrical.calmar_ratio(np.asarray(values), annualization=365))
