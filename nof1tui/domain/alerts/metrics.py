"""Metrics that alert rules can watch, each of an account, a position, a coin or a feed.

Names and units are those of `show … --json`: `_usd`, `_pct` (12.5 is 12.5 %), `_s`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct

from nof1tui.domain.board import Board
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.health import STALE_AFTER, FeedHealth
from nof1tui.domain.metrics.basic import liquidation_distance_pct, risk_multiple
from nof1tui.domain.metrics.crowding import CoinCrowding
from nof1tui.domain.metrics.figure_value import percent
from nof1tui.domain.metrics.positions import (
    margin_usd,
    position_figures,
    stop_distance_pct,
    target_distance_pct,
)
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.domain.records import AccountRow, Feed, Position
from nof1tui.domain.series.curve import Curve
from nof1tui.domain.stats.stats_cache import board_crowding

SubjectKind = Literal["account", "position", "coin", "feed"]
Unit = Literal["usd", "pct", "multiple", "count", "seconds", "coins"]


class MetricReading(Struct, frozen=True):
    """One subject's value of a metric, and the time of the record behind it."""

    subject: Subject
    value: float | None
    """None where undefined, such as the nearest stop of an account without positions."""
    at: datetime


class AlertMetric(Struct, frozen=True):
    """A metric by name, with its unit, its description and how to read it from a board."""

    name: str
    subject: SubjectKind
    unit: Unit
    description: str
    readings: Callable[[Board, datetime], Iterator[MetricReading]]
    """The values of all subjects with fresh records; stale records are left out."""
    feed: Feed = Feed.ACCOUNTS
    """The feed it needs besides account rows; rules are not evaluated before its first response."""


class _WatchedAccount(Struct, frozen=True):
    """The records from which metrics of an account are read."""

    leaderboard_row: LeaderboardRow
    row: AccountRow
    curve: Curve | None


def is_fresh(at: datetime, now: datetime) -> bool:
    """Whether a record of this time is at most `STALE_AFTER` old."""
    return now - at <= STALE_AFTER


def fresh_accounts(board: Board, now: datetime) -> Iterator[_WatchedAccount]:
    """Accounts with fresh rows, in the order of the leaderboard."""
    for ranked in board.leaderboard:
        row = board.accounts[ranked.account]
        if is_fresh(row.observed_at, now):
            yield _WatchedAccount(ranked, row, board.curves.get(row.account))


def _account(
    name: str,
    unit: Unit,
    description: str,
    read: Callable[[_WatchedAccount], float | None],
    feed: Feed = Feed.ACCOUNTS,
) -> AlertMetric:
    def readings(board: Board, now: datetime) -> Iterator[MetricReading]:
        for view in fresh_accounts(board, now):
            yield MetricReading(Subject(view.row.account), read(view), view.row.observed_at)

    return AlertMetric(name, "account", unit, description, readings, feed)


def _position(
    name: str, unit: Unit, description: str, read: Callable[[Position], float | None]
) -> AlertMetric:
    def readings(board: Board, now: datetime) -> Iterator[MetricReading]:
        for view in fresh_accounts(board, now):
            for position in view.row.positions:
                subject = Subject(view.row.account, position.coin)
                yield MetricReading(subject, read(position), view.row.observed_at)

    return AlertMetric(name, "position", unit, description, readings)


def _coin(name: str, description: str, read: Callable[[CoinCrowding], float | None]) -> AlertMetric:
    def readings(board: Board, now: datetime) -> Iterator[MetricReading]:
        newest = board.newest_at
        if newest is not None and is_fresh(newest, now):
            for crowding in board_crowding(board).coins:
                yield MetricReading(Subject(coin=crowding.coin), read(crowding), newest)

    return AlertMetric(name, "coin", "multiple", description, readings)


def _feed(name: str, description: str, read: Callable[[FeedHealth, datetime], float | None]) -> AlertMetric:
    def readings(board: Board, now: datetime) -> Iterator[MetricReading]:
        for health in board.health.feeds.values():
            yield MetricReading(Subject(feed=health.feed), read(health, now), now)

    return AlertMetric(name, "feed", "seconds", description, readings)


def _prices(board: Board, now: datetime) -> Iterator[MetricReading]:
    for coin, quote in board.prices.items():
        if is_fresh(quote.price.observed_at, now):
            yield MetricReading(Subject(coin=coin), quote.price.price, quote.price.observed_at)


def _drawdown_pct(view: _WatchedAccount) -> float | None:
    curve, equity = view.curve, view.row.equity_usd
    if curve is None:
        return None
    peak = max(curve.peak_usd, curve.capital_usd, equity)
    return percent(equity / peak - 1.0) if peak > 0 else None


def _nearest(distance: Callable[[Position], float | None]) -> Callable[[_WatchedAccount], float | None]:
    def read(view: _WatchedAccount) -> float | None:
        distances = (distance(position) for position in view.row.positions)
        return min((value for value in distances if value is not None), default=None)

    return read


def _margin_share_pct(view: _WatchedAccount) -> float | None:
    return position_figures(view.row.positions, view.row.equity_usd).margin_share_pct.value


def _on_margin_pct(position: Position) -> float | None:
    margin, unrealized = margin_usd(position), position.unrealized_usd
    return percent(unrealized / margin) if margin and unrealized is not None else None


def _age_s(health: FeedHealth, now: datetime) -> float | None:
    return None if health.newest_at is None else (now - health.newest_at).total_seconds()


def _failing_s(health: FeedHealth, now: datetime) -> float | None:
    if health.failure is None:
        return 0.0
    return None if health.last_ok_at is None else (now - health.last_ok_at).total_seconds()


ALERT_METRICS: tuple[AlertMetric, ...] = (
    _account("equity_usd", "usd", "account value", lambda view: view.row.equity_usd),
    _account(
        "return_pct", "pct", "return on the starting capital", lambda view: view.leaderboard_row.return_pct
    ),
    _account("change_24h_pct", "pct", "change of equity in 24 h", lambda v: v.leaderboard_row.change_24h_pct),
    _account("drawdown_pct", "pct", "current drawdown from the highest equity; 0 or below", _drawdown_pct),
    _account(
        "max_drawdown_pct",
        "pct",
        "maximum drawdown; 0 or below",
        lambda v: v.leaderboard_row.max_drawdown_pct,
    ),
    _account("unrealized_usd", "usd", "unrealised P&L", lambda view: view.leaderboard_row.unrealized_usd),
    _account(
        "realized_usd", "usd", "realised P&L, as the API reports it", lambda view: view.row.realized_usd
    ),
    _account(
        "exposure_gross", "multiple", "Σ |notional| / equity", lambda v: v.leaderboard_row.exposure_gross
    ),
    _account(
        "exposure_net", "multiple", "Σ signed notional / equity", lambda v: v.leaderboard_row.exposure_net
    ),
    _account(
        "leverage", "multiple", "highest leverage of a position", lambda view: view.leaderboard_row.leverage
    ),
    _account("margin_share_pct", "pct", "margin used, of equity", _margin_share_pct),
    _account("positions", "count", "open positions", lambda view: view.leaderboard_row.positions),
    _account(
        "liquidation_distance_pct",
        "pct",
        "distance to nearest liquidation, of the mark",
        _nearest(liquidation_distance_pct),
    ),
    _account(
        "stop_distance_pct", "pct", "distance to nearest stop, of the mark", _nearest(stop_distance_pct)
    ),
    _account(
        "rank", "count", "rank by return among the models; 1 is first", lambda view: view.leaderboard_row.rank
    ),
    _account(
        "rank_change", "count", "rank change, 24 h; above 0 is up", lambda v: v.leaderboard_row.rank_change
    ),
    _account("sharpe", "multiple", "Sharpe ratio of daily returns", lambda view: view.leaderboard_row.sharpe),
    _account("trades", "count", "closed trades", lambda view: view.leaderboard_row.stats.trades, Feed.TRADES),
    _account(
        "win_rate_pct",
        "pct",
        "win rate: share of trades with net P&L > 0",
        lambda v: v.leaderboard_row.stats.win_rate_pct,
        Feed.TRADES,
    ),
    _account(
        "fees_usd",
        "usd",
        "fees of closed trades",
        lambda view: view.leaderboard_row.stats.fees_usd,
        Feed.TRADES,
    ),
    _account(
        "net_usd",
        "usd",
        "net P&L of closed trades",
        lambda view: view.leaderboard_row.stats.net_usd,
        Feed.TRADES,
    ),
    _position("notional_usd", "usd", "size at the mark, unsigned", lambda position: position.notional_usd),
    _position("quantity", "coins", "size in coins; a short is below 0", lambda position: position.quantity),
    _position("unrealized_usd", "usd", "unrealised P&L", lambda position: position.unrealized_usd),
    _position("on_margin_pct", "pct", "unrealised P&L, of the margin", _on_margin_pct),
    _position("leverage", "multiple", "leverage", lambda position: position.leverage),
    _position(
        "liquidation_distance_pct",
        "pct",
        "distance to liquidation, of the mark",
        liquidation_distance_pct,
    ),
    _position("stop_distance_pct", "pct", "distance to stop, of the mark", stop_distance_pct),
    _position("target_distance_pct", "pct", "distance to target, of the mark", target_distance_pct),
    _position("r_multiple", "multiple", "unrealised P&L / stated risk (R)", risk_multiple),
    AlertMetric("price", "coin", "usd", "newest price", _prices, Feed.PRICES),
    _coin("crowd_net", "Σ signed notional / Σ equity of all models", lambda crowding: crowding.net.value),
    _coin("crowd_gross", "Σ |notional| / Σ equity of all models", lambda crowding: crowding.gross.value),
    _feed("feed_age_s", "age of the newest record", _age_s),
    _feed("feed_failing_s", "time since the last valid response; 0 while responding", _failing_s),
)


def metrics_named(name: str) -> dict[SubjectKind, AlertMetric]:
    """The metrics of this name by subject; some exist for accounts and for positions."""
    return {metric.subject: metric for metric in ALERT_METRICS if metric.name == name}
