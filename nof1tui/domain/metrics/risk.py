"""Risk figures of a series of simple daily returns.

Risk-free rate 0, 365 periods a year, None where a figure does not exist. Definitions are those of
empyrical (`annualization=365`); docs/metrics.md lists where ffn and quantstats differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import expm1, fsum, log, log1p, sqrt
from operator import mul
from sys import float_info

from nof1tui.domain.metrics.basic import PERIODS_PER_YEAR, max_drawdown, sample_deviation

TAIL = 0.05
"""Share of the worst returns behind VaR95 and CVaR95."""
_LARGEST_EXPONENT = log(float_info.max)


def volatility(returns: Sequence[float]) -> float | None:
    """Sample deviation (ddof 1) times √365, a fraction."""
    deviation = sample_deviation(returns)
    return None if deviation is None else deviation * sqrt(PERIODS_PER_YEAR)


def sortino(returns: Sequence[float]) -> float | None:
    """Mean over downside deviation, times √365; the downside is √(Σ min(r, 0)² / n) over all n returns."""
    count = len(returns)
    downside = fsum(value * value for value in returns if value < 0)
    if count < 2 or downside <= 0:
        return None
    return fsum(returns) / count / sqrt(downside / count) * sqrt(PERIODS_PER_YEAR)


def omega(returns: Sequence[float]) -> float | None:
    """Sum of the gains over the sum of the losses, threshold 0."""
    losses = -fsum(value for value in returns if value < 0)
    return fsum(value for value in returns if value > 0) / losses if losses > 0 else None


def value_at_risk(returns: Sequence[float], tail: float = TAIL) -> float | None:
    """The `tail` quantile of the returns: historical, linear between ranks.

    Signed: -0.05 is a loss of 5 %.
    """
    if not returns:
        return None
    ordered = sorted(returns)
    place = (len(ordered) - 1) * tail
    index = int(place)
    above = ordered[min(index + 1, len(ordered) - 1)]
    return ordered[index] + (above - ordered[index]) * (place - index)


def conditional_value_at_risk(returns: Sequence[float], tail: float = TAIL) -> float | None:
    """Mean of the worst ⌊(n-1)·tail⌋+1 returns: expected shortfall, historical, signed."""
    if not returns:
        return None
    worst = sorted(returns)[: int((len(returns) - 1) * tail) + 1]
    return fsum(worst) / len(worst)


def cagr(returns: Sequence[float]) -> float | None:
    """Growth per year of 365 returns, a fraction; -1 after a total loss, None beyond the range of floats."""
    if not returns:
        return None
    if min(returns) <= -1.0:
        return -1.0
    exponent = fsum(map(log1p, returns)) * PERIODS_PER_YEAR / len(returns)
    return expm1(exponent) if exponent < _LARGEST_EXPONENT else None


def calmar(returns: Sequence[float]) -> float | None:
    """CAGR over the maximum drawdown of daily closes; None without a drawdown."""
    growth, drawdown = cagr(returns), drawdown_of_returns(returns)
    return growth / -drawdown if growth is not None and drawdown < 0 else None


def drawdown_of_returns(returns: Sequence[float]) -> float:
    """Maximum drawdown of the wealth path of these returns, a fraction ≤ 0."""
    wealth, path = 1.0, list[float]()
    for value in returns:
        wealth *= 1.0 + value
        path.append(wealth)
    return max_drawdown(path, 1.0)


def beta(returns: Sequence[float], market: Sequence[float]) -> float | None:
    """Covariance with the market over the market's variance; series are aligned."""
    if not sample_deviation(market):
        return None
    one, other = _centred(returns), _centred(market)
    return fsum(map(mul, one, other)) / fsum(map(mul, other, other))


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson correlation of aligned series; None if one of them is constant."""
    return cosine(unit_vector(one), unit_vector(other))


def unit_vector(values: Sequence[float]) -> list[float] | None:
    """The values minus their mean, scaled to length 1; None if they are constant."""
    if not sample_deviation(values):
        return None
    centred = _centred(values)
    length = sqrt(fsum(map(mul, centred, centred)))
    return [value / length for value in centred]


def cosine(one: Sequence[float] | None, other: Sequence[float] | None) -> float | None:
    """Dot product of two unit vectors, clamped to -1 … 1: the correlation of their series."""
    if one is None or other is None:
        return None
    return min(1.0, max(-1.0, fsum(map(mul, one, other))))


def _centred(values: Sequence[float]) -> list[float]:
    mean = fsum(values) / len(values)
    return [value - mean for value in values]
