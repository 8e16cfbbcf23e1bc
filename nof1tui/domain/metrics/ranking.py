"""The leaderboard: one row per account, computed from account rows and trades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from nof1tui.domain.metrics import basic
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.metrics.performance import sharpe_ratio
from nof1tui.domain.metrics.positions import account_unrealized_usd
from nof1tui.domain.records import AccountKey, AccountRow
from nof1tui.domain.roster import Roster, TraderInfo
from nof1tui.domain.series.curve import Curve

DAY = timedelta(hours=24)
DAY_TOLERANCE_S = 2 * 3600.0
"""Equity "24 h ago" may be this much older; otherwise the change is unknown."""


class LeaderboardRow(Struct, frozen=True, gc=False):
    """One account's row of the leaderboard. Computed figures, except those named `_reported`."""

    rank: int | None
    """Rank by return among the models; None for a benchmark."""
    account: AccountKey
    trader: TraderInfo
    observed_at: datetime
    equity_usd: float
    return_pct: float | None
    change_24h_pct: float | None
    rank_change: int | None
    """Change of rank within 24 h; positive is up."""
    unrealized_usd: float | None
    realized_usd: float | None
    positions: int
    leverage: float | None
    exposure_gross: float | None
    exposure_net: float | None
    max_drawdown_pct: float
    sharpe: FigureValue
    sharpe_reported: float | None
    stats: TradeStats

    @property
    def n(self) -> int:
        """Daily returns behind `sharpe`."""
        return self.sharpe.n or 0

    @property
    def is_benchmark(self) -> bool:
        """Whether the account is a benchmark, not a model."""
        return self.trader.kind == "benchmark"


def rank_accounts(
    roster: Roster,
    rows: Mapping[AccountKey, AccountRow],
    curves: Mapping[AccountKey, Curve],
    stats: Mapping[AccountKey, TradeStats],
) -> tuple[LeaderboardRow, ...]:
    """Leaderboard by return, best first, benchmarks last; equal returns are ordered by id."""
    if not rows:
        return ()
    now = max(row.observed_at for row in rows.values())
    leaderboard = [
        _leaderboard_row(roster, row, curves.get(key), stats.get(key, TradeStats()), now)
        for key, row in rows.items()
    ]
    leaderboard.sort(key=lambda s: (s.is_benchmark, -_sort_value(s.return_pct), s.account.slug))
    return _with_ranks(leaderboard)


def _sort_value(value: float | None) -> float:
    return float("-inf") if value is None else value


def _leaderboard_row(
    roster: Roster, row: AccountRow, curve: Curve | None, stats: TradeStats, now: datetime
) -> LeaderboardRow:
    curve = curve if curve is not None else Curve.of(roster.capital(row.account), ())
    exposure = basic.exposure(row.positions, row.equity_usd)
    before = curve.value_at((now - DAY).timestamp(), DAY_TOLERANCE_S)
    returns = basic.daily_returns(curve.closes, curve.base_usd)
    return LeaderboardRow(
        rank=None,
        account=row.account,
        trader=roster.trader(row.account.trader),
        observed_at=row.observed_at,
        equity_usd=row.equity_usd,
        return_pct=basic.return_pct(row.equity_usd, curve.capital_usd),
        change_24h_pct=basic.return_pct(row.equity_usd, before) if before else None,
        rank_change=None,
        unrealized_usd=account_unrealized_usd(row).value,
        realized_usd=row.realized_usd,
        positions=len(row.positions),
        leverage=exposure.leverage,
        exposure_gross=exposure.gross,
        exposure_net=exposure.net,
        max_drawdown_pct=100.0 * curve.max_drawdown,
        sharpe=sharpe_ratio(returns),
        sharpe_reported=row.sharpe_reported,
        stats=stats,
    )


def _with_ranks(leaderboard: Sequence[LeaderboardRow]) -> tuple[LeaderboardRow, ...]:
    """Rows with rank and rank change; rank changes need the past return of every model."""
    models = [s for s in leaderboard if not s.is_benchmark]
    now_ranks = basic.ranks([_sort_value(s.return_pct) for s in models])
    past = {s.account: _past_return(s) for s in models}
    known = [key for key, value in past.items() if value is not None]
    past_ranks = dict(zip(known, basic.ranks([past[key] or 0.0 for key in known]), strict=True))
    complete = len(known) == len(models)
    numbered = {
        s.account: replace(
            s,
            rank=rank,
            rank_change=past_ranks[s.account] - rank if complete else None,
        )
        for s, rank in zip(models, now_ranks, strict=True)
    }
    return tuple(numbered.get(s.account, s) for s in leaderboard)


def _past_return(row: LeaderboardRow) -> float | None:
    """Growth factor since the start as of 24 h ago, from the return and its change."""
    if row.change_24h_pct is None or row.return_pct is None:
        return None
    factor = 1.0 + row.change_24h_pct / 100.0
    return (1.0 + row.return_pct / 100.0) / factor if factor > 0 else None
