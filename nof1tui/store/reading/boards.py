"""Reading a board: few round trips, each a pipeline of prepared statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import KEPT_DECISIONS, KEPT_EVENTS, build_board, with_reconciliations
from nof1tui.domain.health import FeedHealth, Health
from nof1tui.domain.metrics.ranking import DAY
from nof1tui.domain.records import Feed, Inception, Price
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.series.curve import Curve, TimeSeries
from nof1tui.ports.history import RecordFilter
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import filters, queries, row_decoding, series
from nof1tui.store.reading.checks import parse_checks, query_checks
from nof1tui.store.reading.id_map import IdMap, query_id_map, read_id_map
from nof1tui.store.reading.quarantine import parse_drift, query_drift
from nof1tui.store.reading.row_decoding import StoredRow
from nof1tui.store.reading.series import LEVEL_WIDTHS_S, MIN_TIME, RollupLevel
from nof1tui.store.reading.transaction import execute_query

_WEEK = timedelta(days=7)
MAX_OLD_BUCKETS = 128
"""Buckets of a board's curve before its last week; the week has one an hour, its last day six."""

_ALL_LEVELS = tuple(RollupLevel(width) for width in LEVEL_WIDTHS_S)


@dataclass(frozen=True)
class _BoardScope:
    """Which accounts a board is about, and up to when."""

    season: Season
    members: Sequence[StoredRow]
    id_map: IdMap
    as_of: datetime | None
    newest_at: datetime | None
    """Time of the newest account row of all, None without any."""

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.members]

    @property
    def until(self) -> datetime:
        """No account row is younger."""
        return self.newest_at or MIN_TIME

    @cached_property
    def inceptions(self) -> dict[int, Inception]:
        """Those known at the moment, by account."""
        return {
            row.id: row_decoding.inception_from_row(row)
            for row in self.members
            if row.inception_at and (self.as_of is None or row.inception_at <= self.as_of)
        }

    def capital_usd(self, number: int) -> float:
        inception = self.inceptions.get(number)
        return inception.capital_usd if inception else self.season.capital_usd

    @property
    def chain(self) -> tuple[RollupLevel, ...]:
        """Fine where it is young; none where all rows are few."""
        if self.newest_at is None or self.members[0].known <= series.MAX_RAW_ROWS:
            return ()
        oldest = min((row.first_day for row in self.members if row.first_day), default=self.newest_at)
        old_s = (self.newest_at - _WEEK - oldest).total_seconds()
        fitting = [width for width in LEVEL_WIDTHS_S[:3] if old_s / width <= MAX_OLD_BUCKETS]
        coarse = fitting[-1] if fitting else LEVEL_WIDTHS_S[0]
        return (
            *(
                RollupLevel(width, series.floor_to_width(self.newest_at - _WEEK, width))
                for width in (coarse,)
                if width > 3600
            ),
            RollupLevel(3600, series.floor_to_width(self.newest_at - DAY, 3600)),
            RollupLevel(600),
            RollupLevel(120),
        )


async def read_board(db: DatabaseConnection, roster: Roster, as_of: datetime | None) -> Board:
    """The newest state, or the state as of a moment, all of one snapshot of the store."""
    async with db.pipeline():
        asked = await execute_query(
            db, queries.SEASON_ACCOUNTS, {"as_of": as_of, "most": series.MAX_RAW_ROWS}
        )
        priced = await execute_query(db, queries.LATEST_PRICES, {"as_of": as_of})
        fed = await execute_query(db, queries.FEED_STATES)
        drifted = await query_drift(db)
        checked = await query_checks(db)
        named = await query_id_map(db)
    members, prices = await asked.fetchall(), row_decoding.prices_from_rows(await priced.fetchall())
    names = await read_id_map(named)
    if members:
        season = roster.season(members[0].season)
        scene = _BoardScope(season, members, names, as_of, members[0].newest_at)
        board = await _read_season_board(db, roster, scene, prices)
    else:
        board = build_board(roster, None, prices=prices, as_of=as_of)
    if as_of is not None:
        return board
    health = Health(
        feeds=parse_feed_states(await fed.fetchall()), schema_drift=parse_drift(await drifted.fetchall())
    )
    return replace(with_reconciliations(board, parse_checks(await checked.fetchall(), names)), health=health)


def parse_feed_states(rows: Iterable[StoredRow]) -> dict[Feed, FeedHealth]:
    known = {feed.value for feed in Feed}
    return {
        Feed(row.feed): FeedHealth(**{**row._asdict(), "feed": Feed(row.feed)})
        for row in rows
        if row.feed in known
    }


async def _read_season_board(
    db: DatabaseConnection, roster: Roster, scene: _BoardScope, prices: Iterable[Price]
) -> Board:
    names, wanted = scene.id_map, RecordFilter(season=scene.season.slug, until=scene.as_of)
    async with db.pipeline():
        traded = await execute_query(db, queries.BOARD_TRADES, {"ids": scene.ids, "as_of": scene.as_of})
        decided = await execute_query(
            db, *filters.build_decisions_query(names, replace(wanted, limit=KEPT_DECISIONS), None)
        )
        happened = await execute_query(
            db, *filters.build_events_query(names, replace(wanted, limit=KEPT_EVENTS), None)
        )
        coined = await execute_query(db, queries.COINS_HELD, {"ids": scene.ids, "as_of": scene.as_of})
        stated = await execute_query(db, queries.LATEST_ANALYTICS, {"ids": scene.ids, "as_of": scene.as_of})
        stood = await execute_query(db, queries.LATEST_SNAPSHOTS, {"ids": scene.ids, "at": scene.until})
        drawn = await series.query_series(
            db, series.EQUITY_TABLES, scene.ids, scene.chain, MIN_TIME, scene.until
        )
        summed = await series.query_series(
            db, series.EQUITY_TABLES, scene.ids, _ALL_LEVELS, MIN_TIME, scene.until, "stretches"
        )
    snapshots = await stood.fetchall()
    versions, then = await _read_versions(db, scene.ids, snapshots)
    lines = _include_day_ago(series.parse_lines(await drawn.fetchall()), then)
    stretches = series.parse_stretches(await summed.fetchall())
    return build_board(
        roster,
        scene.season,
        rows=[
            row_decoding.snapshot_from_row(row, names.accounts[row.account_id], versions) for row in snapshots
        ],
        curves={
            names.accounts[number]: Curve.from_buckets(scene.capital_usd(number), line, stretches[number])
            for number, line in lines.items()
        },
        inceptions=scene.inceptions.values(),
        trades=[row_decoding.trade_from_row(row, names) for row in await traded.fetchall()],
        decisions=[row_decoding.decision_from_row(row, names) for row in await decided.fetchall()],
        prices=prices,
        events=[row_decoding.event_from_row(row, names) for row in await happened.fetchall()],
        analytics=[row_decoding.analytics_from_row(row, names) for row in await stated.fetchall()],
        coins=[row.name for row in await coined.fetchall()],
        as_of=scene.as_of,
    )


async def _read_versions(
    db: DatabaseConnection, ids: list[int], snapshots: Sequence[StoredRow]
) -> tuple[Mapping[int, StoredRow], Sequence[StoredRow]]:
    """Versions of the positions held, and each account's row of a day before the newest."""
    if not snapshots:
        return {}, ()
    held = {number for row in snapshots for number in row.version_ids}
    day_ago = max(row.ts for row in snapshots) - DAY
    async with db.pipeline():
        versions = await execute_query(db, queries.POSITION_VERSIONS, {"ids": sorted(held)})
        then = await execute_query(db, queries.EQUITY_AT, {"ids": ids, "at": day_ago})
    return {row.id: row for row in await versions.fetchall()}, await then.fetchall()


def _include_day_ago(lines: Mapping[int, TimeSeries], then: Iterable[StoredRow]) -> Mapping[int, TimeSeries]:
    """The point of 24 h ago must be there as it was: the change since is told by it."""
    return {**lines, **{row.id: lines[row.id].with_point(row.at, row.equity) for row in then}}
