"""Figures of return and drawdown of an account, for the season or a span of it."""

from __future__ import annotations

from functools import partial

from nof1tui.domain.figures.figure import Reading, declare, figures_in, known
from nof1tui.domain.figures.views import AccountView, Observation
from nof1tui.domain.metrics import basic
from nof1tui.domain.metrics.drawdown import current_drawdown
from nof1tui.domain.metrics.figure_value import (
    DAILY_RETURNS,
    MIN_ANNUALISED_RETURNS,
    FigureValue,
    figure_value,
)

_returns = partial(declare, AccountView, "account", group="return", signed=True, best="high")
_drawdowns = partial(declare, AccountView, "account", group="return")
ACCOUNT_VALUES = "account values"
_BOARD = ("leaderboard",)
_of_rows = partial(_drawdowns, minimum_n=1, counted=ACCOUNT_VALUES)


@_returns(
    "pct", "Return", minimum_n=1, counted=ACCOUNT_VALUES, inputs=("equity_usd", "capital_usd"),
    documents=("leaderboard", "equity"), aliases=("return", "ret"),
    reported_as="cum_pnl_pct of the account row: the same, rounded, where the capital is $10,000",
)  # fmt: skip
def return_pct(account: AccountView | Observation) -> Reading:
    """Return on starting capital; of a range, on the value at its start.

    Formula: last / capital − 1
    """
    if isinstance(account, Observation):
        capital_usd = account.capital_usd
        value = None if capital_usd is None else basic.return_pct(account.row.equity_usd, capital_usd)
        return known(value, "the capital is unknown or not above zero")
    if not account.is_of_season:
        return account.stats.performance.return_pct
    value = account.leaderboard_row.return_pct
    missing = "the capital is not above zero" if account.capital_usd else account.capital_reason
    return figure_value(value, _count(account), ACCOUNT_VALUES, missing=missing or "capital unknown")


@_returns("pct", "Ret. (nof1)", source="reported", documents=("equity",), aliases=("return_reported",))
def return_reported_pct(account: AccountView | Observation) -> float | None:
    """Return as reported by the API."""
    return account.row.return_pct_reported


@_returns("pct", "24h", inputs=("equity_usd",), documents=_BOARD, aliases=("day",))
def change_24h_pct(account: AccountView) -> Reading:
    """Change of account value within 24 h.

    Formula: last / value 24 h ago − 1
    """
    return known(account.leaderboard_row.change_24h_pct, "the value of 24 h ago is missing")


@_returns("pp", "vs BTC", minimum_n=1, counted=ACCOUNT_VALUES, inputs=("return_pct",), aliases=("excess",))
def excess_pct(account: AccountView) -> FigureValue:
    """Excess return over BTC bought and held, percentage points.

    Formula: return − return of the benchmark
    """
    return account.stats.performance.excess_pct


@_returns(
    "pct", "CAGR", minimum_n=MIN_ANNUALISED_RETURNS, counted=DAILY_RETURNS, inputs=("n",), aliases=("cagr",)
)
def cagr_pct(account: AccountView) -> FigureValue:
    """Compound annual growth rate.

    Formula: (Π(1+r))^(365/n) − 1
    """
    return account.stats.performance.cagr_pct


@_of_rows(
    "pct", "MaxDD", signed=True, best="high", inputs=("equity_usd",), documents=_BOARD,
    aliases=("maxdd", "drawdown"),
)  # fmt: skip
def max_drawdown_pct(account: AccountView) -> FigureValue:
    """Maximum drawdown from the finest rows known; 0 or below.

    Formula: min(value / peak − 1), the peak seeded with the capital
    """
    if not account.is_of_season:
        return account.stats.performance.max_drawdown_pct
    return figure_value(account.leaderboard_row.max_drawdown_pct, _count(account), ACCOUNT_VALUES)


@_drawdowns(
    "pct", "DD daily", signed=True, best="high", minimum_n=1, counted="daily closes",
    aliases=("daily_drawdown",),
)  # fmt: skip
def max_drawdown_daily_pct(account: AccountView) -> FigureValue:
    """Maximum drawdown of daily closes; 0 or below.

    Formula: min(close / highest close − 1)
    """
    return account.stats.performance.max_drawdown_daily_pct


@_of_rows(
    "pct", "DD now", signed=True, best="high", inputs=("equity_usd",), aliases=("dd",), renamed_from=("now",)
)
def drawdown_pct(account: AccountView) -> FigureValue:
    """Current drawdown; 0 or below.

    Formula: last / peak − 1
    """
    curve = account.curve
    if curve is None or not account.is_of_season:
        return account.stats.performance.drawdown_pct
    value = 100.0 * current_drawdown(curve, account.row.equity_usd)
    return figure_value(value, len(curve), ACCOUNT_VALUES)


@_of_rows("seconds", "UW time", best="low", inputs=("drawdown_pct",), aliases=("underwater",))
def underwater_s(account: AccountView) -> FigureValue:
    """Time since the last peak; 0 on a peak."""
    return account.stats.performance.underwater_s


@_of_rows("seconds", "UW max", best="low", inputs=("underwater_s",), aliases=("longest",))
def longest_underwater_s(account: AccountView) -> FigureValue:
    """Longest time from a peak until it was reached again, the current one included."""
    return account.stats.performance.longest_underwater_s


def _count(account: AccountView) -> int:
    """Points of the season's curve; the row itself where there is none."""
    return len(account.curve) if account.curve is not None else 1


FIGURES = figures_in(vars())
