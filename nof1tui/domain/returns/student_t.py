"""Student's t distribution: tail probability and quantile."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

_TINY = 1e-300
_CLOSE = 1e-16
_STEPS = 10_000


def two_sided_p(t: float, freedom: int) -> float:
    """Probability of a value at least as far from 0 as `t`, for `freedom` ≥ 1 degrees of freedom."""
    whole = freedom + t * t
    return _incomplete_beta(freedom / 2.0, 0.5, freedom / whole, t * t / whole)


def critical_t(p: float, freedom: int) -> float:
    """The t ≥ 0 whose two-sided probability is `p`, for 0 < p < 1."""
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > p:
        low, high = high, 2.0 * high
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if two_sided_p(middle, freedom) > p else (low, middle)
    return high


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """Regularised incomplete beta function I_x(a, b); `rest` is 1 - x without its rounding."""
    if x <= 0.0 or rest <= 0.0:
        return 0.0 if x <= 0.0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log1p(-rest) + b * log(rest))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _continued_fraction(a, b, x) / a
    return 1.0 - front * _continued_fraction(b, a, rest) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Lentz's method for the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1.0))
    result = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for term in (even, odd):
            d = 1.0 / _nonzero(1.0 + term * d)
            c = _nonzero(1.0 + term / c)
            result *= d * c
        if abs(d * c - 1.0) < _CLOSE:
            break
    return result


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
