"""Figures of an equity curve: return, risk and drawdown, for a season or a span of it."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.domain.metrics import risk
from nof1tui.domain.metrics.basic import max_drawdown, return_pct, sharpe
from nof1tui.domain.metrics.drawdown import Drawdown, drawdown
from nof1tui.domain.metrics.figure_value import (
    LEAST_PAIRS,
    LONG_RETURNS,
    RETURNS,
    SOUND_RETURNS,
    Figure,
    figure,
    percent,
)
from nof1tui.domain.series.closes import SEASON, Closes, Span, aligned_returns, daily_closes
from nof1tui.domain.series.curve import Curve

VALUES = "account values"
PAIRS = "daily returns of both"
STILL = "the value never moved"


@dataclass(frozen=True, slots=True)
class Performance:
    """All that is told of one equity curve. Percent where the name says so, ratios else."""

    return_pct: Figure
    """Against the starting capital; of a span, against the value it began with."""
    excess_pct: Figure
    """That return minus the market's, in percentage points."""
    volatility_pct: Figure
    sharpe: Figure
    sortino: Figure
    max_drawdown_pct: Figure
    """From the finest rows known, ≤ 0."""
    max_drawdown_daily_pct: Figure
    """From daily closes, ≤ 0: what a reference library tells."""
    drawdown_pct: Figure
    """Right now, ≤ 0."""
    underwater_s: Figure
    """Since the peak was last stood on."""
    longest_underwater_s: Figure
    cagr_pct: Figure
    calmar: Figure
    omega: Figure
    var95_pct: Figure
    cvar95_pct: Figure
    beta: Figure
    correlation: Figure
    """To the market: BTC bought and held."""


def performance(
    curve: Curve, span: Span = SEASON, *, market: Curve | None = None, fallen: Drawdown | None = None
) -> Performance:
    """The figures inside the span. `fallen` is the curve's drawdown there, where it is known already."""
    closes = daily_closes(curve, span)
    fallen = drawdown(curve, span) if fallen is None else fallen
    held = Closes(1.0) if market is None else daily_closes(market, span)
    return Performance(
        **_growth(closes, fallen, held),
        **_risk(closes),
        **_falls(curve, span, closes, fallen),
        **_market(closes, held, known=market is not None),
    )


def _growth(closes: Closes, fallen: Drawdown, held: Closes) -> dict[str, Figure]:
    grown, hold = _grown_pct(closes), _grown_pct(held)
    excess = None if grown is None or hold is None else grown - hold
    return {
        "return_pct": figure(grown, fallen.n, VALUES, missing="the capital is not above zero"),
        "excess_pct": figure(excess, fallen.n, VALUES, missing="no market to compare with"),
    }


def _grown_pct(closes: Closes) -> float | None:
    return return_pct(closes.values[-1], closes.base_usd) if closes.values else None


def _risk(closes: Closes) -> dict[str, Figure]:
    returns = closes.returns

    def told(value: float | None, least: int, missing: str = STILL) -> Figure:
        return figure(value, len(returns), RETURNS, least=least, sound=SOUND_RETURNS, missing=missing)

    return {
        "volatility_pct": told(percent(risk.volatility(returns)), 2),
        "sharpe": told(sharpe(returns), 2),
        "sortino": told(risk.sortino(returns), 2, "no losing day"),
        "omega": told(risk.omega(returns), 2, "no losing day"),
        "var95_pct": told(percent(risk.value_at_risk(returns)), 2),
        "cvar95_pct": told(percent(risk.conditional_value_at_risk(returns)), 2),
        "cagr_pct": told(percent(risk.cagr(returns)), LONG_RETURNS, "too large"),
        "calmar": told(risk.calmar(returns), LONG_RETURNS, "never below a former close"),
    }


def _falls(curve: Curve, span: Span, closes: Closes, fallen: Drawdown) -> dict[str, Figure]:
    deepest = fallen.deepest
    if span.since is None and fallen.n == len(curve):
        deepest = min(deepest, curve.max_drawdown)
    daily = max_drawdown(closes.values, closes.base_usd)

    def told(value: float) -> Figure:
        return figure(value, fallen.n, VALUES)

    return {
        "max_drawdown_pct": told(100.0 * deepest),
        "max_drawdown_daily_pct": figure(100.0 * daily, len(closes.values), "daily closes"),
        "drawdown_pct": told(100.0 * fallen.current),
        "underwater_s": told(fallen.underwater_s),
        "longest_underwater_s": told(fallen.longest_s),
    }


def _market(closes: Closes, held: Closes, *, known: bool) -> dict[str, Figure]:
    if not known:
        missing = Figure(None, 0, PAIRS, "no BTC hold in this season")
        return {"beta": missing, "correlation": missing}
    ours, theirs = aligned_returns(closes, held)

    def told(value: float | None, missing: str) -> Figure:
        return figure(value, len(ours), PAIRS, least=LEAST_PAIRS, sound=SOUND_RETURNS, missing=missing)

    return {
        "beta": told(risk.beta(ours, theirs), "BTC hold never moved"),
        "correlation": told(risk.correlation(ours, theirs), "one of the two never moved"),
    }
