"""Moments, distributions, regressions and bootstrap bands beside those of reference libraries."""

from __future__ import annotations

import pytest

from nof1tui.domain.returns.bootstrap import bootstrap_totals, lead_probability
from nof1tui.domain.returns.proportion import wilson_interval
from nof1tui.domain.returns.regression import regress
from nof1tui.domain.returns.sharpe_confidence import lag_one_autocorrelation, sharpe_moments
from nof1tui.domain.returns.student_t import critical_t, two_sided_p
from tests.support.return_facts import THIRTY_DAYS, THIRTY_DAYS_OF_BTC, days, exact
from tests.support.return_references import SERIES, library, needs, random_returns

pytestmark = pytest.mark.filterwarnings("ignore")
"""Reference libraries warn while they are imported and while they calculate."""


@needs("scipy", "pandas")
def test_moments_and_autocorrelation_agree() -> None:
    pd = library("pandas")
    stats = library("scipy.stats")

    for seed in range(SERIES):
        values = random_returns(seed)
        moments = sharpe_moments(days(values))
        assert moments is not None
        assert moments.skew == exact(float(stats.skew(values, bias=False)))
        assert moments.kurtosis == exact(float(stats.kurtosis(values, bias=False)) + 3)
        assert moments.skew == exact(pd.Series(values).skew())
        assert moments.kurtosis == exact(pd.Series(values).kurtosis() + 3)
        assert lag_one_autocorrelation(values) == exact(pd.Series(values).autocorr(1))


@needs("scipy")
def test_student_t_agrees() -> None:
    stats = library("scipy.stats")

    for freedom in (1, 2, 3, 5, 18, 28, 100, 363, 5_000):
        for t in (0.0, 1e-6, 0.1, 0.5, 1.0, 1.22294095829393, 2.0, 5.0, 12.0):
            p = 2 * float(stats.t.sf(t, freedom))
            assert two_sided_p(t, freedom) == pytest.approx(p, rel=1e-9, abs=1e-300)
        for p in (0.001, 0.05, 0.5, 0.9):
            assert critical_t(p, freedom) == pytest.approx(float(stats.t.isf(p / 2, freedom)), rel=1e-9)


@needs("statsmodels", "numpy", "empyrical")
def test_regressions_agree() -> None:
    empyrical = library("empyrical")
    np = library("numpy")
    sm = library("statsmodels.api")

    for seed in range(SERIES):
        market = random_returns(seed, 40)
        ours = [
            0.7 * value + noise for value, noise in zip(market, random_returns(seed + 7_000, 40), strict=True)
        ]
        right = sm.OLS(np.asarray(ours), sm.add_constant(np.asarray(market))).fit()
        robust = right.get_robustcov_results("HAC", maxlags=3, use_correction=True)
        fit = regress(ours, market)
        assert fit is not None
        assert (fit.alpha, fit.beta) == pytest.approx(tuple(right.params), rel=1e-9, abs=1e-12)
        assert (fit.alpha_t, fit.beta_t) == pytest.approx(tuple(right.tvalues), rel=1e-9, abs=1e-9)
        assert fit.alpha_p == pytest.approx(right.pvalues[0], rel=1e-8)
        assert fit.r_squared == pytest.approx(right.rsquared, rel=1e-9, abs=1e-12)
        assert fit.alpha_t_hac == pytest.approx(robust.tvalues[0], rel=1e-9, abs=1e-9)
        assert fit.beta == exact(empyrical.beta(np.asarray(ours), np.asarray(market)))
        assert fit.correlation == pytest.approx(np.corrcoef(ours, market)[0, 1], rel=1e-9, abs=1e-9)


@needs("statsmodels")
def test_wilson_agrees() -> None:
    proportion_confint = library("statsmodels.stats.proportion").proportion_confint

    for n in (1, 2, 5, 43, 1_000):
        for wins in {0, 1, n // 3, n // 2, n - 1, n}:
            assert wilson_interval(wins, n) == pytest.approx(
                proportion_confint(wins, n, method="wilson"), rel=1e-9, abs=1e-12
            )


@needs("arch", "numpy")
def test_bootstrap_bands_agree_within_a_point() -> None:
    np = library("numpy")
    bootstrap = library("arch.bootstrap").StationaryBootstrap

    for values in (list(THIRTY_DAYS), [value / 2 for value in random_returns(3, 60)]):
        sampler = bootstrap(5, np.asarray(values), seed=42)
        low, high = sampler.conf_int(lambda x: np.prod(1 + x) - 1, 10_000, method="percentile").ravel()
        ours = bootstrap_totals(days(values)).total_return()
        spread = max(0.01, 0.03 * (high - low))
        assert (ours.ci_low, ours.ci_high) == pytest.approx((low, high), abs=spread)


@needs("arch", "numpy")
def test_lead_agrees_within_a_point() -> None:
    np = library("numpy")
    bootstrap = library("arch.bootstrap").StationaryBootstrap

    sampler = bootstrap(5, np.asarray(THIRTY_DAYS), np.asarray(THIRTY_DAYS_OF_BTC), seed=42)
    draws = sampler.apply(lambda one, other: np.prod(1 + one) - np.prod(1 + other), 10_000)
    lead = lead_probability(days(THIRTY_DAYS), days(THIRTY_DAYS_OF_BTC)).value
    assert lead == pytest.approx(float((draws > 0).mean()), abs=0.01)
