"""Derives events from account rows on write; handles rows that arrive out of order.

Rows in order are processed with the writer's own window of recent rows (`domain.events.window`). For
older rows the affected range is derived again from the store: from the hour of the row before them to
the first time that no longer depends on them. Callers hold `rollups.SERIES_LOCK_KEY`. A gap in the
sequence `account_turns` shows that another writer has written rows that are missing in the window.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nof1tui.domain.events.detector import (
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
from nof1tui.store.reading.id_map import query_id_map, read_id_map
from nof1tui.store.reading.transaction import execute_query
from nof1tui.store.writing.season_rows import (
    MAX_TIME,
    MIN_TIME,
    NTH_ROW_TIME,
    PREVIOUS_ROW_TIME,
    ROWS_IN_RANGE,
    STORED_ROWS,
    TICK,
    SeasonAccounts,
    find_replay_end,
    read_account_rows,
    read_chunks,
    read_time,
    restore_detector,
)

_CAPITALS = b"SELECT id, capital_usd FROM nof1.accounts WHERE capital_usd IS NOT NULL"
_SEASON_STATE = b"""
SELECT EXISTS (
           SELECT FROM nof1.events WHERE kind = 'joined' AND account_id = ANY(%(ids)s::int4[])
       ) AS derived,
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
    """Events to add and remove, and what is derived again after the rows are written."""

    added: list[Event] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    late_rows: dict[str, list[AccountRow]] = field(default_factory=dict)
    """By season: rows older than the window that are new to the store."""
    full_seasons: set[str] = field(default_factory=set)
    """Seasons whose events are all derived again."""

    def merge(self, delta: EventDelta) -> None:
        """Apply a later delta; it overrides earlier ones."""
        changed = {event.id for event in delta.added} | delta.removed
        self.added = [event for event in self.added if event.id not in changed] + list(delta.added)
        self.removed = (self.removed | delta.removed) - {event.id for event in delta.added}


@dataclass(slots=True)
class EventDeriver:
    """Windows of recent rows by season. A transaction works on a copy, kept after its commit."""

    roster: Roster
    _windows: dict[str, RowWindow] = field(default_factory=dict)
    _turn: int = 0

    def copy(self) -> EventDeriver:
        """A copy for one transaction."""
        return EventDeriver(self.roster, dict(self._windows), self._turn)

    async def plan(self, db: DatabaseConnection, rows: Sequence[AccountRow]) -> DerivationPlan:
        """The changes that these rows cause; called before the rows are written."""
        plan = DerivationPlan()
        await self._take_turn(db)
        for season in sorted({row.account.season for row in rows}):
            season_rows = sorted((row for row in rows if row.account.season == season), key=row_key)
            if season not in self._windows:
                self._windows[season] = await self._load_window(db, season, plan)
            late = list[AccountRow]()
            for start in range(0, len(season_rows), SEGMENT_ROWS):
                delta = self._windows[season].add_rows(season_rows[start : start + SEGMENT_ROWS])
                self._windows[season] = delta.window
                plan.merge(delta)
                late += delta.late
                await asyncio.sleep(0)
            if late and (unknown := await self._select_unknown(db, season, late)):
                plan.late_rows[season] = unknown
        return plan

    async def read_capitals(self, db: DatabaseConnection) -> Mapping[AccountKey, float]:
        """Starting capital in USD of each account with a known inception."""
        id_map = await read_id_map(await query_id_map(db))
        rows = await (await execute_query(db, _CAPITALS)).fetchall()
        return {id_map.accounts[row.id]: row.capital_usd for row in rows}

    async def plan_capital_change(
        self, db: DatabaseConnection, before: Mapping[AccountKey, float]
    ) -> DerivationPlan:
        """The changes caused by capitals that differ from `before`."""
        old, new = RankingBasis(self.roster, before), RankingBasis(self.roster, await self.read_capitals(db))
        changed = {key.season for key in new.capitals if old.capital(key) != new.capital(key)}
        if changed:
            await self._take_turn(db)
        return DerivationPlan(full_seasons=changed)

    async def apply(self, db: DatabaseConnection, plan: DerivationPlan) -> list[Event]:
        """The events to write, including those of ranges derived again; removes outdated events.

        Called after the rows are written.
        """
        events = list(plan.added)
        for season in sorted(plan.late_rows.keys() | plan.full_seasons):
            self._windows.pop(season, None)
            late = None if season in plan.full_seasons else plan.late_rows[season]
            events += await self._replay(db, await self._load_season(db, season), late)
        if plan.removed:
            await db.execute(_DELETE_EVENTS, {"ids": sorted(plan.removed)})
        return events

    async def _take_turn(self, db: DatabaseConnection) -> None:
        """Advance `account_turns`; clear the windows where another writer advanced it since."""
        turn = (await (await execute_query(db, _NEXT_TURN)).fetchall())[0].turn
        if turn != self._turn + 1:
            self._windows.clear()
        self._turn = turn

    async def _load_season(self, db: DatabaseConnection, season: str) -> SeasonAccounts:
        id_map = await read_id_map(await query_id_map(db))
        return SeasonAccounts(id_map, season, RankingBasis(self.roster, await self.read_capitals(db)))

    async def _load_window(self, db: DatabaseConnection, season: str, plan: DerivationPlan) -> RowWindow:
        """The newest rows of the store, as far back as events of later rows depend on them."""
        accounts = await self._load_season(db, season)
        newest = await read_time(db, PREVIOUS_ROW_TIME, {"ids": accounts.ids, "at": MAX_TIME})
        if newest is None:
            return RowWindow.from_detector(EventDetector(accounts.ranking_basis))
        if not (await (await execute_query(db, _SEASON_STATE, {"ids": accounts.ids})).fetchall())[0].derived:
            plan.full_seasons.add(season)
        since = hour_start(newest) - REPEAT_AFTER
        window = RowWindow.from_detector(
            await restore_detector(db, accounts, since), (since, AccountKey("", ""))
        )
        async for rows in read_chunks(db, accounts, since, MAX_TIME):
            window = window.add_rows(rows).window
        return window

    async def _select_unknown(
        self, db: DatabaseConnection, season: str, rows: Sequence[AccountRow]
    ) -> list[AccountRow]:
        """The rows that are missing in the store or differ from the stored ones."""
        accounts = await self._load_season(db, season)
        account_ids = accounts.id_map.account_ids
        candidates = [row for row in rows if row.account in account_ids]
        values = {
            "at": [row.observed_at for row in candidates],
            "ids": [account_ids[row.account] for row in candidates],
        }
        stored = {row_key(row): row for row in await read_account_rows(db, accounts, STORED_ROWS, values)}
        return [row for row in rows if _supersedes(row, stored.get(row_key(row)))]

    async def _replay(
        self, db: DatabaseConnection, accounts: SeasonAccounts, late: Sequence[AccountRow] | None
    ) -> list[Event]:
        """Events of the range that depends on these rows (None: of the season); deletes others of it.

        Ranges whose rows were thinned keep their events: they cannot be derived from the remaining rows.
        """
        state = (await (await execute_query(db, _SEASON_STATE, {"ids": accounts.ids})).fetchall())[0]
        pruned = state.pruned_before
        late = late if late is None or pruned is None else [row for row in late if row.observed_at >= pruned]
        if late is not None and not late:
            return []
        oldest = min(row.observed_at for row in late) if late else pruned or MIN_TIME
        before = await read_time(db, PREVIOUS_ROW_TIME, {"ids": accounts.ids, "at": oldest})
        since = hour_start(before or await read_time(db, NTH_ROW_TIME, {"at": oldest, "n": 0}) or MAX_TIME)
        until = await find_replay_end(db, accounts, late) if late else MAX_TIME
        start = since - REPEAT_AFTER
        detector, events = await restore_detector(db, accounts, start), list[Event]()
        async for rows in read_chunks(db, accounts, start, until):
            events += [event for row in rows for event in detector.detect(row)]
            await asyncio.sleep(0)
        following = await read_time(db, NTH_ROW_TIME, {"at": until, "n": 0})
        if following is not None:
            after = await read_account_rows(
                db,
                accounts,
                ROWS_IN_RANGE,
                {"since": following, "until": following + TICK, "ids": accounts.ids},
            )
            events += [event for row in after[:1] for event in detector.detect(row)]
        kept = [
            event
            for event in events
            if event.at >= since and (event.at < until or (event.kind == "rank" and event.at == until))
        ]
        window = {"since": since, "until": until, "kinds": list(ROW_EVENT_KINDS)}
        await db.execute(
            _DELETE_EVENTS_IN_RANGE, {"ids": accounts.ids, "kept": [event.id for event in kept], **window}
        )
        return kept


def _supersedes(row: AccountRow, stored: AccountRow | None) -> bool:
    return stored is None or (row.fetched_at >= stored.fetched_at and not same_events(row, stored))
