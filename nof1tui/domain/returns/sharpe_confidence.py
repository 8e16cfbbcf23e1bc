"""How sure a Sharpe ratio is: standard error, interval, probabilistic and deflated Sharpe ratio.

The standard error is Lo's (2002) for normal returns with the extension of Mertens and Opdyke for skew and
kurtosis. Risk-free rate 0, 365 days a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import e, fsum, sqrt
from statistics import NormalDist

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.daily import DayReturn
from nof1tui.domain.returns.rates import CONSTANT, daily_rates, daily_sharpe, varies
from nof1tui.domain.returns.sample import day_sample, judged
from nof1tui.domain.returns.timescale import YEAR_DAYS

NORMAL = NormalDist()
Z_95 = NORMAL.inv_cdf(0.975)
EULER_MASCHERONI = 0.5772156649
LEAST_TRIALS = 3
"""Fewer traders than this give no deflated ratio."""
TOO_ROUGH = "band too rough: returns of neighbouring days correlate"


class SharpeMoments(Struct, frozen=True):
    """Sharpe ratio per day with what its standard error is made of."""

    n: int
    sharpe: float
    """Per day: mean over deviation."""
    skew: float
    kurtosis: float
    """3 for a normal distribution; bias-corrected like the skew."""
    standard_error: float
    """Of the Sharpe ratio per day."""


def sharpe_moments(returns: Sequence[DayReturn]) -> SharpeMoments | None:
    """Moments of the returns; None of fewer than four, of equal ones, or where no error is defined.

    Returns over several days enter as deviations from the drift, scaled to one day.
    """
    rates, ratio, n = daily_rates(returns), daily_sharpe(returns), len(returns)
    if rates is None or ratio is None or n < 4:
        return None
    skew, kurtosis = _shape([(item.value - rates.mu * item.tau) / sqrt(item.tau) for item in returns])
    error = sharpe_standard_error(ratio, n, skew, kurtosis)
    return None if error is None else SharpeMoments(n, ratio, skew, kurtosis, error)


def sharpe_standard_error(ratio: float, n: int, skew: float = 0.0, kurtosis: float = 3.0) -> float | None:
    """Standard error of a Sharpe ratio per observation; the defaults are those of normal returns.

    None where the moments of a small sample contradict one another.
    """
    variance = (1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio**2) / (n - 1)
    return sqrt(variance) if variance > 0 else None


def _shape(values: Sequence[float]) -> tuple[float, float]:
    """Bias-corrected skew and kurtosis (3 = normal) of at least four values that differ."""
    n, mean = len(values), fsum(values) / len(values)
    centred = [value - mean for value in values]
    squares = fsum(value**2 for value in centred)
    deviation = sqrt(squares / (n - 1))
    cubes = fsum((value / deviation) ** 3 for value in centred)
    fourths = fsum((value / deviation) ** 4 for value in centred)
    skew = n / ((n - 1) * (n - 2)) * cubes
    excess = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * fourths - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
    return skew, excess + 3.0


def sharpe_estimate(returns: Sequence[DayReturn]) -> Estimate:
    """Sharpe ratio a year with its 95 % interval, marked where neighbouring returns correlate."""
    year, sample, ratio = sqrt(YEAR_DAYS), day_sample(returns), daily_sharpe(returns)
    moments = sharpe_moments(returns)
    ci = None
    if moments is not None:
        reach = Z_95 * moments.standard_error
        ci = year * (moments.sharpe - reach), year * (moments.sharpe + reach)
    estimate = judged(None if ratio is None else year * ratio, sample, CONSTANT, ci)
    if estimate.value is not None and is_autocorrelated(returns):
        return estimate.marked("weak", reason=TOO_ROUGH)
    return estimate


def probabilistic_sharpe(returns: Sequence[DayReturn], benchmark: float = 0.0) -> Estimate:
    """Probability that the true Sharpe ratio per day is above the benchmark's."""
    moments = sharpe_moments(returns)
    value = None
    if moments is not None:
        value = NORMAL.cdf((moments.sharpe - benchmark) / moments.standard_error)
    return judged(value, day_sample(returns), CONSTANT)


def expected_best_sharpe(trials: Sequence[float]) -> float | None:
    """Sharpe ratio per day that the best of these traders shows by luck alone; None of fewer than three.

    `trials` are the Sharpe ratios per day of all traders compared.
    """
    k = len(trials)
    if k < LEAST_TRIALS:
        return None
    mean = fsum(trials) / k
    deviation = sqrt(fsum((value - mean) ** 2 for value in trials) / (k - 1))
    first, second = NORMAL.inv_cdf(1.0 - 1.0 / k), NORMAL.inv_cdf(1.0 - 1.0 / (k * e))
    return deviation * ((1.0 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second)


def deflated_sharpe(returns: Sequence[DayReturn], trials: Sequence[float]) -> Estimate:
    """Probability that the best trader's Sharpe ratio is above what luck gives the best of the field."""
    best = expected_best_sharpe(trials)
    if best is None:
        return not_available(f"needs {LEAST_TRIALS} traders, has {len(trials)}", len(returns))
    return probabilistic_sharpe(returns, best)


def lag_one_autocorrelation(values: Sequence[float]) -> float | None:
    """Pearson correlation of each value with the next; None where one side does not vary."""
    ours, others = values[:-1], values[1:]
    if len(ours) < 2 or not varies(ours) or not varies(others):
        return None
    first, second = fsum(ours) / len(ours), fsum(others) / len(others)
    squares = fsum((a - first) ** 2 for a in ours) * fsum((b - second) ** 2 for b in others)
    products = fsum((a - first) * (b - second) for a, b in zip(ours, others, strict=True))
    return products / sqrt(squares)


def is_autocorrelated(returns: Sequence[DayReturn]) -> bool:
    """Whether the lag-1 autocorrelation lies beyond ± 2 / √n: the interval is then too rough."""
    rho = lag_one_autocorrelation([item.value for item in returns])
    return rho is not None and abs(rho) > 2.0 / sqrt(len(returns))
