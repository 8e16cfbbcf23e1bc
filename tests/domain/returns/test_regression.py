"""Alpha and beta against a benchmark, and Student's t behind their intervals."""

from __future__ import annotations

import pytest

from nof1tui.domain.returns.regression import benchmark_figures, regress
from nof1tui.domain.returns.student_t import critical_t, two_sided_p
from tests.support.return_facts import THIRTY_DAYS, THIRTY_DAYS_OF_BTC, days, exact

TRADER, BTC = days(THIRTY_DAYS), days(THIRTY_DAYS_OF_BTC)


class TestRegression:
    def test_11_alpha_and_beta(self) -> None:
        figures = benchmark_figures(TRADER, BTC)
        fit = figures.regression
        assert fit is not None
        assert fit.n == 30
        assert fit.beta == exact(1.317169823518)
        assert fit.alpha == exact(0.00065902514706833)
        assert fit.alpha_annual == exact(0.24054417867994)
        assert fit.alpha_t == exact(1.22294095829393)
        assert fit.alpha_p == exact(0.231545721535308)
        assert fit.beta_t == exact(22.7503346086695)
        assert fit.r_squared == exact(0.948678256594998)
        assert fit.alpha_t_hac == exact(1.34579053401541)
        assert fit.correlation == exact(0.974001158415635)

    def test_a_small_t_value_makes_alpha_weak(self) -> None:
        figures = benchmark_figures(TRADER, BTC)
        assert (figures.alpha.marks, figures.alpha.reason) == (("weak",), "t 1.22")
        assert figures.beta.marks == ()
        assert figures.beta.ci_low is not None
        assert figures.beta.ci_low < 1.317169823518
        assert benchmark_figures(days([v + 0.01 for v in THIRTY_DAYS]), BTC).alpha.marks == ()

    def test_too_few_days_or_a_benchmark_that_never_moved(self) -> None:
        assert benchmark_figures(TRADER[:19], BTC).alpha.reason == "too few days of both: 19 of 20"
        assert benchmark_figures(TRADER, days([0.0] * 30)).beta.reason == "the benchmark never moved"
        assert regress([1.0, 2.0], [1.0, 3.0]) is None

    def test_a_perfect_line_has_no_error(self) -> None:
        fit = regress([1.0, 3.0, 5.0, 7.0], [0.0, 1.0, 2.0, 3.0])
        assert fit is not None
        assert (fit.alpha, fit.beta, fit.r_squared, fit.alpha_p) == (1.0, 2.0, 1.0, 0.0)

    def test_a_constant_trader_has_neither_beta_nor_correlation(self) -> None:
        fit = regress([0.5] * 4, [0.0, 1.0, 2.0, 3.0])
        assert fit is not None
        assert (fit.beta, fit.r_squared, fit.correlation) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("t", "freedom", "p"),
    [(0.0, 5, 1.0), (1.0, 1, 0.5), (12.706204736432095, 1, 0.05), (2.0484071417952436, 28, 0.05)],
)
def test_student_t(t: float, freedom: int, p: float) -> None:
    assert two_sided_p(t, freedom) == exact(p)
    assert two_sided_p(-t, freedom) == exact(p)
    if 0 < p < 1:
        assert critical_t(p, freedom) == exact(t)
