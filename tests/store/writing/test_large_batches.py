"""Batches far larger than usual: stored in pieces, in time, and without holding up other feeds."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.outbox import Outbox
from nof1tui.collector.delivery.rejected_file import RejectedFile
from nof1tui.collector.delivery.spool import Spool
from nof1tui.domain.batch import Batch
from nof1tui.domain.health import FeedHealth, StoreHealth
from nof1tui.domain.records import AccountKey, AccountRow, Decision, DecisionTexts, Feed, Position, Price
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import Database
from nof1tui.store.writing.writer import Writer
from tests.support.envelopes import AT


@asynccontextmanager
async def delivering(database: Database, roster: Roster, folder: Path) -> AsyncIterator[Outbox]:
    healths = list[StoreHealth]()
    sink = Writer(database, arena="nof1", roster=roster)
    outbox = Outbox(sink, on_health=healths.append, spool=Spool(folder))
    running = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await outbox.close()


def row(trader: str, positions: tuple[Position, ...] = (), seconds: int = 0) -> AccountRow:
    at = AT + timedelta(seconds=seconds)
    return AccountRow(AccountKey("season-1", trader), at, at, 10_000.0, positions=positions)


def accounts(*rows: AccountRow) -> Envelope:
    return Envelope(Batch(Feed.ACCOUNTS, "account-totals", AT, accounts=rows))


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as db:
        found = db.execute(f"SELECT count(*) FROM nof1.{table}".encode()).fetchone()
    return int(found[0]) if found else 0


@pytest.mark.slow
async def test_ten_thousand_traders_are_stored_in_a_minute_while_prices_are_stored(
    database: Database, database_url: str, roster: Roster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    held = (Position("BTC", 1.0, 100.0),)
    async with delivering(database, roster, tmp_path) as outbox:
        begun, delays, number = time.monotonic(), list[float](), 0
        outbox.put(accounts(*(row(f"trader-{n:05}", held) for n in range(10_000))), FeedHealth(Feed.ACCOUNTS))
        while count(database_url, "account_snapshots") < 10_000:
            assert time.monotonic() - begun < 60
            number += 1
            at, put_at = AT + timedelta(seconds=number), time.monotonic()
            price = Price("BTC", float(number), at, at)
            outbox.put(Envelope(Batch(Feed.PRICES, "prices", at, prices=(price,))), FeedHealth(Feed.PRICES))
            while count(database_url, "prices") < number:
                await asyncio.sleep(0.05)
            delays.append(time.monotonic() - put_at)
            await asyncio.sleep(0.5)
        assert max(delays) < 5
        assert not outbox.is_store_away
    assert "store away" not in caplog.text


@pytest.mark.slow
async def test_twenty_thousand_positions_of_one_account_are_stored(
    database: Database, database_url: str, roster: Roster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    held = tuple(Position(f"C{n:05}", 1.0 + n, 100.0, mark_price=101.0) for n in range(20_000))
    async with delivering(database, roster, tmp_path) as outbox:
        for seconds in (0, 60):
            outbox.put(
                accounts(row("gpt-5", held, seconds), row("other", (), seconds)), FeedHealth(Feed.ACCOUNTS)
            )
        assert await outbox.wait_until_drained(60)
    assert count(database_url, "account_snapshots") == 4
    assert count(database_url, "positions") == 40_000
    assert RejectedFile(tmp_path).read() == []


async def test_a_record_that_is_too_large_is_set_aside_with_the_reason_and_the_others_are_stored(
    database: Database, database_url: str, roster: Roster, tmp_path: Path
) -> None:
    """A text of nine megabytes is stored; an id of that size does not fit into an index."""
    rng = random.Random(16)
    long_text = " ".join(f"word{number}" for number in range(900_000))
    ids = [f"d{number}" for number in range(20)]
    long_id = rng.randbytes(5 * 2**20).hex()
    decisions = tuple(
        Decision(name, AccountKey("season-1", "gpt-5"), AT, AT, texts=DecisionTexts(reasoning=text))
        for name, text in [*((name, "short") for name in ids), ("long text", long_text), (long_id, "short")]
    )
    async with delivering(database, roster, tmp_path) as outbox:
        batch = Batch(Feed.DECISIONS, "conversations", AT, decisions=decisions[::-1])
        outbox.put(Envelope(batch), FeedHealth(Feed.DECISIONS))
        assert await outbox.wait_until_drained(60)
    with psycopg.connect(database_url) as db:
        stored = {name for (name,) in db.execute("SELECT id FROM nof1.decisions")}
    assert stored == {*ids, "long text"}
    [rejected] = RejectedFile(tmp_path).read()
    assert "index row" in rejected.reason
    assert rejected.envelope is not None
    assert [decision.id for decision in rejected.envelope.batch.decisions] == [long_id]
