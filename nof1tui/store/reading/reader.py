"""The reader: what was, and where the store stands. Every value travels as a bound parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.events.position_history import PositionHistory
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.records import AccountKey, Decision, DecisionTexts, Position, Price, Trade
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.ports.history import NO_FILTER, PageCursor, RecordFilter, StoreInventory
from nof1tui.store.connection.connect import Database, DatabaseConnection
from nof1tui.store.reading import boards, filters, position_history, queries, row_decoding, series
from nof1tui.store.reading.id_map import IdMap, query_id_map, read_id_map
from nof1tui.store.reading.inventory import read_inventory
from nof1tui.store.reading.series import EQUITY_TABLES, PRICE_TABLES, SeriesKind, SeriesTables
from nof1tui.store.reading.transaction import execute_query, read_transaction

__all__ = ["EVERYTHING", "CollectorState", "Filter", "Reader"]

SPARKLINE_BUCKETS = 150
_BoundStatement = tuple[bytes, dict[str, Any]]
_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class CollectorState:
    """Who collects into this store, as last heard."""

    holder: str
    since: datetime
    beat_at: datetime
    leads: bool = False
    """Holds the lead at this moment."""


class Reader:
    """`ports.History` over PostgreSQL. Every method raises StoreUnavailable when it is away."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._database = database
        self._roster = roster

    async def board(self, as_of: datetime | None = None) -> Board:
        """The newest state, or the state as of a moment: all of it read in one transaction."""
        async with read_transaction(self._database, plan_once=True) as db:
            return await boards.read_board(db, self._roster, as_of)

    async def time_range(self) -> tuple[datetime, datetime] | None:
        """Time of the oldest and of the newest account row."""
        async with read_transaction(self._database, plan_once=True) as db:
            oldest, newest = (await (await execute_query(db, queries.SNAPSHOT_TIME_RANGE)).fetchall())[0]
        return None if oldest is None else (oldest, newest)

    async def observation_times(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> list[datetime]:
        """The moments nearest to this one at which accounts were observed, nearest first."""
        statement = queries.STEPS_BEFORE if direction == "before" else queries.STEPS_AFTER
        async with read_transaction(self._database, plan_once=True) as db:
            answer = await execute_query(db, statement, {"around": around, "limit": limit})
            return [row.ts async for row in answer]

    async def trades(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Trade]:
        """Closed trades, newest first."""
        return await self._read_records(
            lambda names: filters.build_trades_query(names, wanted, after), row_decoding.trade_from_row
        )

    async def trade_totals(self, wanted: RecordFilter = NO_FILTER) -> TradeStats:
        """The sums of all trades that match, whatever the limit."""
        found = await self._read_records(
            lambda names: filters.build_trade_totals_query(names, wanted),
            lambda row, _: TradeStats(**row._asdict()),
        )
        return found[0]

    async def decisions(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None, *, with_texts: bool = False
    ) -> list[Decision]:
        """Decisions, newest first; with a coin, those that say something about it."""
        return await self._read_records(
            lambda names: filters.build_decisions_query(names, wanted, after, with_texts=with_texts),
            row_decoding.decision_from_row,
        )

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None:
        async with read_transaction(self._database) as db:
            row = await (
                await execute_query(db, queries.DECISION_TEXTS_BY_ID, {"id": decision_id})
            ).fetchone()
        return None if row is None else DecisionTexts(row.prompt, row.reasoning, row.answer)

    async def events(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Event]:
        """Events, newest first, without closings that a trade tells better."""
        return await self._read_records(
            lambda names: filters.build_events_query(names, wanted, after), row_decoding.event_from_row
        )

    async def prices(self, as_of: datetime | None = None) -> list[Price]:
        """The newest price of each coin at or before a moment."""
        async with read_transaction(self._database, plan_once=True) as db:
            rows = await (await execute_query(db, queries.LATEST_PRICES, {"as_of": as_of})).fetchall()
        return [Price(row.coin, row.price, row.ts, row.fetched_at) for row in rows]

    async def equity_series(
        self,
        since: datetime,
        until: datetime,
        accounts: Sequence[AccountKey] | None = None,
        *,
        buckets: int = series.MAX_CHART_BUCKETS,
    ) -> dict[AccountKey, TimeSeries]:
        """What a chart of this range can show, in one query for all accounts.

        The finest roll-up with at most so many buckets, of each its first, lowest, highest and last
        value at their own times; then the open tail. A line may begin a bucket before `since`.
        """
        async with read_transaction(self._database, plan_once=True) as db:
            names = await read_id_map(await query_id_map(db))
            wanted = names.accounts.values() if accounts is None else accounts
            ids = {number: key for number, key in names.accounts.items() if key in set(wanted)}
            lines = await _read_lines(db, EQUITY_TABLES, list(ids), since, until, buckets)
        return {ids[number]: line for number, line in lines.items()}

    async def price_series(
        self,
        since: datetime,
        until: datetime,
        coins: Sequence[str] | None = None,
        *,
        buckets: int = series.MAX_CHART_BUCKETS,
    ) -> dict[str, TimeSeries]:
        """The same of prices."""
        async with read_transaction(self._database, plan_once=True) as db:
            names = await read_id_map(await query_id_map(db))
            ids = {number: name for number, name in names.symbols.items() if coins is None or name in coins}
            lines = await _read_lines(db, PRICE_TABLES, list(ids), since, until, buckets)
        return {ids[number]: line for number, line in lines.items()}

    async def sparklines(self, since: datetime, until: datetime) -> dict[AccountKey, TimeSeries]:
        """Closing values in even steps: all traders in one query."""
        async with read_transaction(self._database, plan_once=True) as db:
            names = await read_id_map(await query_id_map(db))
            lines = await _read_lines(
                db, EQUITY_TABLES, list(names.accounts), since, until, SPARKLINE_BUCKETS, "closes"
            )
        return {names.accounts[number]: line for number, line in lines.items()}

    async def position_history(
        self, account: AccountKey, position: Position, until: datetime
    ) -> PositionHistory:
        """What became of an open position from its entry up to a moment."""
        async with read_transaction(self._database) as db:
            return await position_history.read_position_history(db, account, position, until)

    async def inventory(self) -> StoreInventory:
        """Rows of each table and bytes in all; the rows of large tables are estimates."""
        async with read_transaction(self._database) as db:
            return await read_inventory(db)

    async def feed_states(self) -> list[FeedHealth]:
        async with read_transaction(self._database) as db:
            return list(
                boards.parse_feed_states(
                    await (await execute_query(db, queries.FEED_STATES)).fetchall()
                ).values()
            )

    async def collector_state(self) -> CollectorState | None:
        async with read_transaction(self._database) as db:
            row = await (await execute_query(db, queries.COLLECTOR_STATE)).fetchone()
        return None if row is None else CollectorState(row.holder, row.since, row.beat_at, row.leads)

    async def revision(self) -> str | None:
        async with read_transaction(self._database) as db:
            row = await (await execute_query(db, queries.SCHEMA_REVISION)).fetchone()
        return None if row is None else str(row.version_num)

    async def _read_records(
        self, statement: Callable[[IdMap], _BoundStatement], made: Callable[[Any, IdMap], _Record]
    ) -> list[_Record]:
        async with read_transaction(self._database) as db:
            names = await read_id_map(await query_id_map(db))
            return [made(row, names) async for row in await execute_query(db, *statement(names))]


async def _read_lines(
    db: DatabaseConnection,
    ground: SeriesTables,
    ids: Sequence[int],
    since: datetime,
    until: datetime,
    buckets: int,
    kind: SeriesKind = "points",
) -> dict[int, TimeSeries]:
    """Read as it is where the range has few rows, else from roll-ups."""
    window = {"since": since, "until": until, "most": series.MAX_RAW_ROWS}
    row = (
        await (
            await execute_query(db, queries.build_bounded_count_query(ground.raw_table), window)
        ).fetchall()
    )[0]
    chain = () if row.n <= series.MAX_RAW_ROWS else series.build_level_chain(since, until, buckets)
    begin = series.floor_to_width(since, chain[0].width_s) if chain else since
    return series.parse_lines(
        await (await series.query_series(db, ground, ids, chain, begin, until, kind)).fetchall()
    )
