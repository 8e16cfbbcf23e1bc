"""Figures and crowds as rows with stable keys, for `show stats` and `show coins`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime

from nof1tui.domain.export.rows import EXPORT_COLUMNS, ExportRow, build_leaderboard_row
from nof1tui.domain.metrics.crowding import CoinCrowding, Crowding
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.metrics.performance import Performance
from nof1tui.domain.metrics.positions import PositionFigures
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.domain.metrics.trades import TradeFigures
from nof1tui.domain.stats.stats_cache import TraderFigures
from nof1tui.domain.stats.upstream_diff import UpstreamDiff

_RENAMED = {"gross": "exposure_gross", "net": "exposure_net"}
_STREAKS = ("longest_win_streak", "longest_loss_streak", "current_streak")
_FIGURE_KEYS = tuple(
    _RENAMED.get(field.name, field.name)
    for part in (Performance, TradeFigures, PositionFigures)
    for field in fields(part)
    if field.type == "FigureValue"
)
STATS_COLUMNS = tuple(
    dict.fromkeys((*EXPORT_COLUMNS["leaderboard"], *_FIGURE_KEYS, *_STREAKS, "reasons", "upstream"))
)
"""Keys of a `stats` row: those of the leaderboard, and every figure of the Stats screen."""
COIN_COLUMNS = (
    *("coin", "price", "observed_at", "exposure_gross", "exposure_net"),
    *("longs", "shorts", "alone", "holders", "holdings"),
)


def build_stats_row(
    standing: LeaderboardRow, its: TraderFigures, checks: Iterable[UpstreamDiff] = ()
) -> ExportRow:
    """A standing with all figures of its span; `reasons` says why one is missing or weak, `upstream` what
    the arena itself tells and why that differs.
    """
    told = dict(_figures(its))
    sums, streaks = its.trades.totals, its.trades.streaks
    return {
        **build_leaderboard_row(standing),
        **{name: figure.value for name, figure in told.items()},
        "trades": sums.trades,
        "fees_usd": sums.fees_usd,
        "net_usd": sums.net_usd,
        "n": its.performance.sharpe.n,
        "longest_win_streak": streaks.longest_win,
        "longest_loss_streak": streaks.longest_loss,
        "current_streak": streaks.current,
        "reasons": {name: figure.reason for name, figure in told.items() if figure.reason},
        "upstream": [
            {"figure": check.key, "ours": check.ours, "theirs": check.upstream, "why": check.reason}
            for check in checks
        ],
    }


def _figures(its: TraderFigures) -> Iterator[tuple[str, FigureValue]]:
    for part in (its.performance, its.trades, its.positions):
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, FigureValue):
                yield _RENAMED.get(field.name, field.name), value


def build_coin_row(
    coin: str,
    price: float | None,
    observed_at: datetime | None,
    crowd: CoinCrowding | None,
    crowding: Crowding,
) -> ExportRow:
    """A coin: its price, and how the traders stand in it. Exposures are multiples of all their equity."""
    holdings = [
        {
            "trader": account.trader,
            "competition": account.competition or None,
            "side": held.side,
            "notional_usd": held.notional_usd,
            "share": held.share,
        }
        for account in crowding.accounts
        if (held := crowding.holding(coin, account)) is not None
    ]
    return {
        "coin": coin,
        "price": price,
        "observed_at": observed_at,
        "exposure_gross": crowd.gross.value if crowd else 0.0,
        "exposure_net": crowd.net.value if crowd else 0.0,
        "longs": [account.slug for account in crowd.longs] if crowd else [],
        "shorts": [account.slug for account in crowd.shorts] if crowd else [],
        "alone": crowd.contrarian.slug if crowd and crowd.contrarian else None,
        "holders": len(holdings),
        "holdings": holdings,
    }
