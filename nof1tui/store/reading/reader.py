"""Reads boards, records, series and state from the store. All values are bound parameters."""

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
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading import boards, filters, position_history, queries, row_decoding, series
from nof1tui.store.reading.id_map import IdMap, query_id_map, read_id_map
from nof1tui.store.reading.inventory import read_inventory
from nof1tui.store.reading.transaction import execute_query, read_transaction

_BoundStatement = tuple[bytes, dict[str, Any]]
_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class CollectorState:
    """The instance that collects into this store."""

    holder: str
    """`pid@host`"""
    since: datetime
    """Time of its election."""
    beat_at: datetime
    """Time of its last heartbeat."""
    leads: bool = False
    """Whether it holds the leader lock now."""


class Reader:
    """`ports.History` over PostgreSQL. Every method raises StoreUnavailable where it cannot be reached."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._database = database
        self._roster = roster

    async def board(self, as_of: datetime | None = None) -> Board:
        """The newest board, or the board as of a time, read in one transaction."""
        async with read_transaction(self._database, plan_once=True) as db:
            return await boards.read_board(db, self._roster, as_of)

    async def time_range(self) -> tuple[datetime, datetime] | None:
        """Times of the oldest and the newest account row; None without any."""
        async with read_transaction(self._database, plan_once=True) as db:
            oldest, newest = (await (await execute_query(db, queries.SNAPSHOT_TIME_RANGE)).fetchall())[0]
        return None if oldest is None else (oldest, newest)

    async def observation_times(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> list[datetime]:
        """Times at which accounts were observed, strictly before or after `around`, nearest first."""
        statement = queries.STEPS_BEFORE if direction == "before" else queries.STEPS_AFTER
        async with read_transaction(self._database, plan_once=True) as db:
            cursor = await execute_query(db, statement, {"around": around, "limit": limit})
            return [row.ts async for row in cursor]

    async def trades(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Trade]:
        """Closed trades, newest first."""
        return await self._read_records(
            lambda id_map: filters.build_trades_query(id_map, wanted, after), row_decoding.trade_from_row
        )

    async def trade_totals(self, wanted: RecordFilter = NO_FILTER) -> TradeStats:
        """Counts and sums of all matching trades; the filter's limit is ignored."""
        rows = await self._read_records(
            lambda id_map: filters.build_trade_totals_query(id_map, wanted),
            lambda row, _: TradeStats(**row._asdict()),
        )
        return rows[0]

    async def decisions(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None, *, with_texts: bool = False
    ) -> list[Decision]:
        """Decisions, newest first; with a coin, those with a signal for it."""
        return await self._read_records(
            lambda id_map: filters.build_decisions_query(id_map, wanted, after, with_texts=with_texts),
            row_decoding.decision_from_row,
        )

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None:
        """Prompt, reasoning and answer of a decision; None for an unknown id."""
        async with read_transaction(self._database) as db:
            row = await (
                await execute_query(db, queries.DECISION_TEXTS_BY_ID, {"id": decision_id})
            ).fetchone()
        return None if row is None else DecisionTexts(row.prompt, row.reasoning, row.answer)

    async def events(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Event]:
        """Events, newest first, without `closed` events that have a matching `trade` event."""
        return await self._read_records(
            lambda id_map: filters.build_events_query(id_map, wanted, after), row_decoding.event_from_row
        )

    async def prices(self, as_of: datetime | None = None) -> list[Price]:
        """The newest price of each coin, at or before `as_of`."""
        async with read_transaction(self._database, plan_once=True) as db:
            rows = await (await execute_query(db, queries.LATEST_PRICES, {"as_of": as_of})).fetchall()
        return [Price(row.coin, row.price, row.ts, row.fetched_at) for row in rows]

    async def price_series(
        self,
        since: datetime,
        until: datetime,
        coins: Sequence[str] | None = None,
        *,
        buckets: int = series.MAX_CHART_BUCKETS,
    ) -> dict[str, TimeSeries]:
        """Price lines of a range for a chart, by coin (default: all coins).

        From the finest roll-up with at most `buckets` buckets: first, lowest, highest and last price of each
        at their own times, then the raw rows of the open bucket. A line may begin one bucket before `since`.
        """
        async with read_transaction(self._database, plan_once=True) as db:
            id_map = await read_id_map(await query_id_map(db))
            ids = {number: name for number, name in id_map.symbols.items() if coins is None or name in coins}
            lines = await series.read_lines(db, series.PRICE_TABLES, list(ids), since, until, buckets)
        return {ids[number]: line for number, line in lines.items()}

    async def position_history(
        self, account: AccountKey, position: Position, until: datetime
    ) -> PositionHistory:
        """Unrealised P&L and versions of an open position from its entry to `until`."""
        async with read_transaction(self._database) as db:
            return await position_history.read_position_history(db, account, position, until)

    async def inventory(self) -> StoreInventory:
        """Rows of each table and bytes of the database; rows of large tables are estimates."""
        async with read_transaction(self._database) as db:
            return await read_inventory(db)

    async def feed_states(self) -> list[FeedHealth]:
        """Health of each polled feed."""
        async with read_transaction(self._database) as db:
            rows = await (await execute_query(db, queries.FEED_STATES)).fetchall()
        return list(boards.parse_feed_states(rows).values())

    async def collector_state(self) -> CollectorState | None:
        """The last elected collector; None where none was elected yet."""
        async with read_transaction(self._database) as db:
            row = await (await execute_query(db, queries.COLLECTOR_STATE)).fetchone()
        return None if row is None else CollectorState(row.holder, row.since, row.beat_at, row.leads)

    async def revision(self) -> str | None:
        """The schema revision."""
        async with read_transaction(self._database) as db:
            row = await (await execute_query(db, queries.SCHEMA_REVISION)).fetchone()
        return None if row is None else str(row.version_num)

    async def _read_records(
        self, statement: Callable[[IdMap], _BoundStatement], build: Callable[[Any, IdMap], _Record]
    ) -> list[_Record]:
        async with read_transaction(self._database) as db:
            id_map = await read_id_map(await query_id_map(db))
            return [build(row, id_map) async for row in await execute_query(db, *statement(id_map))]
