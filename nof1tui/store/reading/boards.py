"""Reads a board in a few round trips, each a pipeline of prepared statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import KEPT_DECISIONS, KEPT_EVENTS, build_board, with_reconciliations
from nof1tui.domain.health import FeedHealth, Health
from nof1tui.domain.metrics.ranking import DAY
from nof1tui.domain.records import AccountKey, AccountRow, Feed, Inception, Price
from nof1tui.domain.returns.capital import capital_of_row
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.series.curve import Curve, CurveBucket, TimeSeries
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
"""Maximum buckets of a board's curve before its last week; the week has one per hour, its last day six."""

_ALL_LEVELS = tuple(RollupLevel(width) for width in LEVEL_WIDTHS_S)


@dataclass(frozen=True)
class _BoardScope:
    """The accounts and the time of a board."""

    season: Season
    members: Sequence[StoredRow]
    id_map: IdMap
    as_of: datetime | None
    newest_at: datetime | None
    """Time of the newest account row; None without any."""

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.members]

    @property
    def until(self) -> datetime:
        """Time of the newest account row; MIN_TIME without any."""
        return self.newest_at or MIN_TIME

    @cached_property
    def inceptions(self) -> dict[int, Inception]:
        """Inceptions at or before `as_of`, by account id."""
        return {
            row.id: row_decoding.inception_from_row(row)
            for row in self.members
            if row.inception_at and (self.as_of is None or row.inception_at <= self.as_of)
        }

    def capital_usd(self, roster: Roster, account_id: int, row: AccountRow | None) -> float | None:
        """The capital that is stated, else the one that the account's newest row implies."""
        inception = self.inceptions.get(account_id)
        account = self.id_map.accounts[account_id]
        stated_usd = roster.capital(account, None if inception is None else inception.capital_usd)
        if stated_usd is not None or row is None:
            return stated_usd
        return capital_of_row(row).usd

    @property
    def chain(self) -> tuple[RollupLevel, ...]:
        """Levels of the curves: finer for newer times; empty where there are few raw rows."""
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
    """The newest board, or the board as of a time; `db` must be in a read transaction."""
    async with db.pipeline():
        accounts_cursor = await execute_query(
            db, queries.SEASON_ACCOUNTS, {"as_of": as_of, "most": series.MAX_RAW_ROWS}
        )
        prices_cursor = await execute_query(db, queries.LATEST_PRICES, {"as_of": as_of})
        feeds_cursor = await execute_query(db, queries.FEED_STATES)
        drift_cursor = await query_drift(db)
        checks_cursor = await query_checks(db)
        id_map_cursors = await query_id_map(db)
    members = await accounts_cursor.fetchall()
    prices = row_decoding.prices_from_rows(await prices_cursor.fetchall())
    id_map = await read_id_map(id_map_cursors)
    if members:
        season = roster.season(members[0].season)
        scope = _BoardScope(season, members, id_map, as_of, members[0].newest_at)
        board = await _read_season_board(db, roster, scope, prices)
    else:
        board = build_board(roster, None, prices=prices, as_of=as_of)
    if as_of is not None:
        return board
    health = Health(
        feeds=parse_feed_states(await feeds_cursor.fetchall()),
        schema_drift=parse_drift(await drift_cursor.fetchall()),
    )
    return replace(
        with_reconciliations(board, parse_checks(await checks_cursor.fetchall(), id_map)), health=health
    )


def parse_feed_states(rows: Iterable[StoredRow]) -> dict[Feed, FeedHealth]:
    """Health of each known feed from rows of `feed_state`."""
    known = {feed.value for feed in Feed}
    return {
        Feed(row.feed): FeedHealth(**{**row._asdict(), "feed": Feed(row.feed)})
        for row in rows
        if row.feed in known
    }


async def _read_season_board(
    db: DatabaseConnection, roster: Roster, scope: _BoardScope, prices: Iterable[Price]
) -> Board:
    id_map, record_filter = scope.id_map, RecordFilter(season=scope.season.slug, until=scope.as_of)
    accounts = {"ids": scope.ids, "as_of": scope.as_of}
    async with db.pipeline():
        trades_cursor = await execute_query(db, queries.BOARD_TRADES, accounts)
        decisions_cursor = await execute_query(
            db, *filters.build_decisions_query(id_map, replace(record_filter, limit=KEPT_DECISIONS), None)
        )
        events_cursor = await execute_query(
            db, *filters.build_events_query(id_map, replace(record_filter, limit=KEPT_EVENTS), None)
        )
        coins_cursor = await execute_query(db, queries.COINS_HELD, accounts)
        analytics_cursor = await execute_query(db, queries.LATEST_ANALYTICS, accounts)
        snapshots_cursor = await execute_query(
            db, queries.LATEST_SNAPSHOTS, {"ids": scope.ids, "at": scope.until}
        )
        lines_cursor = await series.query_series(
            db, series.EQUITY_TABLES, scope.ids, scope.chain, MIN_TIME, scope.until
        )
        stretches_cursor = await series.query_series(
            db, series.EQUITY_TABLES, scope.ids, _ALL_LEVELS, MIN_TIME, scope.until, "stretches"
        )
    snapshots = await snapshots_cursor.fetchall()
    versions, day_ago = await _read_versions(db, scope.ids, snapshots)
    lines = _include_day_ago(series.parse_lines(await lines_cursor.fetchall()), day_ago)
    stretches = series.parse_stretches(await stretches_cursor.fetchall())
    rows = {
        row.account_id: row_decoding.snapshot_from_row(row, id_map.accounts[row.account_id], versions)
        for row in snapshots
    }
    return build_board(
        roster,
        scope.season,
        rows=rows.values(),
        curves=_build_curves(roster, scope, rows, lines, stretches),
        inceptions=scope.inceptions.values(),
        trades=[row_decoding.trade_from_row(row, id_map) for row in await trades_cursor.fetchall()],
        decisions=[row_decoding.decision_from_row(row, id_map) for row in await decisions_cursor.fetchall()],
        prices=prices,
        events=[row_decoding.event_from_row(row, id_map) for row in await events_cursor.fetchall()],
        analytics=[row_decoding.analytics_from_row(row, id_map) for row in await analytics_cursor.fetchall()],
        coins=[row.name for row in await coins_cursor.fetchall()],
        as_of=scope.as_of,
    )


def _build_curves(
    roster: Roster,
    scope: _BoardScope,
    rows: Mapping[int, AccountRow],
    lines: Mapping[int, TimeSeries],
    stretches: Mapping[int, Iterable[CurveBucket]],
) -> dict[AccountKey, Curve]:
    """The curve of each account, by its capital, its line and its stretches."""
    return {
        scope.id_map.accounts[account_id]: Curve.from_buckets(
            scope.capital_usd(roster, account_id, rows.get(account_id)), line, stretches[account_id]
        )
        for account_id, line in lines.items()
    }


async def _read_versions(
    db: DatabaseConnection, ids: list[int], snapshots: Sequence[StoredRow]
) -> tuple[Mapping[int, StoredRow], Sequence[StoredRow]]:
    """Versions of open positions by id, and each account's equity 24 h before the newest row."""
    if not snapshots:
        return {}, ()
    version_ids = {version_id for row in snapshots for version_id in row.version_ids}
    day_ago_at = max(row.ts for row in snapshots) - DAY
    async with db.pipeline():
        versions = await execute_query(db, queries.POSITION_VERSIONS, {"ids": sorted(version_ids)})
        day_ago = await execute_query(db, queries.EQUITY_AT, {"ids": ids, "at": day_ago_at})
    return {row.id: row for row in await versions.fetchall()}, await day_ago.fetchall()


def _include_day_ago(
    lines: Mapping[int, TimeSeries], day_ago: Iterable[StoredRow]
) -> Mapping[int, TimeSeries]:
    """The lines with the exact equity of 24 h ago, from which the 24 h change is computed."""
    return {**lines, **{row.id: lines[row.id].with_point(row.at, row.equity) for row in day_ago}}
