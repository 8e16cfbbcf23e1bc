"""Figures of an equity curve: return, risk and drawdown, for a season or a span of it."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.domain.metrics import risk
from nof1tui.domain.metrics.basic import max_drawdown, return_pct, sharpe
from nof1tui.domain.metrics.drawdown import RunningDrawdown, drawdown
from nof1tui.domain.metrics.figure_value import (
    DAILY_RETURNS,
    MIN_ANNUALISED_RETURNS,
    MIN_PAIRS,
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


@dataclass(frozen=True, slots=True)
class Performance:
    """All that is told of one equity curve. Percent where the name says so, ratios else."""

    return_pct: FigureValue
    """Against the starting capital; of a span, against the value it began with."""
    excess_pct: FigureValue
    """That return minus the market's, in percentage points."""
    volatility_pct: FigureValue
    sharpe: FigureValue
    sortino: FigureValue
    max_drawdown_pct: FigureValue
    """From the finest rows known, ≤ 0."""
    max_drawdown_daily_pct: FigureValue
    """From daily closes, ≤ 0: what a reference library tells."""
    drawdown_pct: FigureValue
    """Right now, ≤ 0."""
    underwater_s: FigureValue
    """Since the peak was last stood on."""
    longest_underwater_s: FigureValue
    cagr_pct: FigureValue
    calmar: FigureValue
    omega: FigureValue
    var95_pct: FigureValue
    cvar95_pct: FigureValue
    beta: FigureValue
    correlation: FigureValue
    """To the market: BTC bought and held."""


def performance(
    curve: Curve,
    span: Span = WHOLE_SEASON,
    *,
    market: Curve | None = None,
    fallen: RunningDrawdown | None = None,
) -> Performance:
    """The figures inside the span. `fallen` is the curve's drawdown there, where it is known already."""
    closes = daily_closes(curve, span)
    fallen = drawdown(curve, span) if fallen is None else fallen
    held = Closes(1.0) if market is None else daily_closes(market, span)
    return Performance(
        **_return_figures(closes, fallen, held),
        **_risk_figures(closes),
        **_drawdown_figures(curve, span, closes, fallen),
        **_market_figures(closes, held, known=market is not None),
    )


def _return_figures(closes: Closes, fallen: RunningDrawdown, held: Closes) -> dict[str, FigureValue]:
    grown, hold = _return_pct(closes), _return_pct(held)
    excess = None if grown is None or hold is None else grown - hold
    return {
        "return_pct": figure_value(grown, fallen.n, _ACCOUNT_VALUES, missing="the capital is not above zero"),
        "excess_pct": figure_value(excess, fallen.n, _ACCOUNT_VALUES, missing="no market to compare with"),
    }


def _return_pct(closes: Closes) -> float | None:
    return return_pct(closes.values[-1], closes.base_usd) if closes.values else None


def _risk_figures(closes: Closes) -> dict[str, FigureValue]:
    returns = closes.returns

    def told(value: float | None, least: int, missing: str = _NEVER_MOVED) -> FigureValue:
        return figure_value(
            value, len(returns), DAILY_RETURNS, least=least, sound=RELIABLE_RETURNS, missing=missing
        )

    return {
        "volatility_pct": told(percent(risk.volatility(returns)), 2),
        "sharpe": told(sharpe(returns), 2),
        "sortino": told(risk.sortino(returns), 2, "no losing day"),
        "omega": told(risk.omega(returns), 2, "no losing day"),
        "var95_pct": told(percent(risk.value_at_risk(returns)), 2),
        "cvar95_pct": told(percent(risk.conditional_value_at_risk(returns)), 2),
        "cagr_pct": told(percent(risk.cagr(returns)), MIN_ANNUALISED_RETURNS, "too large"),
        "calmar": told(risk.calmar(returns), MIN_ANNUALISED_RETURNS, "never below a former close"),
    }


def _drawdown_figures(
    curve: Curve, span: Span, closes: Closes, fallen: RunningDrawdown
) -> dict[str, FigureValue]:
    deepest = fallen.max_drawdown
    if span.since is None and fallen.n == len(curve):
        deepest = min(deepest, curve.max_drawdown)
    daily = max_drawdown(closes.values, closes.base_usd)

    def told(value: float) -> FigureValue:
        return figure_value(value, fallen.n, _ACCOUNT_VALUES)

    return {
        "max_drawdown_pct": told(100.0 * deepest),
        "max_drawdown_daily_pct": figure_value(100.0 * daily, len(closes.values), "daily closes"),
        "drawdown_pct": told(100.0 * fallen.current),
        "underwater_s": told(fallen.underwater_s),
        "longest_underwater_s": told(fallen.longest_underwater_s),
    }


def _market_figures(closes: Closes, held: Closes, *, known: bool) -> dict[str, FigureValue]:
    if not known:
        missing = FigureValue(None, 0, _RETURN_PAIRS, "no BTC hold in this season")
        return {"beta": missing, "correlation": missing}
    ours, theirs = aligned_returns(closes, held)

    def told(value: float | None, missing: str) -> FigureValue:
        return figure_value(
            value, len(ours), _RETURN_PAIRS, least=MIN_PAIRS, sound=RELIABLE_RETURNS, missing=missing
        )

    return {
        "beta": told(risk.beta(ours, theirs), "BTC hold never moved"),
        "correlation": told(risk.correlation(ours, theirs), "one of the two never moved"),
    }
