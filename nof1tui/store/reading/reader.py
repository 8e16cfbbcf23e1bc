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
from nof1tui.ports.history import EVERYTHING, Filter, Inventory, Key
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading import boards, filters, position_history, queries, row_decoding, series
from nof1tui.store.reading.id_map import Names, ask_names, names_of
from nof1tui.store.reading.inventory import take_inventory
from nof1tui.store.reading.series import EQUITY, PRICE, Ground, Kind
from nof1tui.store.reading.transaction import Connection, ask, snapshot

__all__ = ["EVERYTHING", "CollectorState", "Filter", "Reader"]

SPARK_BUCKETS = 150
Statement = tuple[bytes, dict[str, Any]]
Record = TypeVar("Record")


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
        async with snapshot(self._database, plan_once=True) as db:
            return await boards.read_board(db, self._roster, as_of)

    async def extent(self) -> tuple[datetime, datetime] | None:
        """Time of the oldest and of the newest account row."""
        async with snapshot(self._database, plan_once=True) as db:
            oldest, newest = (await (await ask(db, queries.EXTENT)).fetchall())[0]
        return None if oldest is None else (oldest, newest)

    async def steps(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> list[datetime]:
        """The moments nearest to this one at which accounts were observed, nearest first."""
        statement = queries.STEPS_BEFORE if direction == "before" else queries.STEPS_AFTER
        async with snapshot(self._database, plan_once=True) as db:
            answer = await ask(db, statement, {"around": around, "limit": limit})
            return [row.ts async for row in answer]

    async def trades(self, wanted: Filter = EVERYTHING, after: Key | None = None) -> list[Trade]:
        """Closed trades, newest first."""
        return await self._records(lambda names: filters.trades(names, wanted, after), row_decoding.trade)

    async def trade_totals(self, wanted: Filter = EVERYTHING) -> TradeStats:
        """The sums of all trades that match, whatever the limit."""
        found = await self._records(
            lambda names: filters.trade_totals(names, wanted), lambda row, _: TradeStats(**row._asdict())
        )
        return found[0]

    async def decisions(
        self, wanted: Filter = EVERYTHING, after: Key | None = None, *, with_texts: bool = False
    ) -> list[Decision]:
        """Decisions, newest first; with a coin, those that say something about it."""
        return await self._records(
            lambda names: filters.decisions(names, wanted, after, with_texts=with_texts),
            row_decoding.decision,
        )

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None:
        async with snapshot(self._database) as db:
            row = await (await ask(db, queries.DECISION_TEXTS, {"id": decision_id})).fetchone()
        return None if row is None else DecisionTexts(row.prompt, row.reasoning, row.answer)

    async def events(self, wanted: Filter = EVERYTHING, after: Key | None = None) -> list[Event]:
        """Events, newest first, without closings that a trade tells better."""
        return await self._records(lambda names: filters.events(names, wanted, after), row_decoding.event)

    async def prices(self, as_of: datetime | None = None) -> list[Price]:
        """The newest price of each coin at or before a moment."""
        async with snapshot(self._database, plan_once=True) as db:
            rows = await (await ask(db, queries.PRICES, {"as_of": as_of})).fetchall()
        return [Price(row.coin, row.price, row.ts, row.fetched_at) for row in rows]

    async def equity_series(
        self,
        since: datetime,
        until: datetime,
        accounts: Sequence[AccountKey] | None = None,
        *,
        buckets: int = series.MOST_BUCKETS,
    ) -> dict[AccountKey, TimeSeries]:
        """What a chart of this range can show, in one query for all accounts.

        The finest roll-up with at most so many buckets, of each its first, lowest, highest and last
        value at their own times; then the open tail. A line may begin a bucket before `since`.
        """
        async with snapshot(self._database, plan_once=True) as db:
            names = await names_of(await ask_names(db))
            wanted = names.accounts.values() if accounts is None else accounts
            ids = {number: key for number, key in names.accounts.items() if key in set(wanted)}
            lines = await _lines(db, EQUITY, list(ids), since, until, buckets)
        return {ids[number]: line for number, line in lines.items()}

    async def price_series(
        self,
        since: datetime,
        until: datetime,
        coins: Sequence[str] | None = None,
        *,
        buckets: int = series.MOST_BUCKETS,
    ) -> dict[str, TimeSeries]:
        """The same of prices."""
        async with snapshot(self._database, plan_once=True) as db:
            names = await names_of(await ask_names(db))
            ids = {number: name for number, name in names.symbols.items() if coins is None or name in coins}
            lines = await _lines(db, PRICE, list(ids), since, until, buckets)
        return {ids[number]: line for number, line in lines.items()}

    async def sparklines(self, since: datetime, until: datetime) -> dict[AccountKey, TimeSeries]:
        """Closing values in even steps: all traders in one query."""
        async with snapshot(self._database, plan_once=True) as db:
            names = await names_of(await ask_names(db))
            lines = await _lines(db, EQUITY, list(names.accounts), since, until, SPARK_BUCKETS, "closes")
        return {names.accounts[number]: line for number, line in lines.items()}

    async def position_life(
        self, account: AccountKey, position: Position, until: datetime
    ) -> PositionHistory:
        """What became of an open position from its entry up to a moment."""
        async with snapshot(self._database) as db:
            return await position_history.read_life(db, account, position, until)

    async def inventory(self) -> Inventory:
        """Rows of each table and bytes in all; the rows of large tables are estimates."""
        async with snapshot(self._database) as db:
            return await take_inventory(db)

    async def feed_states(self) -> list[FeedHealth]:
        async with snapshot(self._database) as db:
            return list(boards.feeds(await (await ask(db, queries.FEED_STATES)).fetchall()).values())

    async def collector_state(self) -> CollectorState | None:
        async with snapshot(self._database) as db:
            row = await (await ask(db, queries.COLLECTOR)).fetchone()
        return None if row is None else CollectorState(row.holder, row.since, row.beat_at, row.leads)

    async def revision(self) -> str | None:
        async with snapshot(self._database) as db:
            row = await (await ask(db, queries.REVISION)).fetchone()
        return None if row is None else str(row.version_num)

    async def _records(
        self, statement: Callable[[Names], Statement], made: Callable[[Any, Names], Record]
    ) -> list[Record]:
        async with snapshot(self._database) as db:
            names = await names_of(await ask_names(db))
            return [made(row, names) async for row in await ask(db, *statement(names))]


async def _lines(
    db: Connection,
    ground: Ground,
    ids: Sequence[int],
    since: datetime,
    until: datetime,
    buckets: int,
    kind: Kind = "points",
) -> dict[int, TimeSeries]:
    """Read as it is where the range has few rows, else from roll-ups."""
    window = {"since": since, "until": until, "most": series.MOST_RAW_ROWS}
    row = (await (await ask(db, queries.few(ground.raw), window)).fetchall())[0]
    chain = () if row.n <= series.MOST_RAW_ROWS else series.chain_for(since, until, buckets)
    begin = series.floored(since, chain[0].width_s) if chain else since
    return series.lines(await (await series.read(db, ground, ids, chain, begin, until, kind)).fetchall())
