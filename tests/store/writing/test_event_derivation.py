"""Events of a simulated season: the same live, replayed, from the store, and of a feed gone wild."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.events.detector import EventDetector, RankingBasis, row_key
from nof1tui.domain.events.event import Event, feed_event, superseded_by_trades, trade_event
from nof1tui.domain.events.window import MAX_SEGMENTS, SEGMENT_ROWS
from nof1tui.domain.records import AccountRow, Feed, Trade
from nof1tui.domain.roster import Roster
from nof1tui.sources.nof1 import decoder
from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, position

START = datetime(2025, 10, 28, 7, 0, 12, tzinfo=UTC)
ENDPOINTS = ("account-totals", "trades")


@cache
def polls(roster: Roster) -> tuple[Batch, ...]:
    """A day and a half of seven traders: the first load, then a poll of everything each two minutes."""
    arena = SimulatedArena(seed=11, traders=7, start=START, history=timedelta(hours=36))
    moments = [START + timedelta(minutes=2 * index) for index in range(20)]
    return tuple(
        decoder.decode_body(endpoint, arena.answer(endpoint, now).body, fetched_at=now, roster=roster)
        for now in moments
        for endpoint in ENDPOINTS
    )


def truth(roster: Roster, batches: tuple[Batch, ...]) -> list[Event]:
    """Told once, of every record in the order of its own time; newest first, as they are shown."""
    rows: dict[object, AccountRow] = {row_key(row): row for each in batches for row in each.accounts}
    trades: dict[str, Trade] = {trade.id: trade for each in batches for trade in each.trades}
    fold = EventDetector(RankingBasis(roster))
    events = [event for row in sorted(rows.values(), key=row_key) for event in fold.detect(row)]
    events += map(trade_event, trades.values())
    told = superseded_by_trades(events)
    return sorted((it for it in events if it.id not in told), key=lambda it: (it.at, it.id), reverse=True)


def gone_wild(batches: tuple[Batch, ...], chance: random.Random) -> list[Batch]:
    """The same records in shuffled pieces, many of them twice."""
    rows = [row for each in batches for row in each.accounts]
    trades = [trade for each in batches for trade in each.trades]
    pieces = list[Batch]()
    for records in (rows, rows[::3], trades, trades[::2]):
        mixed = chance.sample(records, len(records))
        name = "accounts" if records and isinstance(records[0], AccountRow) else "trades"
        step = max(1, len(mixed) // 9)
        pieces += [
            batch(**{name: tuple(mixed[start : start + step])}) for start in range(0, len(mixed), step)
        ]
    return chance.sample(pieces, len(pieces))


async def test_live_and_stored_events_of_a_season_are_those_of_its_records(
    database: Database, roster: Roster
) -> None:
    writer, board = Writer(database, arena="nof1", roster=roster), Board(roster)
    for each in polls(roster):
        board = apply_batch(board, each)
        await writer.write(each)
    told = truth(roster, polls(roster))
    assert {"opened", "trade", "joined", "coin", "lead", "rank", "plan"} <= {event.kind for event in told}
    assert await Reader(database, roster).events() == told
    assert list(board.events) == told[: len(board.events)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_shuffled_split_and_repeated_feed_leaves_the_same_events(
    database: Database, roster: Roster, seed: int
) -> None:
    writer, board = Writer(database, arena="nof1", roster=roster), Board(roster)
    for each in gone_wild(polls(roster), random.Random(seed)):
        board = apply_batch(board, each)
        await writer.write(each)
    told = truth(roster, polls(roster))
    assert await Reader(database, roster).events() == told
    assert list(board.events) == told[: len(board.events)]


async def test_two_writers_that_know_nothing_of_each_other_leave_the_same_events(
    database: Database, roster: Roster
) -> None:
    """As a collector and an import do at the same time."""
    writers = [Writer(database, arena="nof1", roster=roster) for _ in range(2)]
    for index, each in enumerate(gone_wild(polls(roster), random.Random(3))):
        await writers[index % 2].write(each)
    assert await Reader(database, roster).events() == truth(roster, polls(roster))


async def test_history_that_comes_after_the_present_is_told_from_the_store(
    database: Database, roster: Roster
) -> None:
    """More rows than a writer remembers, and then one from before them all."""
    writer = Writer(database, arena="nof1", roster=roster)
    rows = tuple(account_row(minutes=minute) for minute in range(SEGMENT_ROWS * (MAX_SEGMENTS + 1)))
    await writer.write(batch(accounts=rows))
    old = account_row(minutes=10.5, positions=(position("ETH"),))
    await writer.write(batch(accounts=(old,)))
    told = [(it.kind, it.at) for it in await Reader(database, roster).events()]
    assert told == [("closed", at(11)), ("opened", at(10.5)), ("coin", at(10.5)), ("joined", at(0))]


async def test_what_a_process_found_of_its_feeds_stands_apart_and_is_kept(
    database: Database, roster: Roster
) -> None:
    writer = Writer(database, arena="nof1", roster=roster)
    down = feed_event("down", Feed.TRADES, at(5), "429: too many requests")
    await writer.write(batch(accounts=(account_row(minutes=10),)))
    for _ in range(2):
        await writer.write(batch(Feed.TRADES), (down,))
    await writer.write(batch(accounts=(account_row(minutes=1),)))
    events = await Reader(database, roster).events()
    assert [event for event in events if event.kind == "down"] == [down]
    assert (await Reader(database, roster).board()).events == tuple(events)
