"""Rows of `show`: which records of a board, in which order, and their totals."""

from __future__ import annotations

from collections.abc import Iterable

from nof1tui.cli.show.selection import ALL_ACCOUNTS, Selection
from nof1tui.domain.board import Board
from nof1tui.domain.decisions.attribution import Attribution, attribute_orders, executed_orders
from nof1tui.domain.events.event import Event
from nof1tui.domain.export.rows import (
    ExportRow,
    build_chat_row,
    build_event_row,
    build_leaderboard_row,
    build_position_row,
    build_price_row,
    build_trade_row,
)
from nof1tui.domain.export.stats_rows import build_coin_row, build_stats_row
from nof1tui.domain.metrics.basic import trade_stats
from nof1tui.domain.records import Decision, Price, Trade
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.closes import WHOLE_SEASON, Span
from nof1tui.domain.stats.stats_cache import StatsCache, board_crowding
from nof1tui.domain.stats.upstream_diff import account_upstream_diffs
from nof1tui.tui.columns.events import describe_event
from nof1tui.tui.style.identities import TraderIdentities


def leaderboard_rows(board: Board, selection: Selection = ALL_ACCOUNTS) -> list[ExportRow]:
    """Accounts by rank, benchmarks without a rank at the end."""
    return [
        build_leaderboard_row(item, board.reconciliations.get(item.account))
        for item in board.leaderboard
        if selection.covers(item.account)
    ]


def stats_rows(
    board: Board, selection: Selection = ALL_ACCOUNTS, span: Span = WHOLE_SEASON
) -> list[ExportRow]:
    """Every figure of the span, in the order of the leaderboard."""
    figures = StatsCache().figures(board, span)
    return [
        build_stats_row(row, stats, account_upstream_diffs(board, stats) if span.since is None else ())
        for row, stats in zip(board.leaderboard, figures, strict=True)
        if selection.covers(row.account)
    ]


def coin_rows(board: Board, coin: str | None = None) -> list[ExportRow]:
    """Coins with open positions, largest exposure first, then other coins with a price."""
    crowding = board_crowding(board)
    crowds = {crowd.coin: crowd for crowd in crowding.coins}
    rows = []
    for name in (*crowds, *sorted(board.prices.keys() - crowds.keys())):
        quote = board.prices.get(name)
        price, seen = (quote.price.price, quote.price.observed_at) if quote else (None, None)
        rows.append(build_coin_row(name, price, seen, crowds.get(name), crowding))
    return [row for row in rows if coin in (None, row["coin"])]


def position_rows(
    board: Board, selection: Selection = ALL_ACCOUNTS, coin: str | None = None
) -> list[ExportRow]:
    """Open positions, accounts by rank, largest position first."""
    rows: list[ExportRow] = []
    for item in board.leaderboard:
        row = board.accounts[item.account]
        if selection.covers(item.account):
            positions = sorted(row.positions, key=lambda p: -(p.notional_usd or 0.0))
            rows += [
                build_position_row(row, p, item.trader.name) for p in positions if coin in (None, p.coin)
            ]
    return rows


def trade_rows(trades: Iterable[Trade], roster: Roster) -> list[ExportRow]:
    return [build_trade_row(trade, roster.trader(trade.account.trader).name) for trade in trades]


def trade_totals_row(trades: Iterable[Trade]) -> ExportRow:
    """Totals of these trades; `net_usd` is the API's net, not gross minus fees."""
    stats = trade_stats(trades)
    return {
        "n": stats.trades,
        "win_rate_pct": stats.win_rate_pct,
        "fees_usd": stats.fees_usd,
        "net_usd": stats.net_usd,
        "gross_usd": stats.gross_usd,
        "profit_factor": stats.profit_factor,
        "biggest_win_usd": stats.biggest_win_usd,
        "biggest_loss_usd": stats.biggest_loss_usd,
    }


def totals_by_trader(trades: Iterable[Trade]) -> dict[str, ExportRow]:
    grouped: dict[str, list[Trade]] = {}
    for trade in trades:
        grouped.setdefault(trade.account.trader, []).append(trade)
    return {trader: trade_totals_row(items) for trader, items in sorted(grouped.items())}


def price_rows(prices: Iterable[Price]) -> list[ExportRow]:
    return [build_price_row(price) for price in prices]


def event_rows(events: Iterable[Event], roster: Roster) -> list[ExportRow]:
    """Events with the description of the screen."""
    identities = TraderIdentities(roster)
    named = ((event, roster.trader(event.account.trader).name if event.account else None) for event in events)
    return [build_event_row(event, name, describe_event(event, identities).detail) for event, name in named]


def chat_rows(decisions: Iterable[Decision], board: Board, *, full: bool = False) -> list[ExportRow]:
    """One row per decision with the trades of its signals; the long texts only if `full`."""
    decisions = tuple(decisions)
    trades = (trade for log in board.trades.values() for trade in log.trades)
    by_decision: dict[str, list[Attribution]] = {decision.id: [] for decision in decisions}
    for attribution in attribute_orders(decisions, executed_orders(trades, board.accounts.values())):
        by_decision[attribution.decision.id].append(attribution)
    return [
        build_chat_row(
            decision,
            board.roster.trader(decision.account.trader).name,
            full=full,
            links=by_decision[decision.id],
        )
        for decision in decisions
    ]
