"""Figures of the money in an account: what was put in, what came of it, and how certain its return is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from math import fsum

from nof1tui.domain.figures.figure import Reading, declare, figures_in, known
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.returns.account_index import FlowBook
from nof1tui.domain.returns.dietz import Valuation
from nof1tui.domain.returns.money_weighted import MoneyWeightedReturn, cash_flows, money_weighted_return

_capital = partial(declare, AccountView, "account", group="return")
_BOARD = ("leaderboard",)
_NO_ROW = "no account value yet"


@_capital("usd", "Put in", inputs=("capital_usd",), documents=_BOARD, aliases=("put_in",))
def put_in_usd(account: AccountView) -> Reading:
    """Money put in, less money taken out.

    Formula: capital at the start + Σ later flows
    """
    curve, capital_usd = account.curve, account.capital_usd
    if capital_usd is None or curve is None or not curve.times:
        return known(None, account.capital_reason or _NO_ROW)
    begin = account.begun_at if account.begun_at is not None else curve.times[0]
    return fsum((capital_usd, *(flow.usd for flow in account.flows if flow.at.timestamp() > begin)))


@_capital("usd", "P&L", inputs=("equity_usd", "put_in_usd"), signed=True, best="high", aliases=("pnl",))
def pnl_usd(account: AccountView) -> Reading:
    """Gain or loss since the start.

    Formula: equity − money put in
    """
    put_in = put_in_usd.value(account)
    if put_in is None:
        return known(None, account.capital_reason or _NO_ROW)
    return float(account.row.equity_usd - put_in)


@_capital("pct", "Watched", inputs=("equity_usd",), signed=True, best="high", aliases=("watched",))
def watched_return_pct(account: AccountView) -> FigureValue:
    """Return since the first account value, time-weighted; known where the capital is not.

    Formula: Π(1 + r) − 1 between flows
    """
    curve = account.performance_curve or account.curve
    if curve is None or not curve.times:
        return FigureValue(None, 0, "account values", _NO_ROW)
    row = account.leaderboard_row
    if curve.values[0] <= 0:
        return FigureValue(None, len(curve), "account values", "the first value is not above zero")
    value = 100.0 * (curve.values[-1] / curve.values[0] - 1.0)
    return FigureValue(value, len(curve), "account values", row.note, row.marks)


@_capital("pct", "MWR", inputs=("equity_usd",), signed=True, best="high", aliases=("mwr",))
def money_weighted_pct(account: AccountView) -> FigureValue:
    """Money-weighted return over the elapsed days: the internal rate of return of the payments.

    Formula: Σ CFᵢ / (1 + x)^(daysᵢ/365) = 0
    """
    return _money_weighted(account, annual=False)


@_capital("pct", "MWR p.a.", inputs=("money_weighted_pct",), signed=True, best="high", aliases=("xirr",))
def money_weighted_annual_pct(account: AccountView) -> FigureValue:
    """Money-weighted return a year (XIRR)."""
    return _money_weighted(account, annual=True)


def _money_weighted(account: AccountView, *, annual: bool) -> FigureValue:
    curve = account.curve
    if curve is None or not curve.times:
        return FigureValue(None, 0, "payments", _NO_ROW)
    book = FlowBook.of(account.flows)
    first = next((index for index, usd in enumerate(curve.values) if usd > 0), 0)
    begin = Valuation(curve.times[first], curve.values[first])
    if account.capital_usd and account.begun_at is not None and account.begun_at <= begin.at:
        begin = Valuation(account.begun_at, account.capital_usd)
    end = Valuation(account.row.observed_at.timestamp(), account.row.equity_usd)
    undated = any(window.at > begin.at for window in book.windows)
    result: MoneyWeightedReturn = money_weighted_return(cash_flows(begin, book.dated, end), undated=undated)
    estimate = result.annual if annual else result.period
    value = None if estimate.value is None else 100.0 * estimate.value
    return FigureValue(value, estimate.n, "payments", estimate.reason, estimate.marks)


@_capital("pct", "Ret. low", inputs=("return_pct",), documents=_BOARD)
def return_low_pct(account: AccountView) -> float | None:
    """Lower end of the band that unknown times of flows leave open; null where there is none."""
    return account.leaderboard_row.return_low_pct


@_capital("pct", "Ret. high", inputs=("return_pct",), documents=_BOARD)
def return_high_pct(account: AccountView) -> float | None:
    """Upper end of the band that unknown times of flows leave open; null where there is none."""
    return account.leaderboard_row.return_high_pct


@_capital("list", "Marks", item_unit="text", documents=_BOARD, nullable=False)
def marks(account: AccountView) -> Sequence[str]:
    """Marks of return, drawdown and ratios: `estimated`, `unexplained`, `restated`."""
    row = account.leaderboard_row
    return [*row.marks, *(("restated",) if row.restated_at else ())]


@_capital("usd", "Pending", documents=_BOARD, aliases=("pending",), signed=True)
def pending_flow_usd(account: AccountView) -> float | None:
    """Change of equity that looks like a flow which no ledger lists yet; null without one."""
    pending = account.indexed.index.pending if account.indexed else None
    return None if pending is None else pending.usd


@_capital("time", "Restated", documents=_BOARD)
def restated_at(account: AccountView) -> datetime | None:
    """When a flow was learned that changed what was shown at that time; null where nothing changed."""
    return account.leaderboard_row.restated_at


@_capital("count", "Life", inputs=("equity_usd",), nullable=False)
def life(account: AccountView) -> int:
    """Number of the account's life: 2 after the first refill of a lost or reset account."""
    return max(1, account.indexed.index.state.life) if account.indexed else 1


FIGURES = figures_in(vars())
