"""Reads the stored account rows of a season, from which events are derived."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
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
from nof1tui.domain.records import AccountKey, AccountRow
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import queries, row_decoding
from nof1tui.store.reading.id_map import IdMap
from nof1tui.store.reading.transaction import execute_query

_REPLAY_CHUNK_ROWS = 2_000
"""Account rows read in one query while a range is derived again."""
TICK = timedelta(microseconds=1)
MIN_TIME, MAX_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Earlier and later than every row."""

PREVIOUS_ROW_TIME = b"""
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
NTH_ROW_TIME = (
    b"SELECT ts AS at FROM nof1.account_snapshots WHERE ts >= %(at)s ORDER BY ts OFFSET %(n)s LIMIT 1"
)
ROWS_IN_RANGE = b"""
SELECT * FROM nof1.account_snapshots
WHERE ts >= %(since)s AND ts < %(until)s AND account_id = ANY(%(ids)s::int4[])
"""
STORED_ROWS = b"""
SELECT r.* FROM unnest(%(at)s::timestamptz[], %(ids)s::int4[]) AS k (ts, account_id)
JOIN nof1.account_snapshots r USING (ts, account_id)
"""


@dataclass(frozen=True, slots=True)
class SeasonAccounts:
    """The accounts of one season and the basis of their ranking."""

    id_map: IdMap
    season: str
    ranking_basis: RankingBasis

    @property
    def ids(self) -> list[int]:
        """Surrogate ids of the accounts."""
        return [account_id for account_id, key in self.id_map.accounts.items() if key.season == self.season]


async def restore_detector(db: DatabaseConnection, accounts: SeasonAccounts, at: datetime) -> EventDetector:
    """A detector in its state after the rows before this time."""
    rows = await read_account_rows(
        db, accounts, queries.LATEST_SNAPSHOTS, {"ids": accounts.ids, "at": at - TICK}
    )
    coins = await (
        await execute_query(db, queries.COINS_HELD, {"ids": accounts.ids, "as_of": at - TICK})
    ).fetchall()
    return EventDetector.from_rows(accounts.ranking_basis, rows, [row.name for row in coins])


async def find_replay_end(
    db: DatabaseConnection, accounts: SeasonAccounts, late: Iterable[AccountRow]
) -> datetime:
    """The end of the first hour after which no event depends on these rows."""
    last: dict[AccountKey, datetime] = {}
    for row in late:
        last[row.account] = max(row.observed_at, last.get(row.account, row.observed_at))
    account_ids = accounts.id_map.account_ids
    values = {"ids": [account_ids[key] for key in last], "at": list(last.values())}
    following = [row.at for row in await (await execute_query(db, _NEXT_ROW_TIMES, values)).fetchall()]
    if None in following:
        return MAX_TIME
    return hour_start(max(*following, max(last.values()) + REPEAT_AFTER)) + RANK_INTERVAL


async def read_chunks(
    db: DatabaseConnection, accounts: SeasonAccounts, since: datetime, until: datetime
) -> AsyncIterator[list[AccountRow]]:
    """The season's rows of a range in order, in chunks."""
    while since < until:
        stop = await read_time(db, NTH_ROW_TIME, {"at": since, "n": _REPLAY_CHUNK_ROWS})
        stop = until if stop is None else min(until, max(stop, since + TICK))
        values = {"since": since, "until": stop, "ids": accounts.ids}
        yield await read_account_rows(db, accounts, ROWS_IN_RANGE, values)
        since = stop


async def read_account_rows(
    db: DatabaseConnection, accounts: SeasonAccounts, statement: bytes, values: Mapping[str, Any]
) -> list[AccountRow]:
    """The statement's account rows, ordered by time and account."""
    stored = await (await execute_query(db, statement, values)).fetchall()
    version_ids = sorted({version_id for row in stored for version_id in row.version_ids})
    versions = {
        row.id: row async for row in await execute_query(db, queries.POSITION_VERSIONS, {"ids": version_ids})
    }
    keys = accounts.id_map.accounts
    return sorted(
        (row_decoding.snapshot_from_row(row, keys[row.account_id], versions) for row in stored), key=row_key
    )


async def read_time(db: DatabaseConnection, statement: bytes, values: Mapping[str, Any]) -> datetime | None:
    """The statement's single time `at`; None without a row."""
    row = await (await execute_query(db, statement, values)).fetchone()
    return None if row is None else row.at
