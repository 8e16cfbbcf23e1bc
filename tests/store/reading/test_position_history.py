"""The history of an open position, read from account rows."""

from __future__ import annotations

from msgspec.structs import replace

from nof1tui.domain.records import ExitPlan
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.position_history import MAX_HISTORY_POINTS
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, key, position

PLAN = ExitPlan(4_265.0, 3_720.0, "below 3,700")


async def test_a_history_has_the_pnl_over_time_and_every_version(database: Database, roster: Roster) -> None:
    writer, reader = Writer(database, arena="nof1", roster=roster), Reader(database, roster)
    opened = replace(position("ETH", 2.0, exit_plan=PLAN), entry_at=at(0))
    moved = replace(opened, exit_plan=replace(PLAN, stop_loss=3_800.0))
    earlier = replace(position("ETH", 1.0), entry_at=at(-90))
    other = replace(position("BTC", 0.1), entry_at=at(0), unrealized_usd=9_999.0)
    rows = [account_row(minutes=-60, positions=(replace(earlier, unrealized_usd=-1.0),))]
    for minute in range(600):
        open_position = replace(opened if minute < 300 else moved, unrealized_usd=float(minute))
        rows.append(account_row(minutes=minute, positions=(other, open_position)))
    rows.append(account_row("grok-4", 5, positions=(replace(opened, unrealized_usd=-7.0),)))
    await writer.write(batch(accounts=tuple(rows)))

    history = await reader.position_history(key(), moved, at(450))

    assert [(when, version.exit_plan) for when, version in history.versions] == [
        (at(0), opened.exit_plan),
        (at(300), moved.exit_plan),
    ]
    assert history.unrealized.values[-1] == 450.0
    assert 100 < len(history.unrealized) <= MAX_HISTORY_POINTS
    assert list(history.unrealized.values) == sorted(history.unrealized.values)
    assert all(0 <= value <= 450 for value in history.unrealized.values)


async def test_the_history_of_a_position_that_was_never_stored_is_empty(
    database: Database, roster: Roster
) -> None:
    reader = Reader(database, roster)
    history = await reader.position_history(key(), replace(position("ETH"), entry_at=at(0)), at(10))
    assert history.versions == ()
    assert len(history.unrealized) == 0
    unknown = await reader.position_history(key(), replace(position("ETH"), entry_at=None), at(10))
    assert unknown.versions == ()
