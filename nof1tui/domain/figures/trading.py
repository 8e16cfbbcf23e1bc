"""Figures of an account's closed trades, by net P&L as reported."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from nof1tui.domain.figures import shapes
from nof1tui.domain.figures.figure import Reading, declare, figures_in
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.figure_value import (
    CLOSED_TRADES,
    RELIABLE_TRADES,
    FigureValue,
    figure_value,
    known_part,
)
from nof1tui.domain.metrics.trades import NO_LOSS, NO_WIN, TradeBreakdown, win_rate
from nof1tui.domain.records import Feed

_trades = partial(declare, AccountView, "account", group="trades", feed=Feed.TRADES)
_rate = partial(_trades, minimum_n=1, sound_n=RELIABLE_TRADES, counted=CLOSED_TRADES)
_extreme = partial(_trades, minimum_n=1, counted=CLOSED_TRADES, documents=("leaderboard",), signed=True)
_BOARD = ("leaderboard",)


@_trades(
    "count", "Trades", source="reported", documents=_BOARD,
    reported_as="total_trades of the analytics: also trades that are no longer listed", nullable=False,
)  # fmt: skip
def trades(account: AccountView) -> int:
    """Closed trades."""
    return account.trade_stats.trades


@_rate(
    "pct", "Win", inputs=("trades",), documents=_BOARD, aliases=("win",),
    reported_as="win_rate of the analytics: the same", best="high",
)  # fmt: skip
def win_rate_pct(account: AccountView) -> FigureValue:
    """Win rate: share of trades with net P&L above 0.

    Formula: wins / trades with a known result
    """
    return win_rate(account.trade_stats)


@_rate("ratio", "PF", inputs=("trades",), aliases=("factor", "pf"), best="high")
def profit_factor(account: AccountView) -> FigureValue:
    """Gross wins divided by gross losses.

    Formula: Σ wins / |Σ losses|
    """
    return account.stats.trades.profit_factor


@_rate("ratio", "Payoff", inputs=("trades",), best="high")
def payoff(account: AccountView) -> FigureValue:
    """Mean win divided by mean loss.

    Formula: mean win / |mean loss|
    """
    return account.stats.trades.payoff


@_rate(
    "usd", "Expect.", inputs=("net_usd", "trades"), aliases=("expectancy",),
    reported_as="avg_net_pnl of the analytics: the same", signed=True, best="high",
)  # fmt: skip
def expectancy_usd(account: AccountView) -> FigureValue:
    """Mean net P&L of a trade.

    Formula: Σ net / trades with a known result
    """
    return account.stats.trades.expectancy_usd


@_trades(
    "usd", "Net", source="reported", counted=CLOSED_TRADES, documents=_BOARD, aliases=("net",),
    reported_as="overall_pnl_with_fees of the analytics", signed=True, best="high",
)  # fmt: skip
def net_usd(account: AccountView) -> FigureValue:
    """Net P&L of closed trades, as reported."""
    stats = account.trade_stats
    return known_part(stats.net_usd, stats.judged, stats.trades, CLOSED_TRADES, "a result")


@_trades("usd", "Gross", source="reported", counted=CLOSED_TRADES, aliases=("gross",), signed=True)
def gross_usd(account: AccountView) -> FigureValue:
    """Gross P&L of closed trades."""
    stats = account.trade_stats
    return known_part(
        stats.gross_usd, stats.trades - stats.without_gross, stats.trades, CLOSED_TRADES, "gross P&L"
    )


@_trades(
    "usd", "Fees", source="reported", counted=CLOSED_TRADES, documents=_BOARD, aliases=("fees",),
    reported_as="total_fees_paid of the analytics: the same", best="low",
)  # fmt: skip
def fees_usd(account: AccountView) -> FigureValue:
    """Fees on closed trades."""
    stats = account.trade_stats
    return known_part(stats.fees_usd, stats.trades - stats.without_fees, stats.trades, CLOSED_TRADES, "fees")


@_rate(
    "pct", "Fee %", inputs=("fees_usd", "gross_usd"), aliases=("fee_share",),
    reported_as="total_fees_as_pct_of_pnl of the analytics: of the net total, 0 for a loss", best="low",
)  # fmt: skip
def fee_share_pct(account: AccountView) -> FigureValue:
    """Fees as share of gross profit.

    Formula: Σ fees / Σ gross P&L above 0
    """
    return account.stats.trades.fee_share_pct


@_extreme("usd", "Best", aliases=("best",), reported_as="biggest_net_gain of the analytics", best="high")
def biggest_win_usd(account: AccountView) -> FigureValue:
    """Largest net win of a trade."""
    stats = account.trade_stats
    return figure_value(stats.biggest_win_usd, stats.judged, CLOSED_TRADES, missing=NO_WIN)


@_extreme("usd", "Worst", aliases=("worst",), reported_as="biggest_net_loss of the analytics", best="high")
def biggest_loss_usd(account: AccountView) -> FigureValue:
    """Largest net loss of a trade."""
    stats = account.trade_stats
    return figure_value(stats.biggest_loss_usd, stats.judged, CLOSED_TRADES, missing=NO_LOSS)


@_rate(
    "seconds", "Hold", inputs=("trades",), aliases=("hold",),
    reported_as="median_holding_period_mins of the analytics: the same",
)  # fmt: skip
def hold_median_s(account: AccountView) -> FigureValue:
    """Median holding time of a trade."""
    return account.stats.trades.hold_median_s


@_rate(
    "seconds", "Hold mean", inputs=("trades",), aliases=("hold_mean",),
    reported_as="avg_holding_period_mins of the analytics: the same",
)  # fmt: skip
def hold_mean_s(account: AccountView) -> FigureValue:
    """Mean holding time of a trade."""
    return account.stats.trades.hold_mean_s


@_trades("count", "Win run", aliases=("win_streak",), nullable=False, best="high")
def longest_win_streak(account: AccountView) -> int:
    """Longest winning streak, trades."""
    return account.stats.trades.streaks.longest_win


@_trades("count", "Loss run", aliases=("loss_streak",), nullable=False, best="low")
def longest_loss_streak(account: AccountView) -> int:
    """Longest losing streak, trades."""
    return account.stats.trades.streaks.longest_loss


@_trades("count", "Run", aliases=("streak",), nullable=False, signed=True, best="high")
def current_streak(account: AccountView) -> int:
    """Current streak: wins above 0, losses below."""
    return account.stats.trades.streaks.current


@_trades(
    "list", "By side", inputs=("trades",), members=shapes.BY_SIDE, nullable=False,
    reported_as="num_long_trades and num_short_trades of the analytics: the same",
)  # fmt: skip
def by_side(account: AccountView) -> Reading:
    """Trades, net P&L, win rate and share by side."""
    return _parts("side", account.stats.trades.sides)


@_trades("list", "By coin", inputs=("trades",), members=shapes.BY_COIN, nullable=False)
def by_coin(account: AccountView) -> Reading:
    """Trades, net P&L, win rate and share by coin."""
    return _parts("coin", account.stats.trades.coins)


def _parts(key: str, parts: Iterable[TradeBreakdown]) -> list[dict[str, Any]]:
    return [
        {
            key: part.name,
            "trades": part.trades,
            "net_usd": part.net_usd,
            "win_rate_pct": part.win_rate_pct.value,
            "n": part.win_rate_pct.n,
            "reason": part.win_rate_pct.reason,
            "share_pct": part.share_pct,
        }
        for part in parts
    ]


FIGURES = figures_in(vars())
