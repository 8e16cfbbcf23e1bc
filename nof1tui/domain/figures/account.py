"""Figures of an account's newest row: value, P&L, rank, and the comparison with the chain."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from nof1tui.domain.figures.figure import Reading, declare, figures_in, known
from nof1tui.domain.figures.views import AccountView, Observation
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.metrics.positions import account_unrealized_usd
from nof1tui.domain.records import Reconciliation

_record = partial(declare, AccountView, "account")
_chain = partial(declare, AccountView, "account", group="chain", source="chain", documents=("leaderboard",))
_BOARD, _ROWS = ("leaderboard",), ("leaderboard", "equity")
NOT_RANKED = "a benchmark is not ranked"


@_record("count", "#", documents=_BOARD, inputs=("return_pct",), best="low")
def rank(account: AccountView) -> Reading:
    """Rank by return among the models; a benchmark has none."""
    return known(account.leaderboard_row.rank, NOT_RANKED)


@_record("count", "Δ", documents=_BOARD, inputs=("rank",), aliases=("delta",), signed=True, best="high")
def rank_change(account: AccountView) -> Reading:
    """Ranks gained within 24 h; below 0: lost."""
    row = account.leaderboard_row
    return known(row.rank_change, NOT_RANKED if row.is_benchmark else "a value of 24 h ago is missing")


@_record(
    "usd", "Equity", source="reported", documents=_ROWS, aliases=("equity",),
    reported_as="dollar_equity of the account row", nullable=False, best="high",
)  # fmt: skip
def equity_usd(account: AccountView | Observation) -> float:
    """Account value."""
    return account.row.equity_usd


@_record("usd", "Capital", source="config", aliases=("capital",))
def capital_usd(account: AccountView | Observation) -> float | None:
    """Starting capital of the account."""
    return account.capital_usd


@_record(
    "usd", "Unreal.", source="reported", documents=_ROWS, aliases=("unrealized", "unreal"),
    reported_as="total_unrealized_pnl of the account row", signed=True, best="high",
)  # fmt: skip
def unrealized_usd(account: AccountView | Observation) -> FigureValue:
    """Unrealised P&L of open positions, as reported; else the sum over positions."""
    return account_unrealized_usd(account.row)


@_record(
    "usd", "Realised", source="reported", documents=_ROWS, aliases=("realized",),
    reported_as="realized_pnl of the account row", signed=True, best="high",
)  # fmt: skip
def realized_usd(account: AccountView | Observation) -> float | None:
    """Realised P&L as reported."""
    return account.row.realized_usd


@_record("time", "Seen", source="reported", documents=_ROWS, nullable=False)
def observed_at(account: AccountView | Observation) -> datetime:
    """Time of the account row."""
    return account.row.observed_at


@_record("time", "Fetched", source="collector", documents=("equity",), nullable=False)
def fetched_at(account: AccountView | Observation) -> datetime:
    """Time the account row was received."""
    return account.row.fetched_at


@_chain("choice", "Chain", choices=("agrees", "checking", "drift", "unchecked"))
def chain(account: AccountView) -> str | None:
    """Comparison with the chain: agrees, checking, drift, unchecked; null: wallet unknown."""
    return account.check.verdict if account.check else None


@_chain("usd", "Drift", aliases=("drift",), signed=True)
def drift_usd(account: AccountView) -> Reading:
    """Difference of reported and on-chain equity or positions."""
    return known(account.check.drift_usd if account.check else None, _no_drift(account.check))


@_chain("pct", "Drift %", inputs=("drift_usd",), signed=True)
def drift_pct(account: AccountView) -> Reading:
    """Difference of reported and on-chain values, percent of on-chain equity."""
    return known(account.check.drift_pct if account.check else None, _no_drift(account.check))


def _no_drift(check: Reconciliation | None) -> str:
    """Why an account has no difference from the chain."""
    return "the wallet is unknown" if check is None else check.reason or "agrees with the chain"


@partial(declare, AccountView, "account", group="chain", source="chain")("time", "Checked")
def chain_checked_at(account: AccountView) -> datetime | None:
    """Time of the last comparison with the chain."""
    return account.check.checked_at if account.check else None


FIGURES = figures_in(vars())
