"""Upstream's own figures beside ours, and why they differ where they do. Its figures never rank anybody.

docs/metrics.md explains each difference: stale, counted over other trades, broken, or of another definition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from typing import Any

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountRow, Analytics
from nof1tui.domain.stats.stats_cache import TraderFigures

_ROUNDING_TOLERANCE = 6e-4
"""Upstream's percentages have three decimals."""
_RELATIVE_TOLERANCE = 1e-6
_TRADES_TABLE, _FEES_TABLE, _WINNERS_TABLE = (
    "overall_trades_overview_table",
    "fee_pnl_moves_breakdown_table",
    "winners_losers_breakdown_table",
)
"""Tables of upstream's analytics (contract 3.5)."""
UNPUBLISHED = "another definition, not published"
EQUITY_MISMATCH = (
    "broken: with open losses upstream's realised and unrealised P&L do not add up to its account value"
)
_FEES_OVER_NET = "another definition: fees over the net total, 0 when that is a loss"
_MEAN_OVER_DECISIONS = "another definition: mean over decisions, not over what is held"


@dataclass(frozen=True, slots=True)
class UpstreamDiff:
    """One figure as upstream tells it, and as we do."""

    key: str
    name: str
    ours: float | None
    upstream: float | None
    reason: str | None = None
    """Why they differ; None where they agree or one of the two is not known."""

    @property
    def agrees(self) -> bool | None:
        """None where one of the two is not known."""
        return None if self.ours is None or self.upstream is None else self.reason is None


def compare_with_upstream(
    row: AccountRow, capital_usd: float, figures: TraderFigures, analytics: Analytics | None
) -> tuple[UpstreamDiff, ...]:
    """Of the account's newest row, its figures over the whole season, and upstream's newest statistics."""
    return (*_of_row(row, capital_usd, figures), *_of_analytics(figures, analytics))


def account_upstream_diffs(board: Board, figures: TraderFigures) -> tuple[UpstreamDiff, ...]:
    """Those of one account on a board, given its figures over the whole season."""
    key = figures.account
    return compare_with_upstream(board.accounts[key], board.capital(key), figures, board.analytics.get(key))


def _of_row(row: AccountRow, capital_usd: float, figures: TraderFigures) -> Iterator[UpstreamDiff]:
    grown = figures.performance.return_pct.value
    stated = row.return_pct_reported
    why = f"another base: of $10,000, not of ${capital_usd:,.0f}" if capital_usd != 10_000 else "unexplained"
    yield _diff("return_pct", "Return, %", grown, stated, why, absolute=_ROUNDING_TOLERANCE)
    yield _diff("sharpe", "Sharpe ratio", figures.performance.sharpe.value, row.sharpe_reported, UNPUBLISHED)
    if row.realized_usd is not None and row.unrealized_usd is not None:
        told = capital_usd + row.realized_usd + row.unrealized_usd
        yield _diff("equity_usd", "Account value, USD", row.equity_usd, told, EQUITY_MISMATCH, absolute=0.01)


def _of_analytics(figures: TraderFigures, analytics: Analytics | None) -> Iterator[UpstreamDiff]:
    if analytics is None:
        return
    record = _parse_tables(analytics.tables)
    trades = figures.trades
    counted = _number(record, _TRADES_TABLE, "total_trades")
    why = _trade_count_reason(
        trades.totals.trades, counted, analytics.updated_at, figures.trades.last_exit_at
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
        yield _diff(key, name, ours, _number(record, table, field), why)
    share = _number(record, _FEES_TABLE, "total_fees_as_pct_of_pnl")
    yield _diff("fee_share_pct", "Fees, share, %", trades.fee_share_pct.value, share, _FEES_OVER_NET)
    leverage = _number(record, _TRADES_TABLE, "avg_convo_leverage")
    yield _diff("leverage", "Leverage", figures.positions.leverage_used.value, leverage, _MEAN_OVER_DECISIONS)


def _diff(
    key: str, name: str, ours: float | None, theirs: float | None, why: str, *, absolute: float = 1e-9
) -> UpstreamDiff:
    differ = (
        ours is not None
        and theirs is not None
        and not isclose(ours, theirs, rel_tol=_RELATIVE_TOLERANCE, abs_tol=absolute)
    )
    return UpstreamDiff(key, name, ours, theirs, why if differ else None)


def _trade_count_reason(
    ours: int, theirs: float | None, told_at: datetime, newest_at: datetime | None
) -> str:
    if newest_at is not None and told_at < newest_at:
        return f"stale: of {told_at:%d %b %H:%M}, before the newest trade"
    if theirs is not None and theirs > ours:
        return f"other trades: upstream counts {theirs - ours:,.0f} that it no longer shows"
    if theirs is not None and theirs < ours:
        return f"other trades: we have {ours - theirs:,.0f} that upstream does not count"
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
