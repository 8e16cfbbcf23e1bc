"""Writing: the program's writer beside a raw COPY of the same rows; and how soon others hear of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
from _store_load import COINS, Loaded
from _store_table import Table, Timing, timed

from nof1tui.domain.batch import Batch
from nof1tui.domain.records import AccountKey, AccountRow, Feed, Position, Price
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer

STEP = timedelta(seconds=10)
WARM = 3
"""Turns before those that count, in the order of time like all polls."""


def polls(accounts: int, begin: datetime, count: int, season: str, seed: int = 1) -> Iterator[Batch]:
    """One row for each account, 4 positions each, and prices; polls of one season follow each other."""
    chance = random.Random(seed)
    keys = [AccountKey(season, f"trader-{number}") for number in range(1, accounts + 1)]
    for number in range(count):
        at = begin + number * STEP
        held = tuple(
            Position(
                coin, 1.5 + place, 100.0 * (place + 1), 100.0 + chance.random(), chance.random(), 10.0,
                chance.random() * 100, 80.5, begin,
            )
            for place, coin in enumerate(COINS[:4])
        )  # fmt: skip
        rows = tuple(AccountRow(key, at, at, 10_000 + chance.random(), positions=held) for key in keys)
        prices = tuple(Price(coin, 100.0 + chance.random(), at, at) for coin in COINS)
        yield Batch(Feed.ACCOUNTS, "bench", at, accounts=rows, prices=prices)


def joined(batches: Iterator[Batch]) -> Batch:
    batches_in_order = tuple(batches)
    rows = tuple(row for batch in batches_in_order for row in batch.accounts)
    prices = tuple(price for batch in batches_in_order for price in batch.prices)
    return Batch(Feed.ACCOUNTS, "bench", batches_in_order[-1].fetched_at, accounts=rows, prices=prices)


async def ingest_timed(
    database: Database, url: str, loaded: Loaded, table: Table, *, times: int, backfill: int
) -> None:
    writer = Writer(database, arena="nof1", roster=Roster())
    begin = loaded.end + timedelta(hours=1)
    for accounts, goal in ((32, 2.0), (5_000, 3.0)):
        await _poll_timed(writer, url, table, accounts, begin, times if accounts == 32 else times // 4, goal)
        begin += timedelta(days=2)
    await _backfill_timed(writer, url, table, begin, backfill)
    await _repeat_timed(writer, database, url, table, begin)
    await _hearing_timed(writer, database, url, table, begin + timedelta(days=20), times)


async def _poll_timed(
    writer: Writer, url: str, table: Table, accounts: int, begin: datetime, times: int, goal: float
) -> None:
    batches_in_order = list(polls(accounts, begin, times + WARM, f"bench-{accounts}"))
    ours = await timed(lambda turn: writer.write(batches_in_order[WARM + turn]), times, WARM)
    raw = await _copy_timed(url, begin, STEP, times, WARM)
    _ratio(table, f"one poll of {accounts:,} with positions, prices, roll-ups, NOTIFY", ours, raw, goal)


async def _backfill_timed(writer: Writer, url: str, table: Table, begin: datetime, rows: int) -> None:
    chunk = min(rows, 20_000)
    batches = [
        joined(polls(32, begin + number * (chunk // 32) * STEP, chunk // 32, "bench-32"))
        for number in range(max(1, rows // chunk))
    ]
    began = time.perf_counter()
    for batch in batches:
        await writer.write(batch)
    seconds = time.perf_counter() - began
    written = sum(len(batch.accounts) for batch in batches)
    raw = await _copy_timed(url, begin, (chunk // 32) * STEP, len(batches), warm=0)
    raw_s = raw.p50 * len(batches) / 1e3
    table.add(
        f"backfill of {written:,} rows, exactly once",
        f"{seconds:.1f} s, {written / seconds:,.0f} rows/s",
        baseline=f"{raw_s:.1f} s",
        ratio=seconds / raw_s,
        goal="≤ 2.5×",
        met=seconds / raw_s <= 2.5,
    )


async def _copy_timed(url: str, begin: datetime, step: timedelta, times: int, warm: int = 3) -> Timing:
    """COPY BINARY of the rows that were just written, from memory into a table of the same shape."""
    async with await psycopg.AsyncConnection.connect(url) as db:
        await db.execute(
            "CREATE TABLE public.raw_rows (LIKE nof1.account_snapshots INCLUDING DEFAULTS INCLUDING "
            "CONSTRAINTS INCLUDING INDEXES)"
        )
        await db.commit()
        blocks = [await _block(db, begin + n * step, begin + (n + 1) * step) for n in range(times)]
        spare = [await _block(db, begin + n * step, begin + (n + 1) * step) for n in range(warm)]

        async def copy(turn: int) -> None:
            block = blocks[turn] if turn >= 0 else spare[turn]
            async with (
                db.cursor() as cursor,
                cursor.copy("COPY public.raw_rows FROM STDIN (FORMAT BINARY)") as out,
            ):
                await out.write(block)
            await db.commit()
            if turn < 0:
                await db.execute("TRUNCATE public.raw_rows")
                await db.commit()

        taken = await timed(copy, times, warm)
        await db.execute("DROP TABLE public.raw_rows")
        await db.commit()
    return taken


async def _block(db: psycopg.AsyncConnection[Any], since: datetime, until: datetime) -> bytes:
    copy = (
        "COPY (SELECT * FROM nof1.account_snapshots WHERE "
        f"ts >= '{since.isoformat()}' AND ts < '{until.isoformat()}' ORDER BY ts, account_id) "
        "TO STDOUT (FORMAT BINARY)"
    )
    async with db.cursor() as cursor, cursor.copy(copy) as rows:
        return b"".join([bytes(part) async for part in rows])


async def _repeat_timed(writer: Writer, database: Database, url: str, table: Table, begin: datetime) -> None:
    """The last hour once more."""
    hour = joined(polls(32, begin, 360, "bench-32", seed=9))
    await writer.write(hour)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:

        async def place() -> int:
            row = await (await db.execute("SELECT pg_current_wal_insert_lsn() - '0/0'")).fetchone()
            return int(row[0]) if row else 0

        async def read(turn: int) -> None:
            cursor = db.cursor(binary=True)
            await cursor.execute(
                "SELECT * FROM nof1.account_snapshots WHERE ts >= %s AND ts < %s",
                (begin, begin + timedelta(hours=1)),
                prepare=True,
            )
            await cursor.fetchall()

        await writer.write(hour)
        before = await place()
        await writer.write(hour)
        wal = await place() - before
        again = await timed(lambda turn: writer.write(hour), 5, 1)
        reading = await timed(read, 5, 1)
    table.add(
        f"the last hour again ({len(hour.accounts):,} rows)",
        f"{again}, WAL {wal:,} bytes",
        baseline=f"reading it {reading.p50:.1f} ms",
        ratio=again.p50 / reading.p50,
        goal="no WAL, ≤ 1.5×",
        met=wal < 1_000 and again.p50 <= 1.5 * reading.p50,
    )


async def _hearing_timed(
    writer: Writer, database: Database, url: str, table: Table, begin: datetime, times: int
) -> None:
    """From a commit to a listener's callback, and to a follower that has read the board."""
    reader, heard = Reader(database, Roster()), asyncio.Queue[float]()
    listening = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await listening.execute("LISTEN nof1")

    async def listen() -> None:
        async for _ in listening.notifies():
            heard.put_nowait(time.perf_counter())

    ear = asyncio.create_task(listen())
    batches_in_order = list(polls(32, begin, times, "bench-32", seed=3))
    heard_ms, seen_ms = [], []
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
        for _ in range(times):
            began = time.perf_counter()
            await db.execute("SELECT pg_notify('nof1', '{}')")
            heard_ms.append((await asyncio.wait_for(heard.get(), 5) - began) * 1e3)
    for batch in batches_in_order[: max(5, times // 4)]:
        await writer.write(batch)
        committed = time.perf_counter()
        await asyncio.wait_for(heard.get(), 5)
        await reader.board()
        seen_ms.append((time.perf_counter() - committed) * 1e3)
    ear.cancel()
    await asyncio.gather(ear, return_exceptions=True)
    await listening.close()
    for what, taken, limit in (
        ("NOTIFY to a listener's callback", sorted(heard_ms), 5.0),
        ("commit to a follower's whole board", sorted(seen_ms), 250.0),
    ):
        timing = Timing(taken[len(taken) // 2], taken[int(len(taken) * 0.95)])
        table.add(what, timing, goal=f"p95 ≤ {limit:.0f} ms", met=timing.p95 <= limit)


def _ratio(table: Table, what: str, ours: Timing, raw: Timing, goal: float) -> None:
    ratio = ours.p50 / raw.p50
    table.add(what, ours, baseline=raw, ratio=ratio, goal=f"≤ {goal:g}×", met=ratio <= goal)
