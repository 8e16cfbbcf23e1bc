"""Events of a simulated season are the same live, from the store, and from shuffled and repeated batches."""

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
    """A day and a half of seven traders: the first load, then a poll every two minutes."""
    arena = SimulatedArena(seed=11, traders=7, start=START, history=timedelta(hours=36))
    moments = [START + timedelta(minutes=2 * index) for index in range(20)]
    return tuple(
        decoder.decode_body(endpoint, arena.answer(endpoint, now).body, fetched_at=now, roster=roster)
        for now in moments
        for endpoint in ENDPOINTS
    )


def expected_events(roster: Roster, batches: tuple[Batch, ...]) -> list[Event]:
    """Events of all records in the order of their times, newest first."""
    rows: dict[object, AccountRow] = {row_key(row): row for each in batches for row in each.accounts}
    trades: dict[str, Trade] = {trade.id: trade for each in batches for trade in each.trades}
    detector = EventDetector(RankingBasis(roster))
    events = [event for row in sorted(rows.values(), key=row_key) for event in detector.detect(row)]
    events += map(trade_event, trades.values())
    superseded = superseded_by_trades(events)
    return sorted(
        (it for it in events if it.id not in superseded), key=lambda it: (it.at, it.id), reverse=True
    )


def shuffled(batches: tuple[Batch, ...], chance: random.Random) -> list[Batch]:
    """The same records in shuffled batches, many of them twice."""
    rows = [row for each in batches for row in each.accounts]
    trades = [trade for each in batches for trade in each.trades]
    batches_out = list[Batch]()
    for records in (rows, rows[::3], trades, trades[::2]):
        mixed = chance.sample(records, len(records))
        name = "accounts" if records and isinstance(records[0], AccountRow) else "trades"
        step = max(1, len(mixed) // 9)
        batches_out += [
            batch(**{name: tuple(mixed[start : start + step])}) for start in range(0, len(mixed), step)
        ]
    return chance.sample(batches_out, len(batches_out))


async def test_live_and_stored_events_of_a_season_are_those_of_its_records(
    database: Database, roster: Roster
) -> None:
    writer, board = Writer(database, arena="nof1", roster=roster), Board(roster)
    for each in polls(roster):
        board = apply_batch(board, each)
        await writer.write(each)
    expected = expected_events(roster, polls(roster))
    assert {"opened", "trade", "joined", "coin", "lead", "rank", "plan"} <= {event.kind for event in expected}
    assert await Reader(database, roster).events() == expected
    assert list(board.events) == expected[: len(board.events)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_shuffled_split_and_repeated_batches_give_the_same_events(
    database: Database, roster: Roster, seed: int
) -> None:
    writer, board = Writer(database, arena="nof1", roster=roster), Board(roster)
    for each in shuffled(polls(roster), random.Random(seed)):
        board = apply_batch(board, each)
        await writer.write(each)
    expected = expected_events(roster, polls(roster))
    assert await Reader(database, roster).events() == expected
    assert list(board.events) == expected[: len(board.events)]


async def test_two_independent_writers_give_the_same_events(database: Database, roster: Roster) -> None:
    """A collector and an import may write at the same time."""
    writers = [Writer(database, arena="nof1", roster=roster) for _ in range(2)]
    for index, each in enumerate(shuffled(polls(roster), random.Random(3))):
        await writers[index % 2].write(each)
    assert await Reader(database, roster).events() == expected_events(roster, polls(roster))


async def test_events_of_rows_older_than_the_window_are_derived_from_the_store(
    database: Database, roster: Roster
) -> None:
    """More rows than the window has, and then an older one."""
    writer = Writer(database, arena="nof1", roster=roster)
    rows = tuple(account_row(minutes=minute) for minute in range(SEGMENT_ROWS * (MAX_SEGMENTS + 1)))
    await writer.write(batch(accounts=rows))
    old = account_row(minutes=10.5, positions=(position("ETH"),))
    await writer.write(batch(accounts=(old,)))
    expected = [(it.kind, it.at) for it in await Reader(database, roster).events()]
    assert expected == [("closed", at(11)), ("opened", at(10.5)), ("coin", at(10.5)), ("joined", at(0))]


async def test_events_of_feeds_are_kept_when_others_are_derived_again(
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
