"""Figures and crowding as rows with stable keys, for `show stats` and `show coins`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import fields

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
    if field.type is FigureValue
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
    row: LeaderboardRow, figures: TraderFigures, checks: Iterable[UpstreamDiff] = ()
) -> ExportRow:
    """A leaderboard row with all figures of the span; `reasons` has why figures are missing or weak,
    `upstream` the figures that the API reports and why they differ.
    """
    by_key = dict(_figures(figures))
    totals, streaks = figures.trades.totals, figures.trades.streaks
    return {
        **build_leaderboard_row(row),
        **{name: figure.value for name, figure in by_key.items()},
        "trades": totals.trades,
        "fees_usd": totals.fees_usd,
        "net_usd": totals.net_usd,
        "n": figures.performance.sharpe.n,
        "longest_win_streak": streaks.longest_win,
        "longest_loss_streak": streaks.longest_loss,
        "current_streak": streaks.current,
        "reasons": {name: figure.reason for name, figure in by_key.items() if figure.reason},
        "upstream": [
            {"figure": check.key, "ours": check.ours, "theirs": check.upstream, "why": check.reason}
            for check in checks
        ],
    }


def _figures(figures: TraderFigures) -> Iterator[tuple[str, FigureValue]]:
    for part in (figures.performance, figures.trades, figures.positions):
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
    """A coin: its price and the traders' positions in it. Exposures are multiples of their total equity."""
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
