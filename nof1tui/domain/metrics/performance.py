"""Figures of an equity curve: return, risk and drawdown, for a season or a span of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from nof1tui.domain.metrics import risk
from nof1tui.domain.metrics.basic import max_drawdown, return_pct, sharpe
from nof1tui.domain.metrics.drawdown import RunningDrawdown, current_drawdown, drawdown
from nof1tui.domain.metrics.figure_value import (
    DAILY_RETURNS,
    MIN_ANNUALISED_RETURNS,
    MIN_PAIRS,
    MIN_RETURNS,
    RELIABLE_RETURNS,
    FigureValue,
    figure_value,
    percent,
)
from nof1tui.domain.series.closes import WHOLE_SEASON, Closes, Span, aligned_returns, daily_closes
from nof1tui.domain.series.curve import Curve

_ACCOUNT_VALUES = "account values"
_RETURN_PAIRS = "daily returns of both"
_NEVER_MOVED = "the value never moved"


class Performance(Struct, frozen=True):
    """All figures of one equity curve. Percent where the name ends in `_pct`, else ratios and seconds."""

    return_pct: FigureValue
    """Return on the starting capital; of a span, on its base value."""
    excess_pct: FigureValue
    """Return minus the market's, percentage points."""
    volatility_pct: FigureValue
    sharpe: FigureValue
    sortino: FigureValue
    max_drawdown_pct: FigureValue
    """From all rows (intraday), ≤ 0."""
    max_drawdown_daily_pct: FigureValue
    """From daily closes, ≤ 0, as the reference libraries compute it."""
    drawdown_pct: FigureValue
    """Current, ≤ 0."""
    underwater_s: FigureValue
    """Since the last peak."""
    longest_underwater_s: FigureValue
    cagr_pct: FigureValue
    calmar: FigureValue
    omega: FigureValue
    var95_pct: FigureValue
    cvar95_pct: FigureValue
    beta: FigureValue
    correlation: FigureValue
    """With the market: BTC bought and held."""


def performance(
    curve: Curve,
    span: Span = WHOLE_SEASON,
    *,
    market: Curve | None = None,
    running: RunningDrawdown | None = None,
) -> Performance:
    """The figures inside the span. `running` is the curve's drawdown there, if already computed."""
    closes = daily_closes(curve, span)
    running = drawdown(curve, span) if running is None else running
    market_closes = Closes(1.0) if market is None else daily_closes(market, span)
    known_base = curve.capital_usd is not None or span.indices(curve.times).start > 0
    return Performance(
        **_return_figures(closes if known_base else Closes(0.0), running, market_closes),
        **_risk_figures(closes),
        **_drawdown_figures(curve, span, closes, running),
        **_market_figures(closes, market_closes, known=market is not None),
    )


def _return_figures(
    closes: Closes, running: RunningDrawdown, market_closes: Closes
) -> dict[str, FigureValue]:
    own_pct, market_pct = _return_pct(closes), _return_pct(market_closes)
    excess_pct = None if own_pct is None or market_pct is None else own_pct - market_pct
    no_base = "the capital is unknown or not above zero"
    no_excess = no_base if own_pct is None and market_pct is not None else "no market to compare with"
    return {
        "return_pct": figure_value(own_pct, running.n, _ACCOUNT_VALUES, missing=no_base),
        "excess_pct": figure_value(excess_pct, running.n, _ACCOUNT_VALUES, missing=no_excess),
    }


def _return_pct(closes: Closes) -> float | None:
    return return_pct(closes.values[-1], closes.base_usd) if closes.values else None


def _dispersion(
    value: float | None, n: int, least: int = MIN_RETURNS, missing: str = _NEVER_MOVED
) -> FigureValue:
    return figure_value(value, n, DAILY_RETURNS, least=least, sound=RELIABLE_RETURNS, missing=missing)


def sharpe_ratio(returns: Sequence[float]) -> FigureValue:
    """Annualised Sharpe ratio of daily returns; weak below 30."""
    return _dispersion(sharpe(returns), len(returns))


def _risk_figures(closes: Closes) -> dict[str, FigureValue]:
    returns = closes.returns
    n = len(returns)
    return {
        "volatility_pct": _dispersion(percent(risk.volatility(returns)), n),
        "sharpe": sharpe_ratio(returns),
        "sortino": _dispersion(risk.sortino(returns), n, missing="no losing day"),
        "omega": _dispersion(risk.omega(returns), n, missing="no losing day"),
        "var95_pct": _dispersion(percent(risk.value_at_risk(returns)), n),
        "cvar95_pct": _dispersion(percent(risk.conditional_value_at_risk(returns)), n),
        "cagr_pct": _dispersion(percent(risk.cagr(returns)), n, MIN_ANNUALISED_RETURNS, "too large"),
        "calmar": _dispersion(risk.calmar(returns), n, MIN_ANNUALISED_RETURNS, "never below a former close"),
    }


def _drawdown_figures(
    curve: Curve, span: Span, closes: Closes, running: RunningDrawdown
) -> dict[str, FigureValue]:
    deepest, current = running.max_drawdown, running.current
    if span.since is None and running.n == len(curve):  # points between the kept ones count as well
        deepest = min(deepest, curve.max_drawdown)
        current = min(current, current_drawdown(curve, running.last_usd))
    daily = max_drawdown(closes.values, closes.base_usd)

    def of_points(value: float) -> FigureValue:
        return figure_value(value, running.n, _ACCOUNT_VALUES)

    return {
        "max_drawdown_pct": of_points(100.0 * deepest),
        "max_drawdown_daily_pct": figure_value(100.0 * daily, len(closes.values), "daily closes"),
        "drawdown_pct": of_points(100.0 * current),
        "underwater_s": of_points(running.underwater_s),
        "longest_underwater_s": of_points(running.longest_underwater_s),
    }


def _market_figures(closes: Closes, market_closes: Closes, *, known: bool) -> dict[str, FigureValue]:
    if not known:
        missing = FigureValue(None, 0, _RETURN_PAIRS, "no BTC hold in this season")
        return {"beta": missing, "correlation": missing}
    own_returns, market_returns = aligned_returns(closes, market_closes)

    def of_pairs(value: float | None, missing: str) -> FigureValue:
        return figure_value(
            value, len(own_returns), _RETURN_PAIRS, least=MIN_PAIRS, sound=RELIABLE_RETURNS, missing=missing
        )

    return {
        "beta": of_pairs(risk.beta(own_returns, market_returns), "BTC hold never moved"),
        "correlation": of_pairs(risk.correlation(own_returns, market_returns), "one of the two never moved"),
    }
