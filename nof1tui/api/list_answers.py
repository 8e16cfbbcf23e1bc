"""Pages of trades, events and decisions by keyset cursors, newest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from nof1tui.api.cursors import decode_cursor, encode_cursor
from nof1tui.api.endpoints import ROWS_OF_PAGE, Endpoint
from nof1tui.api.parameters import Values, moment
from nof1tui.api.problems import ApiProblem
from nof1tui.api.rows import Answer, ApiContext, row_answer, row_test, selected_accounts, selected_coin
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.export import record_views
from nof1tui.domain.export.documents import DOCUMENTS, Document
from nof1tui.domain.export.rows import ExportRow, rows_of
from nof1tui.domain.export.selection import Selection
from nof1tui.domain.figures.trade import trade_totals
from nof1tui.domain.records import Decision, Trade
from nof1tui.ports.decision_views import read_decision_views
from nof1tui.ports.history import History, PageCursor, RecordFilter

_MOST_SCANNED = 5_000
"""Records that one request reads for a filter that few rows pass; the next page continues there."""
_Stored = Trade | Event | Decision
_MakeRows = Callable[[Sequence[Any]], Awaitable[list[ExportRow]]]
_ReadPage = Callable[[RecordFilter, PageCursor | None], Awaitable[Sequence[_Stored]]]


@dataclass(frozen=True, slots=True)
class _PageQuery:
    """One request for a page."""

    endpoint: Endpoint
    document: Document
    values: Values
    board: Board
    selection: Selection
    record_filter: RecordFilter
    asked_at: datetime
    after: PageCursor | None
    limit: int
    as_of: datetime | None
    since: datetime | None


async def list_answer(endpoint: Endpoint, context: ApiContext, values: Values) -> Answer:
    """A page of the endpoint's records, with the cursor of the next one."""
    query = await _page_query(endpoint, context, values)
    make = _row_maker(endpoint.name, context, query.board)
    passing = row_test(values, query.document, context, query.as_of or query.asked_at)
    history = context.history
    rows, after = await _read_rows(query, _page_reader(endpoint.name, history), make, passing)
    answer = row_answer(
        query.document, context, query.board, (), as_of=query.as_of, since=query.since, rows=rows
    )
    if after is not None:
        answer.next_cursor = encode_cursor(endpoint.name, after, query.asked_at, values)
    if values.get("totals"):
        _refuse_totals_of_filtered(values)
        answer.document |= await _totals(history, query)
    return answer


async def _page_query(endpoint: Endpoint, context: ApiContext, values: Values) -> _PageQuery:
    start = decode_cursor(values["cursor"], endpoint.name, values) if "cursor" in values else None
    asked_at = context.clock() if start is None else start.asked_at
    as_of = moment(values, "as_of", asked_at)
    since, until = moment(values, "since", as_of or asked_at), moment(values, "until", as_of or asked_at)
    board = await context.board(as_of)
    selection = selected_accounts(values, board)
    ends = [end for end in (as_of, until) if end is not None]
    return _PageQuery(
        endpoint,
        DOCUMENTS[endpoint.document or endpoint.name],
        values,
        board,
        selection,
        RecordFilter(
            selection.trader_ids,
            selected_coin(values, board),
            since,
            min(ends) if ends else None,
            season=values.get("season"),
            side=values.get("side"),
            kinds=values.get("kind"),
        ),
        asked_at,
        None if start is None else start.after,
        values.get("limit", ROWS_OF_PAGE),
        as_of,
        since,
    )


def _page_reader(name: str, history: History) -> _ReadPage:
    readers: Mapping[str, _ReadPage] = {
        "trades": history.trades,
        "events": history.events,
        "decisions": history.decisions,
    }
    return readers[name]


def _row_maker(name: str, context: ApiContext, board: Board) -> _MakeRows:
    async def views(records: Sequence[Any]) -> Sequence[Any]:
        match name:
            case "trades":
                return record_views.trade_views(records, board.roster)
            case "events":
                return record_views.event_views(records, board.roster, context.describe_events(board.roster))
            case _:
                return await read_decision_views(context.history, board, records)

    async def rows(records: Sequence[Any]) -> list[ExportRow]:
        return rows_of(document, await views(records))

    document = DOCUMENTS["chat" if name == "decisions" else name]
    return rows


async def _read_rows(
    query: _PageQuery,
    read: _ReadPage,
    make: _MakeRows,
    passing: Callable[[Sequence[ExportRow]], Any],
) -> tuple[list[ExportRow], PageCursor | None]:
    """Rows of the page and the key of the last record behind them; None at the end of the list."""
    is_plain = query.selection.competition is None and "where" not in query.values
    chunk = query.limit + 1 if is_plain else max(query.limit + 1, 200)
    rows, after, scanned = list[ExportRow](), query.after, 0
    while True:
        records = await read(replace(query.record_filter, limit=chunk), after)
        covered = [its for its in records if query.selection.covers(its.account)]
        made = await make(covered)
        keys = {id(row): its for row, its in zip(made, covered, strict=True)}
        for row in await passing(made):
            if len(rows) == query.limit:
                return rows, after
            rows.append(row)
            after = _key(keys[id(row)])
        if len(records) < chunk:
            return rows, None
        scanned += len(records)
        after = _key(records[-1])
        if scanned >= _MOST_SCANNED:
            return rows, after


def _key(record: _Stored) -> PageCursor:
    return PageCursor(record.exit_at if isinstance(record, Trade) else record.at, record.id)


def _refuse_totals_of_filtered(values: Values) -> None:
    for name in ("where", "competition"):
        if name in values:
            raise ApiProblem("bad-parameter", f"totals cannot be combined with {name}", param="totals")


async def _totals(history: History, query: _PageQuery) -> dict[str, Any]:
    """Sums over all trades that match, of all traders and of each."""
    totals = trade_totals(await history.trade_totals(query.record_filter))
    chosen = query.record_filter.traders
    traders = sorted({account.trader for account in query.board.trades} if chosen is None else chosen)
    by_trader = {}
    for trader in traders:
        stats = await history.trade_totals(replace(query.record_filter, traders=(trader,)))
        if stats.trades:
            by_trader[trader] = trade_totals(stats)
    return {"totals": totals, "by_trader": by_trader}
