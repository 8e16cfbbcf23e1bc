"""Every call of the reader, beside the simplest query there is."""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from _store_load import Loaded
from _store_table import Table, Timing, timed

from nof1tui.domain.board import Board
from nof1tui.domain.roster import Roster
from nof1tui.ports.history import PageCursor, RecordFilter
from nof1tui.store.connection.connect import Database
from nof1tui.store.embedded import binaries
from nof1tui.store.reading import boards, queries, row_decoding, series
from nof1tui.store.reading.reader import Reader

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.equity_lines import read_equity_lines

DAY = timedelta(days=1)


def simplest_query_ms(url: str, seconds: int) -> tuple[float, str]:
    """Latency of `pgbench -S -M prepared` with one client; without pgbench, the same over psycopg."""
    pgbench = binaries.find_binaries().directory / "pgbench"
    if not pgbench.exists():
        return _keyed_ms(url), "a prepared lookup by key over psycopg"
    subprocess.run([pgbench, "-i", "-q", "-n", "-s", "1", url], capture_output=True, check=True)
    found = []
    for _ in range(3):
        wish = [pgbench, "-n", "-S", "-M", "prepared", "-c", "1", "-T", str(seconds), url]
        done = subprocess.run(wish, capture_output=True, text=True, check=True)
        found += re.findall(r"latency average = ([\d.]+) ms", done.stdout)
    return sorted(map(float, found))[1], "`pgbench -S -M prepared`, the middle of three runs"


def _keyed_ms(url: str) -> float:
    with psycopg.connect(url, autocommit=True) as db:
        cursor = db.cursor(binary=True)
        began = time.perf_counter()
        for _ in range(5_000):
            cursor.execute("SELECT name FROM nof1.traders WHERE id = %s", (1,), prepare=True).fetchone()
        return (time.perf_counter() - began) / 5.0


async def queries_timed(
    database: Database, url: str, loaded: Loaded, table: Table, *, simplest_ms: float, times: int, data: Path
) -> None:
    reader = Reader(database, Roster())
    chance = random.Random(7)
    span = loaded.end - loaded.begin
    moments = [loaded.begin + span * chance.random() for _ in range(times + 3)]
    newest = (await reader.time_range() or (loaded.begin, loaded.end))[1]
    fresh = [loaded.begin + span * chance.random() for _ in range(min(20, times))]
    await _rows_timed(url, table, moments, fresh, newest, simplest_ms, data)
    await _boards_timed(reader, table, moments, simplest_ms)
    await _series_timed(database, reader, table, loaded.begin, newest, times)
    await _pages_timed(reader, table, moments, times)


async def _rows_timed(
    url: str,
    table: Table,
    moments: list[datetime],
    fresh: list[datetime],
    newest: datetime,
    simplest_ms: float,
    data: Path,
) -> None:
    """`fresh`: moments that are read cold, each once."""
    times = len(moments) - 3
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
        await db.execute("SET plan_cache_mode = force_generic_plan")
        ids = [row[0] async for row in await db.execute("SELECT id FROM nof1.accounts ORDER BY id")]

        async def latest(at: datetime) -> list[Any]:
            cursor = db.cursor(binary=True)
            await cursor.execute(queries.LATEST_SNAPSHOTS, {"ids": ids, "at": at}, prepare=True)
            return await cursor.fetchall()

        now = await timed(lambda turn: latest(newest), times)
        taken = [await _cold(data, lambda at=at: latest(at)) for at in fresh]
        warm = await timed(lambda turn: latest(moments[turn]), times, warm=times)
    _ratio(table, f"latest rows, {len(ids)} accounts", now, simplest_ms, "≤ 10×", now.p50 <= 10 * simplest_ms)
    _ratio(table, "rows as of a random time, warm", warm, simplest_ms, "p95 ≤ 5 ms", warm.p95 <= 5)
    known = sorted(ms for ms in taken if ms is not None)
    if known:
        chilled = Timing(known[len(known) // 2], known[int(len(known) * 0.95)])
        _ratio(
            table, "rows as of a random time, cold", chilled, simplest_ms, "p95 ≤ 20 ms", chilled.p95 <= 20
        )


async def _cold(data: Path, work: Callable[[], Awaitable[object]]) -> float | None:
    """Milliseconds with none of the tables' files in the system's cache; None where that cannot be had."""
    if not await asyncio.to_thread(_forgotten, data):
        return None
    return (await timed(lambda turn: work(), 1, warm=0)).p50


def _forgotten(data: Path) -> bool:
    """Have the system drop what it keeps of the data folder's files."""
    if not hasattr(os, "posix_fadvise") or not os.access(data / "base", os.R_OK):
        return False
    os.sync()
    for path in data.glob("base/*/*"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return True


async def _boards_timed(reader: Reader, table: Table, moments: list[datetime], simplest_ms: float) -> None:
    times = len(moments) - 3
    with _unread():
        asked = await timed(lambda turn: reader.board(), times)
        then = await timed(lambda turn: reader.board(moments[turn]), times)
    _ratio(table, "first screen, its queries", asked, simplest_ms, "p95 ≤ 8 ms", asked.p95 <= 8)
    _ratio(table, "the same as of a random time", then, simplest_ms, "", None)
    board = await reader.board()
    held = sum(len(log.trades) for log in board.trades.values())
    what = f"{len(board.accounts)} accounts, {held:,} trades, {len(board.decisions)} decisions"
    table.add(f"`board()`: {what}", await timed(lambda turn: reader.board(), times))
    table.add("`board(as_of)`", await timed(lambda turn: reader.board(moments[turn]), times))


@contextmanager
def _unread() -> Iterator[None]:
    """Let answers be fetched, but no records be made of them."""
    empty = Board(Roster())
    with (
        patch.object(boards, "build_board", lambda *args, **named: empty),
        patch.object(boards, "_include_day_ago", lambda lines, day_ago: {}),
        patch.object(series, "parse_lines", lambda chunks: {}),
        patch.object(row_decoding, "trade_from_row", lambda row, names: None),
        patch.object(row_decoding, "decision_from_row", lambda row, names: None),
        patch.object(row_decoding, "event_from_row", lambda row, names: None),
        patch.object(row_decoding, "snapshot_from_row", lambda row, account, versions: None),
    ):
        yield


async def _series_timed(
    database: Database, reader: Reader, table: Table, oldest: datetime, newest: datetime, times: int
) -> None:
    for name, since in (("24 h", newest - DAY), ("72 h", newest - 3 * DAY), ("all", oldest)):
        taken = await timed(lambda turn, since=since: read_equity_lines(database, since, newest), times)
        lines = await read_equity_lines(database, since, newest)
        points = max(map(len, lines.values()))
        what = f"equity series, {name}: {len(lines)} accounts, {points:,} points each"
        table.add(what, taken, goal="p95 ≤ 30 ms", met=taken.p95 <= 30)
    table.add(
        "`price_series`, 72 h", await timed(lambda t: reader.price_series(newest - 3 * DAY, newest), times)
    )


async def _pages_timed(reader: Reader, table: Table, moments: list[datetime], times: int) -> None:
    page = RecordFilter(limit=50)
    one = RecordFilter(traders=["trader-5"], limit=50)
    calls = {
        "`time_range`": lambda turn: reader.time_range(),
        "`observation_times`, 10 before a random time": lambda turn: reader.observation_times(
            moments[turn], "before", 10
        ),
        "`observation_times`, 10 after": lambda turn: reader.observation_times(moments[turn], "after", 10),
        "`trades`, a page of 50": lambda turn: reader.trades(page),
        "`trades`, a late page": lambda turn: reader.trades(page, PageCursor(moments[turn], "")),
        "`trades` of one trader": lambda turn: reader.trades(one, PageCursor(moments[turn], "")),
        "`trade_totals` of all trades": lambda turn: reader.trade_totals(),
        "`decisions`, a page of 50": lambda turn: reader.decisions(page),
        "`decisions` with a word": lambda turn: reader.decisions(RecordFilter(text="plan 77", limit=50)),
        "`decision_texts`": lambda turn: reader.decision_texts("5_1"),
        "`events`, a page of 50": lambda turn: reader.events(page, PageCursor(moments[turn], "")),
        "`prices` as of a random time": lambda turn: reader.prices(moments[turn]),
    }
    for name, call in calls.items():
        table.add(name, await timed(call, times))


def _ratio(table: Table, what: str, ours: Timing, baseline_ms: float, goal: str, met: bool | None) -> None:
    table.add(what, ours, baseline=f"{baseline_ms:.3f} ms", ratio=ours.p50 / baseline_ms, goal=goal, met=met)
