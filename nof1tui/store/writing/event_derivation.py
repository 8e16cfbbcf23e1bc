"""The events that account rows bring about, told as they are written, in whatever order they come.

Rows in order are told from what the writer remembers (`domain.chronicle`). Rows older than that have
their stretch of the past told anew from the store: from the hour of the row before them until nothing
depends on them any more. Callers hold `rollups.LOCK`; a turn of `account_turns` that somebody else
took in between shows that there are rows which this writer does not know.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from nof1tui.domain.events.detector import (
    RANK_INTERVAL,
    REPEAT_AFTER,
    EventDetector,
    RankingBasis,
    hour_start,
    row_key,
)
from nof1tui.domain.events.event import ROW_EVENT_KINDS, Event
from nof1tui.domain.events.window import SEGMENT_ROWS, EventDelta, RowWindow, same_events
from nof1tui.domain.records import AccountKey, AccountRow
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import queries, row_decoding
from nof1tui.store.reading.id_map import IdMap, query_id_map, read_id_map
from nof1tui.store.reading.transaction import execute_query

_REPLAY_CHUNK_ROWS = 2_000
"""Account rows read at once while a stretch of the past is told anew."""
_TICK = timedelta(microseconds=1)
_MIN_TIME, _MAX_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Before and after all rows."""

_PREVIOUS_ROW_TIME = b"""
SELECT max(r.ts) AS at FROM unnest(%(ids)s::int4[]) AS a (id)
CROSS JOIN LATERAL (
    SELECT r.account_id, r.ts FROM nof1.account_snapshots r
    WHERE r.account_id >= a.id AND (r.account_id, r.ts) < (a.id, %(at)s) AND r.ts < %(at)s
    ORDER BY r.account_id DESC, r.ts DESC LIMIT 1
) r
WHERE r.account_id = a.id
"""
_NEXT_ROW_TIMES = b"""
SELECT (SELECT min(r.ts) FROM nof1.account_snapshots r WHERE r.account_id = a.id AND r.ts > a.at) AS at
FROM unnest(%(ids)s::int4[], %(at)s::timestamptz[]) AS a (id, at)
"""
_NTH_ROW_TIME = (
    b"SELECT ts AS at FROM nof1.account_snapshots WHERE ts >= %(at)s ORDER BY ts OFFSET %(n)s LIMIT 1"
)
_ROWS_IN_RANGE = b"""
SELECT * FROM nof1.account_snapshots
WHERE ts >= %(since)s AND ts < %(until)s AND account_id = ANY(%(ids)s::int4[])
"""
_STORED_ROWS = b"""
SELECT r.* FROM unnest(%(at)s::timestamptz[], %(ids)s::int4[]) AS k (ts, account_id)
JOIN nof1.account_snapshots r USING (ts, account_id)
"""
_CAPITALS = b"SELECT id, capital_usd FROM nof1.accounts WHERE capital_usd IS NOT NULL"
_SEASON_STATE = b"""
SELECT EXISTS (SELECT FROM nof1.events WHERE kind = 'joined' AND account_id = ANY(%(ids)s::int4[])) AS told,
       (SELECT pruned_before FROM nof1.retention) AS pruned_before
"""
_DELETE_EVENTS_IN_RANGE = b"""
DELETE FROM nof1.events WHERE account_id = ANY(%(ids)s::int4[]) AND kind = ANY(%(kinds)s::text[])
AND ts >= %(since)s AND (ts < %(until)s OR (ts = %(until)s AND kind = 'rank')) AND id <> ALL(%(kept)s::text[])
"""
_DELETE_EVENTS = b"DELETE FROM nof1.events WHERE id = ANY(%(ids)s::text[])"
_NEXT_TURN = b"SELECT nextval('nof1.account_turns') AS turn"


@dataclass(slots=True)
class DerivationPlan:
    """What rows change about the events."""

    added: list[Event] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    late_rows: dict[str, list[AccountRow]] = field(default_factory=dict)
    """By season: rows older than what is remembered, that the store does not have."""
    full_seasons: set[str] = field(default_factory=set)
    """Seasons whose every event is to be told anew."""

    def merge(self, told: EventDelta) -> None:
        """What is told later is right."""
        new = {event.id for event in told.added} | told.removed
        self.added = [event for event in self.added if event.id not in new] + list(told.added)
        self.removed = (self.removed | told.removed) - {event.id for event in told.added}


@dataclass(frozen=True, slots=True)
class _SeasonAccounts:
    """The accounts of one season."""

    id_map: IdMap
    season: str
    standard: RankingBasis

    @property
    def ids(self) -> list[int]:
        return [number for number, key in self.id_map.accounts.items() if key.season == self.season]


@dataclass(slots=True)
class EventDeriver:
    """What one writer remembers. A transaction works on a copy, which counts once it is committed."""

    roster: Roster
    _windows: dict[str, RowWindow] = field(default_factory=dict)
    _turn: int = 0

    def copy(self) -> EventDeriver:
        return EventDeriver(self.roster, dict(self._windows), self._turn)

    async def plan(self, db: DatabaseConnection, rows: Sequence[AccountRow]) -> DerivationPlan:
        """What these rows will change, asked before they are written."""
        change = DerivationPlan()
        await self._take_turn(db)
        for season in sorted({row.account.season for row in rows}):
            its = sorted((row for row in rows if row.account.season == season), key=row_key)
            if season not in self._windows:
                self._windows[season] = await self._load_window(db, season, change)
            late = list[AccountRow]()
            for start in range(0, len(its), SEGMENT_ROWS):
                told = self._windows[season].add_rows(its[start : start + SEGMENT_ROWS])
                self._windows[season] = told.window
                change.merge(told)
                late += told.late
                await asyncio.sleep(0)
            if late and (unknown := await self._select_unknown(db, season, late)):
                change.late_rows[season] = unknown
        return change

    async def read_capitals(self, db: DatabaseConnection) -> Mapping[AccountKey, float]:
        """What every account began with, as far as an inception told."""
        names = await read_id_map(await query_id_map(db))
        told = await (await execute_query(db, _CAPITALS)).fetchall()
        return {names.accounts[row.id]: row.capital_usd for row in told}

    async def plan_capital_change(
        self, db: DatabaseConnection, before: Mapping[AccountKey, float]
    ) -> DerivationPlan:
        """What other capitals than `before` change."""
        old, new = RankingBasis(self.roster, before), RankingBasis(self.roster, await self.read_capitals(db))
        moved = {key.season for key in new.capitals if old.capital(key) != new.capital(key)}
        if moved:
            await self._take_turn(db)
        return DerivationPlan(full_seasons=moved)

    async def apply(self, db: DatabaseConnection, change: DerivationPlan) -> list[Event]:
        """Tell anew what the rows, written by now, changed in the past; returns events to be written."""
        come = list(change.added)
        for season in sorted(change.late_rows.keys() | change.full_seasons):
            self._windows.pop(season, None)
            late = None if season in change.full_seasons else change.late_rows[season]
            come += await self._replay(db, await self._load_season(db, season), late)
        if change.removed:
            await db.execute(_DELETE_EVENTS, {"ids": sorted(change.removed)})
        return come

    async def _take_turn(self, db: DatabaseConnection) -> None:
        turn = (await (await execute_query(db, _NEXT_TURN)).fetchall())[0].turn
        if turn != self._turn + 1:
            self._windows.clear()
        self._turn = turn

    async def _load_season(self, db: DatabaseConnection, season: str) -> _SeasonAccounts:
        names = await read_id_map(await query_id_map(db))
        return _SeasonAccounts(names, season, RankingBasis(self.roster, await self.read_capitals(db)))

    async def _load_window(self, db: DatabaseConnection, season: str, change: DerivationPlan) -> RowWindow:
        """The newest rows of the store, as far back as events of the next ones depend on them."""
        cast = await self._load_season(db, season)
        newest = await _read_time(db, _PREVIOUS_ROW_TIME, {"ids": cast.ids, "at": _MAX_TIME})
        if newest is None:
            return RowWindow.from_detector(EventDetector(cast.standard))
        if not (await (await execute_query(db, _SEASON_STATE, {"ids": cast.ids})).fetchall())[0].told:
            change.full_seasons.add(season)
        since = hour_start(newest) - REPEAT_AFTER
        chronicle = RowWindow.from_detector(
            await _restore_detector(db, cast, since), (since, AccountKey("", ""))
        )
        async for rows in _read_chunks(db, cast, since, _MAX_TIME):
            chronicle = chronicle.add_rows(rows).window
        return chronicle

    async def _select_unknown(
        self, db: DatabaseConnection, season: str, rows: Sequence[AccountRow]
    ) -> list[AccountRow]:
        """Those of these rows that the store does not have like this."""
        cast = await self._load_season(db, season)
        numbers = cast.id_map.account_ids
        asked = [row for row in rows if row.account in numbers]
        values = {"at": [row.observed_at for row in asked], "ids": [numbers[row.account] for row in asked]}
        known = {row_key(row): row for row in await _read_account_rows(db, cast, _STORED_ROWS, values)}
        return [row for row in rows if _supersedes(row, known.get(row_key(row)))]

    async def _replay(
        self, db: DatabaseConnection, cast: _SeasonAccounts, late: Sequence[AccountRow] | None
    ) -> list[Event]:
        """The events of the stretch that these rows bear on, or of all the season; the others are forgotten.

        Rows that were thinned out cannot be told from: the events of their time stay as they are.
        """
        pruned = (await (await execute_query(db, _SEASON_STATE, {"ids": cast.ids})).fetchall())[
            0
        ].pruned_before
        late = late if late is None or pruned is None else [row for row in late if row.observed_at >= pruned]
        if late is not None and not late:
            return []
        oldest = min(row.observed_at for row in late) if late else pruned or _MIN_TIME
        before = await _read_time(db, _PREVIOUS_ROW_TIME, {"ids": cast.ids, "at": oldest})
        since = hour_start(before or await _read_time(db, _NTH_ROW_TIME, {"at": oldest, "n": 0}) or _MAX_TIME)
        until = await _find_replay_end(db, cast, late) if late else _MAX_TIME
        start = since - REPEAT_AFTER
        fold, told = await _restore_detector(db, cast, start), list[Event]()
        async for rows in _read_chunks(db, cast, start, until):
            told += [event for row in rows for event in fold.detect(row)]
            await asyncio.sleep(0)
        following = await _read_time(db, _NTH_ROW_TIME, {"at": until, "n": 0})
        if following is not None:
            after = await _read_account_rows(
                db, cast, _ROWS_IN_RANGE, {"since": following, "until": following + _TICK, "ids": cast.ids}
            )
            told += [event for row in after[:1] for event in fold.detect(row)]
        kept = [
            event
            for event in told
            if event.at >= since and (event.at < until or (event.kind == "rank" and event.at == until))
        ]
        window = {"since": since, "until": until, "kinds": list(ROW_EVENT_KINDS)}
        await db.execute(
            _DELETE_EVENTS_IN_RANGE, {"ids": cast.ids, "kept": [event.id for event in kept], **window}
        )
        return kept


def _supersedes(row: AccountRow, known: AccountRow | None) -> bool:
    return known is None or (row.fetched_at >= known.fetched_at and not same_events(row, known))


async def _restore_detector(db: DatabaseConnection, cast: _SeasonAccounts, moment: datetime) -> EventDetector:
    """What is known of the rows before a moment."""
    rows = await _read_account_rows(
        db, cast, queries.LATEST_SNAPSHOTS, {"ids": cast.ids, "at": moment - _TICK}
    )
    coins = await (
        await execute_query(db, queries.COINS_HELD, {"ids": cast.ids, "as_of": moment - _TICK})
    ).fetchall()
    return EventDetector.from_rows(cast.standard, rows, [row.name for row in coins])


async def _find_replay_end(
    db: DatabaseConnection, cast: _SeasonAccounts, late: Iterable[AccountRow]
) -> datetime:
    """The end of the hour from which on nothing depends on these rows."""
    last: dict[AccountKey, datetime] = {}
    for row in late:
        last[row.account] = max(row.observed_at, last.get(row.account, row.observed_at))
    numbers = cast.id_map.account_ids
    values = {"ids": [numbers[key] for key in last], "at": list(last.values())}
    following = [row.at for row in await (await execute_query(db, _NEXT_ROW_TIMES, values)).fetchall()]
    if None in following:
        return _MAX_TIME
    return hour_start(max(*following, max(last.values()) + REPEAT_AFTER)) + RANK_INTERVAL


async def _read_chunks(
    db: DatabaseConnection, cast: _SeasonAccounts, since: datetime, until: datetime
) -> AsyncIterator[list[AccountRow]]:
    """The season's rows of a stretch in their order, some at a time."""
    while since < until:
        stop = await _read_time(db, _NTH_ROW_TIME, {"at": since, "n": _REPLAY_CHUNK_ROWS})
        stop = until if stop is None else min(until, max(stop, since + _TICK))
        values = {"since": since, "until": stop, "ids": cast.ids}
        yield await _read_account_rows(db, cast, _ROWS_IN_RANGE, values)
        since = stop


async def _read_account_rows(
    db: DatabaseConnection, cast: _SeasonAccounts, statement: bytes, values: Mapping[str, Any]
) -> list[AccountRow]:
    """Account rows in their order."""
    found = await (await execute_query(db, statement, values)).fetchall()
    held = sorted({number for row in found for number in row.version_ids})
    versions = {
        row.id: row async for row in await execute_query(db, queries.POSITION_VERSIONS, {"ids": held})
    }
    names = cast.id_map.accounts
    return sorted(
        (row_decoding.snapshot_from_row(row, names[row.account_id], versions) for row in found), key=row_key
    )


async def _read_time(db: DatabaseConnection, statement: bytes, values: Mapping[str, Any]) -> datetime | None:
    row = await (await execute_query(db, statement, values)).fetchone()
    return None if row is None else row.at
