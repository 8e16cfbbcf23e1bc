"""Alpha and beta of daily returns against a benchmark: ordinary least squares over the days of both."""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, fsum, inf, sqrt

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.daily import DayReturn, paired_by_day
from nof1tui.domain.returns.rates import varies
from nof1tui.domain.returns.student_t import critical_t, two_sided_p
from nof1tui.domain.returns.timescale import YEAR_DAYS

LEAST_PAIRED_DAYS = 20
SOUND_T = 2.0
"""An alpha whose t-value is smaller than this, in absolute terms, is weak."""
HAC_LAGS = 3


class Regression(Struct, frozen=True):
    """A line fitted through pairs of daily returns: ours = alpha + beta * benchmark."""

    n: int
    alpha: float
    """Per day, a fraction."""
    beta: float
    alpha_error: float
    beta_error: float
    alpha_error_hac: float
    """Newey-West standard error with three lags and the small-sample factor n / (n - 2)."""
    r_squared: float

    @property
    def alpha_annual(self) -> float:
        """Per day times 365, not compounded."""
        return self.alpha * YEAR_DAYS

    @property
    def alpha_t(self) -> float:
        return _ratio(self.alpha, self.alpha_error)

    @property
    def alpha_p(self) -> float:
        """Two-sided probability of such an alpha where the true one is 0."""
        return two_sided_p(self.alpha_t, self.n - 2) if self.alpha_error > 0 else 0.0

    @property
    def alpha_t_hac(self) -> float:
        return _ratio(self.alpha, self.alpha_error_hac)

    @property
    def beta_t(self) -> float:
        return _ratio(self.beta, self.beta_error)

    @property
    def correlation(self) -> float:
        return copysign(sqrt(self.r_squared), self.beta)


def _ratio(value: float, error: float) -> float:
    return value / error if error > 0 else copysign(inf, value)


def regress(ours: Sequence[float], benchmark: Sequence[float]) -> Regression | None:
    """Least squares of paired returns; None of fewer than three pairs or a constant benchmark."""
    n = len(ours)
    if n < 3 or not varies(benchmark):
        return None
    x_mean, y_mean = fsum(benchmark) / n, fsum(ours) / n
    x = [value - x_mean for value in benchmark]
    y = [value - y_mean for value in ours]
    xx = fsum(value * value for value in x)
    beta = fsum(a * b for a, b in zip(x, y, strict=True)) / xx
    residuals = [b - beta * a for a, b in zip(x, y, strict=True)]
    left, whole = fsum(value * value for value in residuals), fsum(value * value for value in y)
    variance = left / (n - 2)
    return Regression(
        n=n,
        alpha=y_mean - beta * x_mean,
        beta=beta,
        alpha_error=sqrt(variance * (1.0 / n + x_mean**2 / xx)),
        beta_error=sqrt(variance / xx),
        alpha_error_hac=_hac_error(residuals, x, x_mean, xx),
        r_squared=min(1.0, max(0.0, 1.0 - left / whole)) if whole > 0 else 0.0,
    )


def _hac_error(residuals: Sequence[float], x: Sequence[float], x_mean: float, xx: float) -> float:
    """Newey-West error of alpha: the influence of each day on alpha, with Bartlett weights over lags."""
    n = len(residuals)
    influence = [r * (1.0 / n - x_mean * a / xx) for r, a in zip(residuals, x, strict=True)]
    variance = fsum(value * value for value in influence)
    for lag in range(1, min(HAC_LAGS, n - 1) + 1):
        products = fsum(a * b for a, b in zip(influence, influence[lag:], strict=False))
        variance += 2.0 * (1.0 - lag / (HAC_LAGS + 1)) * products
    return sqrt(variance * n / (n - 2)) if variance > 0 else 0.0


class BenchmarkFigures(Struct, frozen=True):
    """Alpha a year, beta, correlation and R² with what makes them weak."""

    alpha: Estimate
    beta: Estimate
    correlation: Estimate
    r_squared: Estimate
    regression: Regression | None = None


def benchmark_figures(ours: Sequence[DayReturn], benchmark: Sequence[DayReturn]) -> BenchmarkFigures:
    """Figures over the days of both. Alpha is weak while |t| < 2."""
    pairs = paired_by_day(ours, benchmark)
    if len(pairs) < LEAST_PAIRED_DAYS:
        return _missing(f"too few days of both: {len(pairs)} of {LEAST_PAIRED_DAYS}", len(pairs))
    fit = regress([one.value for one, _ in pairs], [other.value for _, other in pairs])
    if fit is None:
        return _missing("the benchmark never moved", len(pairs))
    reach = critical_t(0.05, fit.n - 2)
    alpha = _interval(fit.alpha_annual, reach * fit.alpha_error * YEAR_DAYS, fit.n)
    if abs(fit.alpha_t) < SOUND_T:
        alpha = alpha.marked("weak", reason=f"t {fit.alpha_t:.2f}")
    return BenchmarkFigures(
        alpha=alpha,
        beta=_interval(fit.beta, reach * fit.beta_error, fit.n),
        correlation=Estimate(fit.correlation, fit.n),
        r_squared=Estimate(fit.r_squared, fit.n),
        regression=fit,
    )


def _interval(value: float, reach: float, n: int) -> Estimate:
    return Estimate(value, n, value - reach, value + reach)


def _missing(reason: str, n: int) -> BenchmarkFigures:
    missing = not_available(reason, n)
    return BenchmarkFigures(missing, missing, missing, missing)
