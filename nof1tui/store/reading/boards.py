"""Reading a board: few round trips, each a pipeline of prepared statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from nof1tui.domain.board import KEPT_DECISIONS, KEPT_EVENTS, Board, build_board, with_reconciliations
from nof1tui.domain.health import FeedHealth, Health
from nof1tui.domain.metrics.ranking import DAY
from nof1tui.domain.records import Feed, Inception, Price
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.series.curve import Curve, TimeSeries
from nof1tui.ports.history import Filter
from nof1tui.store.reading import filters, queries, row_decoding, series
from nof1tui.store.reading.checks import ask_checks, checks_of
from nof1tui.store.reading.id_map import Names, ask_names, names_of
from nof1tui.store.reading.quarantine import ask_drift, drift_of
from nof1tui.store.reading.row_decoding import AnyRow
from nof1tui.store.reading.series import EVER, WIDTHS_S, Level
from nof1tui.store.reading.transaction import Connection, ask

WEEK = timedelta(days=7)
OLD_BUCKETS = 128
"""Buckets of a board's curve before its last week; the week has one an hour, its last day six."""

_ALL_LEVELS = tuple(Level(width) for width in WIDTHS_S)


@dataclass(frozen=True)
class _Scene:
    """Which accounts a board is about, and up to when."""

    season: Season
    members: Sequence[AnyRow]
    names: Names
    as_of: datetime | None
    newest_at: datetime | None
    """Time of the newest account row of all, None without any."""

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.members]

    @property
    def until(self) -> datetime:
        """No account row is younger."""
        return self.newest_at or EVER

    @cached_property
    def inceptions(self) -> dict[int, Inception]:
        """Those known at the moment, by account."""
        return {
            row.id: row_decoding.inception(row)
            for row in self.members
            if row.inception_at and (self.as_of is None or row.inception_at <= self.as_of)
        }

    def capital_usd(self, number: int) -> float:
        inception = self.inceptions.get(number)
        return inception.capital_usd if inception else self.season.capital_usd

    @property
    def chain(self) -> tuple[Level, ...]:
        """Fine where it is young; none where all rows are few."""
        if self.newest_at is None or self.members[0].known <= series.MOST_RAW_ROWS:
            return ()
        oldest = min((row.first_day for row in self.members if row.first_day), default=self.newest_at)
        old_s = (self.newest_at - WEEK - oldest).total_seconds()
        fitting = [width for width in WIDTHS_S[:3] if old_s / width <= OLD_BUCKETS]
        coarse = fitting[-1] if fitting else WIDTHS_S[0]
        return (
            *(
                Level(width, series.floored(self.newest_at - WEEK, width))
                for width in (coarse,)
                if width > 3600
            ),
            Level(3600, series.floored(self.newest_at - DAY, 3600)),
            Level(600),
            Level(120),
        )


async def read_board(db: Connection, roster: Roster, as_of: datetime | None) -> Board:
    """The newest state, or the state as of a moment, all of one snapshot of the store."""
    async with db.pipeline():
        asked = await ask(db, queries.SEASON, {"as_of": as_of, "most": series.MOST_RAW_ROWS})
        priced = await ask(db, queries.PRICES, {"as_of": as_of})
        fed = await ask(db, queries.FEED_STATES)
        drifted = await ask_drift(db)
        checked = await ask_checks(db)
        named = await ask_names(db)
    members, prices = await asked.fetchall(), row_decoding.prices(await priced.fetchall())
    names = await names_of(named)
    if members:
        season = roster.season(members[0].season)
        scene = _Scene(season, members, names, as_of, members[0].newest_at)
        board = await _season_board(db, roster, scene, prices)
    else:
        board = build_board(roster, None, prices=prices, as_of=as_of)
    if as_of is not None:
        return board
    health = Health(feeds=feeds(await fed.fetchall()), drift=drift_of(await drifted.fetchall()))
    return replace(with_reconciliations(board, checks_of(await checked.fetchall(), names)), health=health)


def feeds(rows: Iterable[AnyRow]) -> dict[Feed, FeedHealth]:
    known = {feed.value for feed in Feed}
    return {
        Feed(row.feed): FeedHealth(**{**row._asdict(), "feed": Feed(row.feed)})
        for row in rows
        if row.feed in known
    }


async def _season_board(db: Connection, roster: Roster, scene: _Scene, prices: Iterable[Price]) -> Board:
    names, wanted = scene.names, Filter(season=scene.season.slug, until=scene.as_of)
    async with db.pipeline():
        traded = await ask(db, queries.BOARD_TRADES, {"ids": scene.ids, "as_of": scene.as_of})
        decided = await ask(db, *filters.decisions(names, replace(wanted, limit=KEPT_DECISIONS), None))
        happened = await ask(db, *filters.events(names, replace(wanted, limit=KEPT_EVENTS), None))
        coined = await ask(db, queries.COINS, {"ids": scene.ids, "as_of": scene.as_of})
        stated = await ask(db, queries.ANALYTICS, {"ids": scene.ids, "as_of": scene.as_of})
        stood = await ask(db, queries.LATEST, {"ids": scene.ids, "at": scene.until})
        drawn = await series.read(db, series.EQUITY, scene.ids, scene.chain, EVER, scene.until)
        summed = await series.read(db, series.EQUITY, scene.ids, _ALL_LEVELS, EVER, scene.until, "stretches")
    snapshots = await stood.fetchall()
    versions, then = await _held(db, scene.ids, snapshots)
    lines = _with_then(series.lines(await drawn.fetchall()), then)
    stretches = series.stretches(await summed.fetchall())
    return build_board(
        roster,
        scene.season,
        rows=[row_decoding.snapshot(row, names.accounts[row.account_id], versions) for row in snapshots],
        curves={
            names.accounts[number]: Curve.from_buckets(scene.capital_usd(number), line, stretches[number])
            for number, line in lines.items()
        },
        inceptions=scene.inceptions.values(),
        trades=[row_decoding.trade(row, names) for row in await traded.fetchall()],
        decisions=[row_decoding.decision(row, names) for row in await decided.fetchall()],
        prices=prices,
        events=[row_decoding.event(row, names) for row in await happened.fetchall()],
        analytics=[row_decoding.analytics(row, names) for row in await stated.fetchall()],
        coins=[row.name for row in await coined.fetchall()],
        as_of=scene.as_of,
    )


async def _held(
    db: Connection, ids: list[int], snapshots: Sequence[AnyRow]
) -> tuple[Mapping[int, AnyRow], Sequence[AnyRow]]:
    """Versions of the positions held, and each account's row of a day before the newest."""
    if not snapshots:
        return {}, ()
    held = {number for row in snapshots for number in row.version_ids}
    day_ago = max(row.ts for row in snapshots) - DAY
    async with db.pipeline():
        versions = await ask(db, queries.VERSIONS, {"ids": sorted(held)})
        then = await ask(db, queries.THEN, {"ids": ids, "at": day_ago})
    return {row.id: row for row in await versions.fetchall()}, await then.fetchall()


def _with_then(lines: Mapping[int, TimeSeries], then: Iterable[AnyRow]) -> Mapping[int, TimeSeries]:
    """The point of 24 h ago must be there as it was: the change since is told by it."""
    return {**lines, **{row.id: lines[row.id].including(row.at, row.equity) for row in then}}
