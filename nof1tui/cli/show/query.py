"""What `show` was asked for, and what the store says to it."""

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
    """What was asked for."""

    what: str
    trader: str | None
    coin: str | None
    as_of: datetime | None
    since: datetime | None
    limit: int | None
    full: bool
    kinds: tuple[EventKind, ...] = ()
    """Of events; every kind where none is named."""


@dataclass(frozen=True, slots=True)
class ShowResult:
    """What the store says to it."""

    rows: list[ExportRow]
    season: str | None = None
    total: int | None = None
    """Rows there would have been without the limit, where that is known."""
    extra: dict[str, Any] = field(default_factory=dict)


async def run_show_query(reader: Reader, wish: ShowQuery) -> ShowResult:
    """Read what the wish needs, and no more. Raises Misuse for a trader that nobody knows."""
    if wish.what == "prices":
        prices = rows_of.price_rows(await reader.prices(wish.as_of))
        coin = wish.coin and select_coin(wish.coin, (row["coin"] for row in prices))
        return _limited(wish, [row for row in prices if coin in (None, row["coin"])])
    board = await reader.board(wish.as_of)
    season = board.season.name if board.season else None
    chosen = _select_accounts(wish.trader, board)
    coin = wish.coin and select_coin(wish.coin, _coins(board))
    if wish.what == "leaderboard":
        return _limited(wish, rows_of.leaderboard_rows(board, chosen), season)
    if wish.what == "positions":
        return _limited(wish, rows_of.position_rows(board, chosen, coin), season)
    if wish.what == "stats":
        return _limited(wish, rows_of.stats_rows(board, chosen, Span(wish.since, wish.as_of)), season)
    if wish.what == "coins":
        return _limited(wish, rows_of.coin_rows(board, coin), season)
    wanted = RecordFilter(chosen.trader_ids, coin, wish.since, wish.as_of)
    read = {"trades": _trades, "chat": _chat, "events": _events}[wish.what]
    return await read(reader, wish, wanted, chosen, board)


async def _trades(
    reader: Reader, wish: ShowQuery, wanted: RecordFilter, chosen: Selection, board: Board
) -> ShowResult:
    """The sums are those of all trades that match, however few of them are printed."""
    trades = [trade for trade in await reader.trades(wanted) if chosen.covers(trade.account)]
    more = {"totals": rows_of.trade_totals_row(trades), "by_trader": rows_of.totals_by_trader(trades)}
    rows = rows_of.trade_rows(trades[: wish.limit], board.roster)
    return ShowResult(rows, total=len(trades), extra=more)


async def _chat(
    reader: Reader, wish: ShowQuery, wanted: RecordFilter, chosen: Selection, board: Board
) -> ShowResult:
    if chosen.competition is None:
        wanted = replace(wanted, limit=wish.limit)
    decisions = [
        decision
        for decision in await reader.decisions(wanted, with_texts=wish.full)
        if chosen.covers(decision.account)
    ]
    return ShowResult(rows_of.chat_rows(decisions[: wish.limit], board, full=wish.full))


async def _events(
    reader: Reader, wish: ShowQuery, wanted: RecordFilter, chosen: Selection, board: Board
) -> ShowResult:
    wanted = replace(wanted, kinds=wish.kinds or None)
    events = [event for event in await reader.events(wanted) if chosen.covers(event.account)]
    return ShowResult(rows_of.event_rows(events[: wish.limit], board.roster), total=len(events))


def _limited(wish: ShowQuery, rows: list[ExportRow], season: str | None = None) -> ShowResult:
    return ShowResult(rows[: wish.limit], season, total=len(rows))


def _select_accounts(trader: str | None, board: Board) -> Selection:
    if trader is None:
        return ALL_ACCOUNTS
    accounts = [*board.accounts, *board.trades, *(decision.account for decision in board.decisions)]
    try:
        return select_trader(trader, board.roster, accounts)
    except UnknownTrader as error:
        raise UsageError(str(error)) from error


def _coins(board: Board) -> set[str]:
    held = {position.coin for row in board.accounts.values() for position in row.positions}
    traded = {trade.coin for log in board.trades.values() for trade in log.trades}
    return held | traded | set(board.prices)
