"""The leaderboard: one row per account, computed from account rows and trades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from nof1tui.domain.estimate import Mark
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


class IndexedValue(Struct, frozen=True):
    """An account's newest value freed from capital flows, and the curve of such values."""

    value_usd: float
    curve: Curve
    low: float = 1.0
    """Lower end of the band that unknown times of flows leave open, as a factor of the value."""
    high: float = 1.0
    marks: tuple[Mark, ...] = ()
    note: str | None = None
    """What waits for an explanation: `pending flow of about 2,000`; or why the return is missing."""
    is_known: bool = True
    """Whether the return is certain enough to be shown."""
    restated_at: datetime | None = None
    """When a flow was learned that changed what was shown at that time; None where nothing did."""


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
    return_low_pct: float | None = None
    """Ends of the band of an estimated return; None where it is certain."""
    return_high_pct: float | None = None
    marks: tuple[Mark, ...] = ()
    """Marks of every figure of return, drawdown and dispersion."""
    note: str | None = None
    """A pending flow, or why the return is not known."""
    restated_at: datetime | None = None
    """When a flow was learned that changed what was shown at the time of the board."""

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
    indexed: Mapping[AccountKey, IndexedValue] = MappingProxyType({}),
) -> tuple[LeaderboardRow, ...]:
    """Leaderboard by return, best first, benchmarks last; equal returns are ordered by id.

    `indexed` has the values of accounts with capital flows; for the others the equity counts.
    """
    if not rows:
        return ()
    day_ago = (max(row.observed_at for row in rows.values()) - DAY).timestamp()
    leaderboard, past = list[LeaderboardRow](), dict[AccountKey, float]()
    for key, row in rows.items():
        curve = curves[key] if key in curves else Curve.of(roster.capital(key), ())
        value = indexed.get(key) or IndexedValue(row.equity_usd, curve)
        before = value.curve.value_at(day_ago, DAY_TOLERANCE_S)
        capital_usd = value.curve.capital_usd
        if before is not None and capital_usd and capital_usd > 0 and value.is_known:
            past[key] = before / capital_usd
        leaderboard.append(_leaderboard_row(roster, row, value, stats.get(key, TradeStats()), before))
    leaderboard.sort(key=lambda s: (s.is_benchmark, -_sort_value(s.return_pct), s.account.slug))
    return _with_ranks(leaderboard, past)


def _sort_value(value: float | None) -> float:
    return float("-inf") if value is None else value


def _leaderboard_row(
    roster: Roster, row: AccountRow, indexed: IndexedValue, stats: TradeStats, before: float | None
) -> LeaderboardRow:
    curve, value_usd = indexed.curve, indexed.value_usd
    exposure = basic.exposure(row.positions, row.equity_usd)
    returns = basic.daily_returns(curve.closes, curve.base_usd)
    is_band = indexed.low != 1.0 or indexed.high != 1.0
    low_pct, high_pct = (
        basic.return_pct(value_usd * factor, curve.capital_usd) if is_band else None
        for factor in (indexed.low, indexed.high)
    )
    return LeaderboardRow(
        rank=None,
        account=row.account,
        trader=roster.trader(row.account.trader),
        observed_at=row.observed_at,
        equity_usd=row.equity_usd,
        return_pct=basic.return_pct(value_usd, curve.capital_usd) if indexed.is_known else None,
        change_24h_pct=basic.return_pct(value_usd, before) if before else None,
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
        return_low_pct=low_pct,
        return_high_pct=high_pct,
        marks=indexed.marks,
        note=indexed.note,
        restated_at=indexed.restated_at,
    )


def _with_ranks(
    leaderboard: Sequence[LeaderboardRow], past: Mapping[AccountKey, float]
) -> tuple[LeaderboardRow, ...]:
    """Rows with rank and rank change. `past` is the growth factor since the start as of 24 h ago.

    The change is that among the models with a past value: one without takes only its own change away.
    """
    models = [s for s in leaderboard if not s.is_benchmark]
    now_ranks = basic.ranks([_sort_value(s.return_pct) for s in models])
    known = [s for s in models if s.account in past]
    known_ranks = basic.ranks([_sort_value(s.return_pct) for s in known])
    past_ranks = basic.ranks([past[s.account] for s in known])
    changes = {
        s.account: before - rank for s, before, rank in zip(known, past_ranks, known_ranks, strict=True)
    }
    numbered = {
        s.account: replace(s, rank=rank, rank_change=changes.get(s.account))
        for s, rank in zip(models, now_ranks, strict=True)
    }
    return tuple(numbered.get(s.account, s) for s in leaderboard)
