"""Mean and deviation per day of returns over unequal spans, and the yearly ratios made of them.

With a span of one day each they are the plain mean and sample deviation (ddof 1), risk-free rate 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt
from sys import float_info

from msgspec import Struct

from nof1tui.domain.estimate import Estimate
from nof1tui.domain.metrics import risk
from nof1tui.domain.returns.daily import DayReturn, single_day_values
from nof1tui.domain.returns.sample import DaySample, day_sample, judged
from nof1tui.domain.returns.timescale import YEAR_DAYS

CONSTANT = "the index never moved"
_ROUNDING = 8 * float_info.epsilon


class DailyRates(Struct, frozen=True):
    """Drift and deviation per day, fractions."""

    mu: float
    sigma: float
    """Per square root of a day; exactly 0 where returns differ by rounding alone."""


def varies(values: Sequence[float]) -> bool:
    """Whether returns differ by more than the rounding of `a / b - 1`."""
    return max(values) - min(values) > _ROUNDING * (1.0 + max(map(abs, values)))


def daily_rates(returns: Sequence[DayReturn]) -> DailyRates | None:
    """mu = sum r / sum tau, sigma² = sum((r - mu tau)² / tau) / (n - 1); None of fewer than two returns."""
    if len(returns) < 2:
        return None
    mu = fsum(item.value for item in returns) / sum(item.tau for item in returns)
    rates = [item.value / item.tau for item in returns]
    if not varies(rates):
        return DailyRates(mu, 0.0)
    squares = fsum((item.value - mu * item.tau) ** 2 / item.tau for item in returns)
    return DailyRates(mu, sqrt(squares / (len(returns) - 1)))


def annual_volatility(returns: Sequence[DayReturn]) -> Estimate:
    """Deviation per day times √365, a fraction."""
    rates = daily_rates(returns)
    value = None if rates is None or rates.sigma == 0 else rates.sigma * sqrt(YEAR_DAYS)
    return judged(value, day_sample(returns), CONSTANT)


def daily_sharpe(returns: Sequence[DayReturn]) -> float | None:
    """Drift over deviation per day; None where the returns do not differ."""
    rates = daily_rates(returns)
    return None if rates is None or rates.sigma == 0 else rates.mu / rates.sigma


class TailRatios(Struct, frozen=True):
    """Figures made from returns of single days only. Loss figures are signed: -0.05 is a loss of 5 %."""

    sortino: Estimate
    omega: Estimate
    value_at_risk: Estimate
    conditional_value_at_risk: Estimate


def tail_ratios(returns: Sequence[DayReturn]) -> TailRatios:
    """Sortino, Omega, historical VaR and CVaR at 5 %."""
    values, whole = single_day_values(returns), day_sample(returns)
    sample = DaySample(len(values), whole.span_days, whole.single_days)
    return TailRatios(
        judged(risk.sortino(values), sample, "no losing day"),
        judged(risk.omega(values), sample, "no losing day"),
        judged(risk.value_at_risk(values), sample, CONSTANT),
        judged(risk.conditional_value_at_risk(values), sample, CONSTANT),
    )
