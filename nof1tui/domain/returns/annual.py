"""Growth a year by elapsed time, and growth over the maximum drawdown."""

from __future__ import annotations

from math import expm1, isfinite, log1p

from nof1tui.domain.estimate import Estimate, finite_estimate, merged_marks, not_available
from nof1tui.domain.returns.timescale import YEAR_DAYS

LEAST_ELAPSED_DAYS = 90.0
"""Shorter spans have no figure a year."""
_LARGEST_EXPONENT = 709.0


def annual_growth(total: Estimate, elapsed_days: float) -> Estimate:
    """CAGR: `(1 + R)^(365 / days) - 1` of a total return, by days elapsed; the band likewise."""
    if total.value is None:
        return not_available(total.reason or "return unknown", total.n)
    if elapsed_days < LEAST_ELAPSED_DAYS:
        return not_available(f"needs {LEAST_ELAPSED_DAYS:.0f} days, has {elapsed_days:.0f}", total.n)
    value = _a_year(total.value, elapsed_days)
    estimate = finite_estimate(value, total.n)
    if estimate.value is None:
        return estimate
    ends = [None if end is None else _a_year(end, elapsed_days) for end in (total.ci_low, total.ci_high)]
    low, high = (end if end is not None and isfinite(end) else None for end in ends)
    return Estimate(value, total.n, low, high, total.reason, total.marks)


def _a_year(total: float, elapsed_days: float) -> float:
    if total <= -1.0:
        return -1.0
    exponent = log1p(total) * YEAR_DAYS / elapsed_days
    return expm1(exponent) if exponent < _LARGEST_EXPONENT else float("inf")


def calmar_ratio(growth: Estimate, max_drawdown: Estimate) -> Estimate:
    """CAGR over the absolute maximum drawdown."""
    marks = merged_marks(growth.marks, max_drawdown.marks)
    if growth.value is None:
        return not_available(growth.reason or "growth unknown", growth.n)
    if max_drawdown.value is None:
        return not_available(max_drawdown.reason or "drawdown unknown", growth.n)
    if max_drawdown.value >= 0:
        return not_available("never below a peak", growth.n)
    return Estimate(growth.value / -max_drawdown.value, growth.n, marks=marks)
