"""Computed figures under the names of the reference libraries' results."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose

from nof1tui.domain.metrics import basic, risk
from nof1tui.domain.metrics.drawdown import RunningDrawdown
from nof1tui.domain.series.closes import Closes, aligned_returns

JULIAN_YEAR = 365.25
TIGHT = 1e-9
"""Relative; with an absolute tolerance of 1e-12 for figures near zero."""


def our_values(closes: Closes, market: Closes) -> dict[str, float | None]:
    returns, market_returns = aligned_returns(closes, market)
    growth, fall = risk.cagr(returns), risk.drawdown_of_returns(returns)
    julian = None if growth is None else (1.0 + growth) ** (JULIAN_YEAR / basic.PERIODS_PER_YEAR) - 1.0
    return {
        "volatility": risk.volatility(returns),
        "sharpe": basic.sharpe(returns),
        "sortino": risk.sortino(returns),
        "max_drawdown": fall,
        "cagr": growth,
        "calmar": risk.calmar(returns),
        "omega": risk.omega(returns),
        "value_at_risk": risk.value_at_risk(returns),
        "conditional_value_at_risk": risk.conditional_value_at_risk(returns),
        "beta": risk.beta(returns, market_returns),
        "correlation": risk.correlation(returns, market_returns),
        "cagr_of_365_25_days": julian,
        "calmar_of_365_25_days": julian / -fall if julian is not None and fall < 0 else None,
        "longest_underwater_days": _longest_days(closes),
    }


def disagreements(
    answers: Mapping[str, Mapping[str, float]], ours: Mapping[str, float | None], tolerance: float = TIGHT
) -> list[str]:
    """Differences between results of the libraries and the computed figures."""
    return [
        f"{library} {name}: {reference!r}, ours {ours[name]!r}"
        for library, values in answers.items()
        for name, reference in values.items()
        if not _agrees(ours[name], reference, tolerance)
    ]


def _agrees(value: float | None, reference: float, tolerance: float) -> bool:
    return value is not None and isclose(value, reference, rel_tol=tolerance, abs_tol=1e-12)


def _longest_days(closes: Closes) -> float:
    """As ffn counts it: from the first day below the peak, which is a day after the peak."""
    days = (
        RunningDrawdown(closes.base_usd)
        .with_points(list(closes.by_period()), list(closes.by_period().values()))
        .longest_underwater_s
    )
    return max(0.0, days - 1.0)
