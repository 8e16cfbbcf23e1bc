"""Thinning keeps one observation per hour, all roll-ups and all other records."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest

from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.retention import prune
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, key, price, trade

MINUTES = range(0, 60 * 26, 3)


def equity(minute: int) -> float:
    return 10_000.0 + (minute * 7919 % 1000) - 500.0


@pytest.fixture
async def filled(database: Database, roster: Roster) -> Writer:
    """26 hours of one account and one coin, a row every three minutes."""
    writer = Writer(database, arena="nof1", roster=roster)
    rows = tuple(account_row(minutes=minute, equity=equity(minute)) for minute in MINUTES)
    quotes = tuple(price("BTC", 100.0 + minute % 17, minutes=minute) for minute in MINUTES)
    await writer.write(batch(accounts=rows, prices=quotes, trades=(trade(minutes=5),)))
    return writer


def rollups(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as db:
        return db.execute("SELECT * FROM nof1.equity_rollup ORDER BY 1, 2, 3").fetchall()


def moments(url: str, table: str) -> list[datetime]:
    with psycopg.connect(url) as db:
        return [row[0] for row in db.execute(f"SELECT ts FROM nof1.{table} ORDER BY ts").fetchall()]


async def test_the_last_row_of_every_hour_and_all_after_the_horizon_are_kept(
    filled: Writer, database: Database, database_url: str
) -> None:
    horizon = at(60 * 20)
    pruned = await prune(database, before=horizon + timedelta(minutes=13))
    kept = moments(database_url, "account_snapshots")
    old = [moment for moment in kept if moment < horizon]
    hours = {moment.replace(minute=0, second=0) for moment in map(at, MINUTES) if moment < horizon}
    assert {moment.replace(minute=0, second=0) for moment in old} == hours
    assert len(old) == len(hours)
    assert [moment for moment in kept if moment >= horizon] == [at(m) for m in MINUTES if at(m) >= horizon]
    assert pruned.account_rows == len(MINUTES) - len(kept)
    assert moments(database_url, "prices") == kept


async def test_charts_and_drawdown_do_not_change(
    filled: Writer, database: Database, roster: Roster, database_url: str
) -> None:
    reader = Reader(database, roster)
    before = rollups(database_url)
    curve = (await reader.board()).curves[key()]
    await prune(database, before=at(60 * 20))
    assert rollups(database_url) == before
    after = (await reader.board()).curves[key()]
    assert (after.peak_usd, after.max_drawdown) == (curve.peak_usd, curve.max_drawdown)
    assert (after.days, after.closes) == (curve.days, curve.closes)
    assert {max(curve.values), min(curve.values)} <= set(after.values)


async def test_trades_are_kept(filled: Writer, database: Database, roster: Roster) -> None:
    await prune(database, before=at(60 * 24))
    assert len((await Reader(database, roster).board()).trades[key()].trades) == 1


async def test_a_dry_run_counts_and_changes_nothing(
    filled: Writer, database: Database, database_url: str
) -> None:
    before = moments(database_url, "account_snapshots")
    counted = await prune(database, before=at(60 * 20), dry_run=True)
    assert moments(database_url, "account_snapshots") == before
    assert counted == await prune(database, before=at(60 * 20))
    assert counted.account_rows > 300


async def test_a_second_run_deletes_nothing(filled: Writer, database: Database) -> None:
    await prune(database, before=at(60 * 20))
    assert (await prune(database, before=at(60 * 20))).account_rows == 0


async def test_a_late_row_in_a_thinned_hour_is_merged_into_the_roll_up(
    filled: Writer, database: Database, database_url: str
) -> None:
    before = {row[:3]: row for row in rollups(database_url)}
    before_count = sum(1 for minute in MINUTES if at(minute).date() == at(0).date())
    await prune(database, before=at(60 * 20))
    await filled.write(batch(accounts=(account_row(minutes=31, equity=1.0),)))
    after = {row[:3]: row for row in rollups(database_url)}
    assert before.keys() <= after.keys()
    with psycopg.connect(database_url) as db:
        lows = dict(
            db.execute("SELECT width_s, low FROM nof1.equity_rollup WHERE low = 1.0 ORDER BY 1").fetchall()
        )
        highs = "SELECT max(high), sum(n) FROM nof1.equity_rollup WHERE width_s = 86400"
        high, count = db.execute(highs).fetchone() or (None, None)
    assert set(lows) == {120, 600, 3600, 14400, 86400}
    assert high == max(equity(minute) for minute in MINUTES if at(minute).date() == at(0).date())
    assert count == before_count


async def test_rows_that_were_never_rolled_up_are_kept(
    database: Database, roster: Roster, database_url: str
) -> None:
    writer = Writer(database, arena="nof1", roster=roster)
    await writer.write(batch(accounts=tuple(account_row(minutes=minute) for minute in (0, 1, 1.5))))
    await prune(database, before=at(60 * 24))
    assert moments(database_url, "account_snapshots") == [at(0), at(1), at(1.5)]
