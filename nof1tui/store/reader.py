"""The reader: what was, and where the store stands. Every value travels as a bound parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nof1tui.domain.board import KEPT_DECISIONS, Board, assemble
from nof1tui.domain.curve import Curve
from nof1tui.domain.health import FeedHealth, Health
from nof1tui.domain.model import AccountKey, Decision, DecisionTexts, Feed, Inception, Price, Trade
from nof1tui.domain.roster import Roster, Season
from nof1tui.store import queries, records
from nof1tui.store.engine import Database

CURVE_POINTS = 2_000
"""Points of a board's curve at most; beyond, each bucket keeps its first, lowest, highest and last."""


@dataclass(frozen=True, slots=True)
class CollectorState:
    """Who collects into this store, as last heard."""

    holder: str
    since: datetime
    beat_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """What rows to read; None does not restrict."""

    traders: Sequence[str] | None = None
    coin: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None

    def parameters(self) -> dict[str, Any]:
        return {
            "traders": None if self.traders is None else list(self.traders),
            "coin": self.coin,
            "since": self.since,
            "until": self.until,
            "limit": self.limit,
        }


EVERYTHING = Filter()


class Reader:
    """`ports.History` over PostgreSQL. Every method raises StoreUnavailable when it is away."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._database = database
        self._roster = roster

    async def board(self, as_of: datetime | None = None) -> Board:
        """The newest state, or the state as of a moment: all of it read in one transaction."""
        async with self._database.reading() as db:
            season = await self._season(db, as_of)
            board = Board(self._roster, season, as_of=as_of)
            prices = await _prices(db, as_of)
            if season is not None:
                board = await self._season_board(db, season, prices, as_of)
            else:
                board = assemble(self._roster, None, prices=prices, as_of=as_of)
            if as_of is not None:
                return board
            feeds = {health.feed: health for health in await _feed_states(db)}
        return replace(board, health=Health(feeds=feeds))

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None:
        async with self._database.reading() as db:
            row = (await db.execute(queries.DECISION_TEXTS, {"id": decision_id})).first()
        return None if row is None else DecisionTexts(row.prompt, row.reasoning, row.answer)

    async def trades(self, wanted: Filter = EVERYTHING) -> list[Trade]:
        """Closed trades, newest first."""
        async with self._database.reading() as db:
            result = await db.execute(queries.TRADES, wanted.parameters())
            return [records.trade(row) for row in result]

    async def decisions(self, wanted: Filter = EVERYTHING, *, with_texts: bool = False) -> list[Decision]:
        """Decisions, newest first; with a coin, those that say something about it."""
        statement = queries.DECISIONS_IN_FULL if with_texts else queries.DECISIONS
        async with self._database.reading() as db:
            result = await db.execute(statement, wanted.parameters())
            return [records.decision(row) for row in result]

    async def prices(self, as_of: datetime | None = None) -> list[Price]:
        """The newest price of each coin at or before a moment."""
        async with self._database.reading() as db:
            return await _prices(db, as_of)

    async def equity_series(
        self, account: AccountKey, since: datetime, until: datetime, points: int = CURVE_POINTS
    ) -> Curve:
        """One account's equity between two moments, thinned to about `points` with its extremes."""
        async with self._database.reading() as db:
            row = (await db.execute(queries.ACCOUNT, records.account_parameters(account))).first()
            capital = self._roster.season(account.season).capital_usd
            if row is None:
                return Curve(capital)
            window = {"ids": [row.id], "since": since, "until": until, "most": points}
            result = await db.execute(queries.CURVES, window)
            return Curve.of(row.capital_usd or capital, ((item.at, item.equity) for item in result))

    async def counts(self) -> dict[str, int]:
        """Rows of each table, and of the view `positions`."""
        async with self._database.reading() as db:
            row = (await db.execute(queries.COUNTS)).one()
        return {name: int(count) for name, count in row._mapping.items()}

    async def feed_states(self) -> list[FeedHealth]:
        async with self._database.reading() as db:
            return await _feed_states(db)

    async def collector_state(self) -> CollectorState | None:
        async with self._database.reading() as db:
            row = (await db.execute(queries.COLLECTOR)).first()
        return None if row is None else CollectorState(row.holder, row.since, row.beat_at)

    async def revision(self) -> str | None:
        async with self._database.reading() as db:
            row = (await db.execute(queries.REVISION)).first()
        return None if row is None else str(row.version_num)

    async def _season(self, db: AsyncConnection, as_of: datetime | None) -> Season | None:
        row = (await db.execute(queries.NEWEST_SEASON, {"as_of": as_of})).first()
        return None if row is None else self._roster.season(row.slug)

    async def _season_board(
        self, db: AsyncConnection, season: Season, prices: Iterable[Price], as_of: datetime | None
    ) -> Board:
        accounts = {
            row.id: records.account_key(row)
            for row in await db.execute(queries.ACCOUNTS, {"season": season.slug})
        }
        inceptions = [
            records.inception(row)
            for row in await db.execute(queries.INCEPTIONS, {"ids": list(accounts), "as_of": as_of})
        ]
        snapshots = (await db.execute(queries.LATEST, {"ids": list(accounts), "as_of": as_of})).all()
        held = {number for row in snapshots for number in row.version_ids}
        versions = {row.id: row for row in await db.execute(queries.VERSIONS, {"ids": sorted(held)})}
        window = {"traders": None, "coin": None, "since": None, "until": as_of, "season": season.slug}
        trades = await db.execute(queries.SEASON_TRADES, {**window, "limit": None})
        decisions = await db.execute(queries.SEASON_DECISIONS, {**window, "limit": KEPT_DECISIONS})
        return assemble(
            self._roster,
            season,
            rows=[records.snapshot(row, accounts[row.account_id], versions) for row in snapshots],
            curves=await self._curves(db, accounts, inceptions, as_of),
            inceptions=inceptions,
            trades=[records.trade(row) for row in trades],
            decisions=[records.decision(row) for row in decisions],
            prices=prices,
            as_of=as_of,
        )

    async def _curves(
        self,
        db: AsyncConnection,
        accounts: Mapping[int, AccountKey],
        inceptions: Iterable[Inception],
        as_of: datetime | None,
    ) -> dict[AccountKey, Curve]:
        capitals = {item.account: item.capital_usd for item in inceptions}
        points: dict[int, list[tuple[float, float]]] = {}
        window = {"ids": list(accounts), "since": None, "until": as_of, "most": CURVE_POINTS}
        for row in await db.execute(queries.CURVES, window):
            points.setdefault(row.account_id, []).append((row.at, row.equity))
        return {
            accounts[number]: Curve.of(
                capitals.get(accounts[number]) or self._roster.season(accounts[number].season).capital_usd,
                series,
            )
            for number, series in points.items()
        }


async def _prices(db: AsyncConnection, as_of: datetime | None) -> list[Price]:
    result = await db.execute(queries.PRICES, {"as_of": as_of})
    return [Price(row.coin, row.price, row.ts, row.fetched_at) for row in result]


async def _feed_states(db: AsyncConnection) -> list[FeedHealth]:
    known = {feed.value for feed in Feed}
    rows = await db.execute(sa.select(queries.FeedStateRow.__table__))
    return [FeedHealth(**{**row._mapping, "feed": Feed(row.feed)}) for row in rows if row.feed in known]
