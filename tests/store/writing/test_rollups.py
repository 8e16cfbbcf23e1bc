"""Roll-ups equal plain arithmetic for any order of writes by two writers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nof1tui.domain.records import AccountRow
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.writing.rollups import ROLLUP_WIDTHS_S, bucket_start
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch

MIDNIGHT = 20 * 60
MINUTES = st.sampled_from(
    [edge + step / 2 for edge in (0, 10, 60, 240, MIDNIGHT) for step in range(-4, 5)] + [2 * MIDNIGHT]
)
"""Minutes around the ends of buckets of every width, and one long after them."""
OBSERVATIONS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["gpt-5", "qwen3-max"]), MINUTES, st.floats(1.0, 1e6)),
    min_size=1,
    max_size=40,
)


def reference(rows: Iterable[AccountRow]) -> dict[Any, Any]:
    """All closed buckets of every width, computed from the winning rows."""
    winning: dict[tuple[str, datetime], AccountRow] = {}
    for row in rows:
        name = (row.account.trader, row.observed_at)
        if name not in winning or row.fetched_at >= winning[name].fetched_at:
            winning[name] = row
    newest = {
        trader: max(moment for its, moment in winning if its == trader) for trader in {t for t, _ in winning}
    }
    buckets: dict[Any, list[tuple[datetime, float]]] = defaultdict(list)
    for (trader, moment), row in sorted(winning.items()):
        for width in ROLLUP_WIDTHS_S:
            bucket = bucket_start(moment, width)
            if bucket + timedelta(seconds=width) <= newest[trader]:
                buckets[width, trader, bucket].append((moment, row.equity_usd))
    return {name: summed(points) for name, points in buckets.items()}


def summed(points: list[tuple[datetime, float]]) -> tuple[Any, ...]:
    peak, fall = 0.0, 0.0
    for _, value in points:
        peak = max(peak, value)
        fall = min(fall, value / peak - 1)
    low, high = min(value for _, value in points), max(value for _, value in points)
    low_at = next(moment for moment, value in points if value == low)
    high_at = next(moment for moment, value in points if value == high)
    return (*points[0], *points[-1], low_at, low, high_at, high, len(points), fall)


async def stored(url: str, roster: Roster, rows_of_writers: list[list[AccountRow]]) -> dict[Any, Any]:
    """The stored roll-ups after two concurrent writers have written their rows."""
    databases = [open_pool(url) for _ in rows_of_writers]

    async def write(writer: Writer, rows: list[AccountRow]) -> None:
        for start in range(0, len(rows), 4):
            await writer.write(batch(accounts=tuple(rows[start : start + 4])))

    try:
        async with databases[0].transaction() as db:
            await db.execute("TRUNCATE nof1.account_snapshots, nof1.equity_rollup, nof1.events")
        writers = [Writer(database, arena="nof1", roster=roster) for database in databases]
        await asyncio.gather(*map(write, writers, rows_of_writers))
        async with databases[0].transaction() as db:
            rows = await db.execute(
                "SELECT r.width_s, t.slug, r.bucket, r.first_ts, r.first, r.last_ts, r.last, "
                "r.low_ts, r.low, r.high_ts, r.high, r.n, r.fall FROM nof1.equity_rollup r "
                "JOIN nof1.accounts a ON a.id = r.account_id JOIN nof1.traders t ON t.id = a.trader_id"
            )
            return {tuple(row[:3]): tuple(row[3:]) async for row in rows}
    finally:
        for database in databases:
            await database.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OBSERVATIONS)
def test_two_concurrent_writers_give_the_roll_ups_of_plain_arithmetic(
    database_url: str, roster: Roster, observations: list[tuple[int, str, float, float]]
) -> None:
    rows_of_writers: list[list[AccountRow]] = [[], []]
    for number, (writer_index, trader, minute, equity) in enumerate(observations):
        fetched_at = at(3 * MIDNIGHT + number)
        rows_of_writers[writer_index].append(
            account_row(trader, minute, equity=equity, positions=(), fetched_at=fetched_at)
        )
    assert asyncio.run(stored(database_url, roster, rows_of_writers)) == reference(
        [*rows_of_writers[0], *rows_of_writers[1]]
    )
