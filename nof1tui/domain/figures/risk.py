"""Figures of risk of an account: dispersion, ratios, value at risk, beta and correlation."""

from __future__ import annotations

from functools import partial

from nof1tui.domain.figures.figure import declare, figures_in
from nof1tui.domain.figures.views import AccountView, Observation
from nof1tui.domain.metrics.figure_value import (
    DAILY_RETURNS,
    MIN_ANNUALISED_RETURNS,
    MIN_PAIRS,
    MIN_RETURNS,
    RELIABLE_RETURNS,
    FigureValue,
)

_risk = partial(declare, AccountView, "account", group="risk")
_of_returns = partial(
    _risk, minimum_n=MIN_RETURNS, sound_n=RELIABLE_RETURNS, counted=DAILY_RETURNS, inputs=("n",)
)
_of_pairs = partial(
    _risk, minimum_n=MIN_PAIRS, sound_n=RELIABLE_RETURNS, counted="daily returns of both", inputs=("n",)
)


@_risk("count", "Days", documents=("leaderboard",), aliases=("days",), nullable=False)
def n(account: AccountView) -> int:
    """Daily returns behind the ratios."""
    return account.leaderboard_row.n if account.is_of_season else account.stats.performance.sharpe.n or 0


@_of_returns("pct", "Vol", aliases=("volatility", "vol"), best="low")
def volatility_pct(account: AccountView) -> FigureValue:
    """Volatility of daily returns, annualised.

    Formula: std(r, ddof 1) · √365
    """
    return account.stats.performance.volatility_pct


@partial(_of_returns, inputs=("n", "volatility_pct"))(
    "ratio", "Sharpe", documents=("leaderboard",),
    reported_as="sharpe_ratio of the account row: its definition is not published", signed=True,
    best="high",
)  # fmt: skip
def sharpe(account: AccountView) -> FigureValue:
    """Sharpe ratio of daily returns, annualised, risk-free rate 0.

    Formula: mean(r) / std(r, ddof 1) · √365
    """
    return account.leaderboard_row.sharpe if account.is_of_season else account.stats.performance.sharpe


@_risk("ratio", "SR (nof1)", source="reported", documents=("leaderboard", "equity"), signed=True, best="high")
def sharpe_reported(account: AccountView | Observation) -> float | None:
    """Sharpe ratio as reported by the API; its definition is not published."""
    return account.row.sharpe_reported


@_of_returns("ratio", "Sortino", signed=True, best="high")
def sortino(account: AccountView) -> FigureValue:
    """Sortino ratio of daily returns, annualised.

    Formula: mean(r) / √(Σ min(r, 0)² / n) · √365
    """
    return account.stats.performance.sortino


@_of_returns("ratio", "Omega", best="high")
def omega(account: AccountView) -> FigureValue:
    """Omega ratio of daily returns, threshold 0.

    Formula: Σ max(r, 0) / Σ max(−r, 0)
    """
    return account.stats.performance.omega


@_of_returns("pct", "VaR95", aliases=("var",), signed=True, best="high")
def var95_pct(account: AccountView) -> FigureValue:
    """Value at risk, 95 %, one day, historical; a loss is below 0.

    Formula: 5th percentile of r, linear between ranks
    """
    return account.stats.performance.var95_pct


@_of_returns("pct", "CVaR95", aliases=("cvar",), signed=True, best="high")
def cvar95_pct(account: AccountView) -> FigureValue:
    """Expected shortfall, 95 %, one day, historical; a loss is below 0.

    Formula: mean of the worst ⌊(n−1)·0.05⌋ + 1 returns
    """
    return account.stats.performance.cvar95_pct


@_of_pairs("ratio", "Beta")
def beta(account: AccountView) -> FigureValue:
    """Beta to BTC bought and held.

    Formula: cov(r, m) / var(m), returns of the days both have
    """
    return account.stats.performance.beta


@_of_pairs("ratio", "Corr")
def correlation(account: AccountView) -> FigureValue:
    """Correlation of daily returns with BTC bought and held.

    Formula: Pearson's, returns of the days both have
    """
    return account.stats.performance.correlation


@_risk(
    "ratio", "Calmar", minimum_n=MIN_ANNUALISED_RETURNS, counted=DAILY_RETURNS,
    inputs=("cagr_pct", "max_drawdown_daily_pct"), signed=True, best="high",
)  # fmt: skip
def calmar(account: AccountView) -> FigureValue:
    """Compound annual growth rate divided by the maximum daily drawdown.

    Formula: CAGR / |maximum daily drawdown|
    """
    return account.stats.performance.calmar


FIGURES = figures_in(vars())
