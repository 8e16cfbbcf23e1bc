"""Comparison of reported figures with computed ones, and why they differ. Ranks use computed figures.

docs/metrics.md explains each difference: stale, other trades, inconsistent, or another definition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from math import isclose
from typing import Any

from msgspec import Struct

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountRow, Analytics
from nof1tui.domain.stats.stats_cache import TraderFigures

_NOF1_CAPITAL_USD = 10_000.0
"""The base of the percentages that nof1 reports (contract 3.1)."""
_ROUNDING_TOLERANCE = 6e-4
"""Reported percentages have three decimals."""
_RELATIVE_TOLERANCE = 1e-6
_TRADES_TABLE, _FEES_TABLE, _WINNERS_TABLE = (
    "overall_trades_overview_table",
    "fee_pnl_moves_breakdown_table",
    "winners_losers_breakdown_table",
)
"""Tables of the API's analytics (contract 3.5)."""
UNPUBLISHED = "another definition, not published"
EQUITY_MISMATCH = "inconsistent: with open losses reported P&L does not add up to the account value"
_FEES_OVER_NET = "another definition: fees over the net total, 0 when that is a loss"
_MEAN_OVER_DECISIONS = "another definition: mean over decisions, not over open positions"


class UpstreamDiff(Struct, frozen=True, gc=False):
    """One figure as computed (`ours`) and as the API reports it."""

    key: str
    name: str
    ours: float | None
    upstream: float | None
    reason: str | None = None
    """Why they differ; None if they agree or one of them is unknown."""

    @property
    def agrees(self) -> bool | None:
        """Whether they agree; None if one of them is unknown."""
        return None if self.ours is None or self.upstream is None else self.reason is None


def compare_with_upstream(
    row: AccountRow, capital_usd: float | None, figures: TraderFigures, analytics: Analytics | None
) -> tuple[UpstreamDiff, ...]:
    """The comparisons for an account, given its newest row, its season's figures and the newest analytics."""
    return (*_of_row(row, capital_usd, figures), *_of_analytics(figures, analytics))


def account_upstream_diffs(board: Board, figures: TraderFigures) -> tuple[UpstreamDiff, ...]:
    """The comparisons for one account of a board, given its figures over the whole season."""
    key = figures.account
    return compare_with_upstream(
        board.accounts[key], board.capital(key).usd, figures, board.analytics.get(key)
    )


def _of_row(row: AccountRow, capital_usd: float | None, figures: TraderFigures) -> Iterator[UpstreamDiff]:
    computed, reported = figures.performance.return_pct.value, row.return_pct_reported
    is_other_base = capital_usd is not None and capital_usd != _NOF1_CAPITAL_USD
    reason = f"another base: $10,000, not ${capital_usd:,.0f}" if is_other_base else "unexplained"
    yield _diff("return_pct", "Return, %", computed, reported, reason, absolute=_ROUNDING_TOLERANCE)
    yield _diff("sharpe", "Sharpe ratio", figures.performance.sharpe.value, row.sharpe_reported, UNPUBLISHED)
    if capital_usd is not None and row.realized_usd is not None and row.unrealized_usd is not None:
        total = capital_usd + row.realized_usd + row.unrealized_usd
        yield _diff("equity_usd", "Account value, USD", row.equity_usd, total, EQUITY_MISMATCH, absolute=0.01)


def _of_analytics(figures: TraderFigures, analytics: Analytics | None) -> Iterator[UpstreamDiff]:
    if analytics is None:
        return
    record = _parse_tables(analytics.tables)
    trades = figures.trades
    reported_trades = _number(record, _TRADES_TABLE, "total_trades")
    reason = _trade_count_reason(
        trades.totals.trades, reported_trades, analytics.updated_at, figures.trades.last_exit_at
    )
    for key, name, ours, table, field in (
        ("trades", "Trades", float(trades.totals.trades), _TRADES_TABLE, "total_trades"),
        ("win_rate_pct", "Win rate, %", trades.win_rate_pct.value, _WINNERS_TABLE, "win_rate"),
        ("fees_usd", "Fees, USD", trades.totals.fees_usd, _FEES_TABLE, "total_fees_paid"),
        ("net_usd", "Net P&L, USD", trades.totals.net_usd, _FEES_TABLE, "overall_pnl_with_fees"),
        (
            "biggest_win_usd",
            "Biggest win, USD",
            trades.biggest_win_usd.value,
            _FEES_TABLE,
            "biggest_net_gain",
        ),
        (
            "biggest_loss_usd",
            "Biggest loss, USD",
            trades.biggest_loss_usd.value,
            _FEES_TABLE,
            "biggest_net_loss",
        ),
    ):
        yield _diff(key, name, ours, _number(record, table, field), reason)
    fee_share = _number(record, _FEES_TABLE, "total_fees_as_pct_of_pnl")
    yield _diff("fee_share_pct", "Fees, share, %", trades.fee_share_pct.value, fee_share, _FEES_OVER_NET)
    leverage = _number(record, _TRADES_TABLE, "avg_convo_leverage")
    yield _diff("leverage", "Leverage", figures.positions.leverage_used.value, leverage, _MEAN_OVER_DECISIONS)


def _diff(
    key: str, name: str, ours: float | None, upstream: float | None, reason: str, *, absolute: float = 1e-9
) -> UpstreamDiff:
    differ = (
        ours is not None
        and upstream is not None
        and not isclose(ours, upstream, rel_tol=_RELATIVE_TOLERANCE, abs_tol=absolute)
    )
    return UpstreamDiff(key, name, ours, upstream, reason if differ else None)


def _trade_count_reason(
    ours: int, upstream: float | None, updated_at: datetime, newest_at: datetime | None
) -> str:
    if newest_at is not None and updated_at < newest_at:
        return f"stale: from {updated_at:%d %b %H:%M}, before the newest trade"
    if upstream is not None and upstream > ours:
        return f"other trades: the API counts {upstream - ours:,.0f} that it no longer lists"
    if upstream is not None and upstream < ours:
        return f"other trades: {ours - upstream:,.0f} stored here that the API does not count"
    return "unexplained"


def _parse_tables(tables: str) -> Mapping[str, Any]:
    try:
        record = json.loads(tables)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _number(record: Mapping[str, Any], table: str, field: str) -> float | None:
    values = record.get(table)
    value = values.get(field) if isinstance(values, dict) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
