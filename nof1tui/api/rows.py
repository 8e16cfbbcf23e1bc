"""Rows of documents for one request: selection of accounts, filter, envelope."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from nof1tui.api.live_board import LiveBoard
from nof1tui.api.problems import ApiProblem
from nof1tui.domain.board import Board
from nof1tui.domain.export.documents import Document
from nof1tui.domain.export.metric_families import MetricFamily
from nof1tui.domain.export.record_views import DescribeEvent
from nof1tui.domain.export.row_filters import DocumentRowReader, document_fields
from nof1tui.domain.export.rows import ExportRow, rows_of
from nof1tui.domain.export.selection import ALL_ACCOUNTS, Selection, UnknownTrader, select_coin, select_trader
from nof1tui.domain.filters.errors import FilterError
from nof1tui.domain.filters.matcher import MatchBudget, PatternCompiler, RowMatcher, compile_filter
from nof1tui.domain.filters.parser import parse_filter
from nof1tui.domain.health import STALE_AFTER
from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster, normalise_id
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History

_WHERE_BUDGET_S = 0.5
"""What the regular expressions of one request may take."""


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What answers are made of."""

    live: LiveBoard
    find_history: Callable[[], History | None]
    clock: Callable[[], datetime]
    source: str
    arena: str
    describe_events: Callable[[Roster], DescribeEvent]
    compile_pattern: PatternCompiler
    read_status: Callable[[], Any]
    """A coroutine function that returns the document of `status --json`."""
    read_metrics: Callable[[], Awaitable[Sequence[MetricFamily]]]
    """Returns the metrics of `status --metrics`."""
    alert_rules: Mapping[str, Any]
    """The document of `alerts list --json`."""
    clock_kind: Literal["wall", "replay"] = "wall"
    """`replay` where the clock began in the past."""

    @property
    def history(self) -> History:
        """The stored records. Raises ApiProblem `store-away` before the store was opened."""
        history = self.find_history()
        if history is None:
            raise ApiProblem("store-away", "the store has not been opened yet")
        return history

    async def board(self, as_of: datetime | None) -> Board:
        """The live board, or the stored board of a past time. Raises StoreUnavailable."""
        if as_of is not None:
            return await self.history.board(as_of)
        if not self.live.was_read:
            raise StoreUnavailable(self.live.store_failure or "the store has not been read yet")
        return self.live.board


class Answer(Struct):
    """The content of a body before it is encoded."""

    document: dict[str, Any]
    """All keys but `rows`."""
    rows: list[ExportRow] | None = None
    columns: tuple[str, ...] = ()
    """Columns of a CSV; empty where the body has no rows."""
    as_of: datetime | None = None
    """The past time that was asked for."""
    age_s: float | None = None
    next_cursor: str | None = None
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


def envelope(
    what: str, context: ApiContext, board: Board, as_of: datetime | None, since: datetime | None = None
) -> dict[str, Any]:
    """The keys beside `rows`: those of `show --json`, then season and freshness."""
    season, now = board.season, context.clock()
    age = None if board.newest_at is None else now - board.newest_at
    is_stale = as_of is None and (context.live.store_failure is not None or age is None or age > STALE_AFTER)
    return {
        "what": what,
        "as_of": as_of,
        "since": since,
        "source": context.source,
        "season": season.slug if season else None,
        "observed_at": board.newest_at,
        "stale": is_stale,
        "clock": context.clock_kind,
    }


def row_answer(
    document: Document,
    context: ApiContext,
    board: Board,
    views: Sequence[Any],
    *,
    as_of: datetime | None,
    since: datetime | None = None,
    rows: list[ExportRow] | None = None,
) -> Answer:
    """The answer with the rows of these views."""
    age = None if board.newest_at is None else (context.clock() - board.newest_at).total_seconds()
    return Answer(
        envelope(document.what, context, board, as_of, since),
        rows_of(document, views) if rows is None else rows,
        document.keys(),
        as_of,
        age if as_of is None else None,
    )  # fmt: skip


def selected_accounts(values: Mapping[str, Any], board: Board) -> Selection:
    """The accounts that `trader` and `competition` select. Raises ApiProblem for an unknown trader."""
    selection = ALL_ACCOUNTS
    if "trader" in values:
        accounts = [*board.accounts, *board.trades, *(decision.account for decision in board.decisions)]
        try:
            selection = select_trader(values["trader"], board.roster, accounts)
        except UnknownTrader as error:
            raise ApiProblem("bad-parameter", str(error).replace("\n", " "), param="trader") from error
    if "competition" in values:
        return Selection(selection.trader_ids, normalise_id(values["competition"]))
    return selection


def selected_coin(values: Mapping[str, Any], board: Board) -> str | None:
    """The coin in the arena's spelling; None without the parameter."""
    if "coin" not in values:
        return None
    opened = {position.coin for row in board.accounts.values() for position in row.positions}
    traded = {trade.coin for log in board.trades.values() for trade in log.trades}
    return select_coin(values["coin"], opened | traded | set(board.prices))


def covers(selection: Selection, coin: str | None) -> Callable[[AccountKey | None, str | None], bool]:
    """A function of account and coin: whether a record is selected."""
    return lambda account, its_coin: selection.covers(account) and coin in (None, its_coin)


RowTest = Callable[[Sequence[ExportRow]], Any]
"""A coroutine function that returns the rows which pass."""


def row_test(values: Mapping[str, Any], document: Document, context: ApiContext, now: datetime) -> RowTest:
    """The filter of `where`. Raises ApiProblem for one that cannot be used."""
    if "where" not in values:
        return _all_rows
    try:
        row_filter = parse_filter(values["where"], document_fields(document), now)
        compiled = compile_filter(row_filter, context.compile_pattern)
    except FilterError as error:
        raise ApiProblem("bad-parameter", str(error), param="where") from error
    matcher = RowMatcher(compiled, DocumentRowReader())
    budget = MatchBudget(_WHERE_BUDGET_S, time.perf_counter)

    async def passing(rows: Sequence[ExportRow]) -> list[ExportRow]:
        try:
            return await matcher.gather(
                rows, budget, pause=lambda: asyncio.sleep(0), in_thread=asyncio.to_thread
            )
        except FilterError as error:
            raise ApiProblem("bad-parameter", str(error), param="where") from error

    return passing


async def _all_rows(rows: Sequence[ExportRow]) -> list[ExportRow]:
    return list(rows)
