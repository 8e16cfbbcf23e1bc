"""Query and result of `show`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from nof1tui.cli.show import record_views
from nof1tui.cli.show.selection import ALL_ACCOUNTS, Selection, UnknownTrader, select_coin, select_trader
from nof1tui.domain.decisions.outcomes import decision_figures
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.figures import arena
from nof1tui.domain.figures.board_views import View, Views
from nof1tui.domain.figures.trade import trade_totals
from nof1tui.domain.metrics.basic import trade_stats
from nof1tui.domain.records import Trade
from nof1tui.domain.series.closes import Span
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.errors import UsageError
from nof1tui.ports.history import RecordFilter
from nof1tui.ports.outcomes import read_entries

if TYPE_CHECKING:
    from nof1tui.domain.board import Board
    from nof1tui.domain.events.event import EventKind
    from nof1tui.store.reading.reader import Reader


@dataclass(frozen=True, slots=True)
class ShowQuery:
    """Which records to read: table, filters, time, limit."""

    what: str
    trader: str | None
    coin: str | None
    as_of: datetime | None
    since: datetime | None
    limit: int | None
    full: bool
    kinds: tuple[EventKind, ...] = ()
    """Kinds of events; all if empty."""


@dataclass(frozen=True, slots=True)
class ShowResult:
    """Views for output, with season, total and extra keys of the JSON document."""

    views: Sequence[View]
    season: str | None = None
    total: int | None = None
    """Number of views without the limit; None if unknown."""
    extra: dict[str, Any] = field(default_factory=dict)


async def run_show_query(reader: Reader, query: ShowQuery, now: datetime) -> ShowResult:
    """Read the records of the query; `now` is the time of a live board. Raises UsageError for an unknown
    trader.
    """
    if query.what == "prices":
        prices = record_views.price_views(await reader.prices(query.as_of))
        coin = query.coin and select_coin(query.coin, (view.coin for view in prices))
        return _limited(query, prices, ALL_ACCOUNTS, coin)
    board = await reader.board(query.as_of)
    selection = _select_accounts(query.trader, board)
    coin = query.coin and select_coin(query.coin, _coins(board))
    if query.what in ("trades", "chat", "events"):
        record_filter = RecordFilter(selection.trader_ids, coin, query.since, query.as_of)
        read = {"trades": _trades, "chat": _chat, "events": _events}[query.what]
        return await read(reader, query, record_filter, selection, board)
    season, at = board.season.name if board.season else None, query.as_of or now
    if query.what == "stats":
        return await _stats(reader, query, board, selection, at)
    views = Views(board, at, StatsCache()).of(DOCUMENTS[query.what].subject)
    return _limited(query, views, selection, coin, season)


async def _stats(
    reader: Reader, query: ShowQuery, board: Board, selection: Selection, now: datetime
) -> ShowResult:
    """Every figure of the span, in the order of the leaderboard, with those of the accounts' decisions."""
    span = Span(query.since, query.as_of)
    accounts = [row.account for row in board.leaderboard if selection.covers(row.account)]
    entries = await read_entries(reader, board, accounts, span)
    outcomes = {account: decision_figures(its) for account, its in entries.items()}
    views = Views(board, now, StatsCache(), span, outcomes)
    result = _limited(query, views.accounts, selection, None, board.season.name if board.season else None)
    shown = replace(views.arena, accounts=tuple(result.views))
    result.extra["correlations"] = arena.correlations.value(shown)
    return result


async def _trades(
    reader: Reader, query: ShowQuery, record_filter: RecordFilter, selection: Selection, board: Board
) -> ShowResult:
    """Trades; the totals are of all that match, whatever the limit."""
    trades = [trade for trade in await reader.trades(record_filter) if selection.covers(trade.account)]
    extra = {"totals": trade_totals(trade_stats(trades)), "by_trader": _totals_by_trader(trades)}
    views = record_views.trade_views(trades[: query.limit], board.roster)
    return ShowResult(views, total=len(trades), extra=extra)


def _totals_by_trader(trades: Iterable[Trade]) -> Mapping[str, Mapping[str, Any]]:
    grouped: dict[str, list[Trade]] = {}
    for trade in trades:
        grouped.setdefault(trade.account.trader, []).append(trade)
    return {trader: trade_totals(trade_stats(items)) for trader, items in sorted(grouped.items())}


async def _chat(
    reader: Reader, query: ShowQuery, record_filter: RecordFilter, selection: Selection, board: Board
) -> ShowResult:
    if selection.competition is None:
        record_filter = replace(record_filter, limit=query.limit)
    decisions = [
        decision
        for decision in await reader.decisions(record_filter, with_texts=query.full)
        if selection.covers(decision.account)
    ]
    return ShowResult(record_views.decision_views(decisions[: query.limit], board))


async def _events(
    reader: Reader, query: ShowQuery, record_filter: RecordFilter, selection: Selection, board: Board
) -> ShowResult:
    record_filter = replace(record_filter, kinds=query.kinds or None)
    events = [event for event in await reader.events(record_filter) if selection.covers(event.account)]
    return ShowResult(record_views.event_views(events[: query.limit], board.roster), total=len(events))


def _limited(
    query: ShowQuery,
    views: Sequence[View],
    selection: Selection,
    coin: str | None,
    season: str | None = None,
) -> ShowResult:
    """The views of the selected accounts and of the coin, up to the limit."""
    chosen = [
        view for view in views if selection.covers(view.subject.account) and coin in (None, view.subject.coin)
    ]
    return ShowResult(chosen[: query.limit], season, total=len(chosen))


def _select_accounts(trader: str | None, board: Board) -> Selection:
    if trader is None:
        return ALL_ACCOUNTS
    accounts = [*board.accounts, *board.trades, *(decision.account for decision in board.decisions)]
    try:
        return select_trader(trader, board.roster, accounts)
    except UnknownTrader as error:
        raise UsageError(str(error)) from error


def _coins(board: Board) -> set[str]:
    open_coins = {position.coin for row in board.accounts.values() for position in row.positions}
    traded = {trade.coin for log in board.trades.values() for trade in log.trades}
    return open_coins | traded | set(board.prices)
