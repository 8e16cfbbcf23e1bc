"""Query and result of `show`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from nof1tui.cli.show import rows as rows_of
from nof1tui.cli.show.selection import ALL_ACCOUNTS, Selection, UnknownTrader, select_coin, select_trader
from nof1tui.domain.export.rows import ExportRow
from nof1tui.domain.series.closes import Span
from nof1tui.errors import UsageError
from nof1tui.ports.history import RecordFilter

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
    """Rows for output, with season, total and extra keys of the JSON document."""

    rows: list[ExportRow]
    season: str | None = None
    total: int | None = None
    """Number of rows without the limit; None if unknown."""
    extra: dict[str, Any] = field(default_factory=dict)


async def run_show_query(reader: Reader, query: ShowQuery) -> ShowResult:
    """Read the records of the query. Raises UsageError for an unknown trader."""
    if query.what == "prices":
        prices = rows_of.price_rows(await reader.prices(query.as_of))
        coin = query.coin and select_coin(query.coin, (row["coin"] for row in prices))
        return _limited(query, [row for row in prices if coin in (None, row["coin"])])
    board = await reader.board(query.as_of)
    season = board.season.name if board.season else None
    selection = _select_accounts(query.trader, board)
    coin = query.coin and select_coin(query.coin, _coins(board))
    if query.what == "leaderboard":
        return _limited(query, rows_of.leaderboard_rows(board, selection), season)
    if query.what == "positions":
        return _limited(query, rows_of.position_rows(board, selection, coin), season)
    if query.what == "stats":
        return _limited(query, rows_of.stats_rows(board, selection, Span(query.since, query.as_of)), season)
    if query.what == "coins":
        return _limited(query, rows_of.coin_rows(board, coin), season)
    record_filter = RecordFilter(selection.trader_ids, coin, query.since, query.as_of)
    read = {"trades": _trades, "chat": _chat, "events": _events}[query.what]
    return await read(reader, query, record_filter, selection, board)


async def _trades(
    reader: Reader, query: ShowQuery, record_filter: RecordFilter, selection: Selection, board: Board
) -> ShowResult:
    """Trades; the totals are of all that match, whatever the limit."""
    trades = [trade for trade in await reader.trades(record_filter) if selection.covers(trade.account)]
    extra = {"totals": rows_of.trade_totals_row(trades), "by_trader": rows_of.totals_by_trader(trades)}
    rows = rows_of.trade_rows(trades[: query.limit], board.roster)
    return ShowResult(rows, total=len(trades), extra=extra)


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
    return ShowResult(rows_of.chat_rows(decisions[: query.limit], board, full=query.full))


async def _events(
    reader: Reader, query: ShowQuery, record_filter: RecordFilter, selection: Selection, board: Board
) -> ShowResult:
    record_filter = replace(record_filter, kinds=query.kinds or None)
    events = [event for event in await reader.events(record_filter) if selection.covers(event.account)]
    return ShowResult(rows_of.event_rows(events[: query.limit], board.roster), total=len(events))


def _limited(query: ShowQuery, rows: list[ExportRow], season: str | None = None) -> ShowResult:
    return ShowResult(rows[: query.limit], season, total=len(rows))


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
