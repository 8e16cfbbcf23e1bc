"""Monthly partitions are created with the first row of a month and take its rows from the default one."""

from __future__ import annotations

import psycopg
import pytest

from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, batch


@pytest.fixture
def writer(database: Database, roster: Roster) -> Writer:
    return Writer(database, arena="nof1", roster=roster)


@pytest.fixture
def reader(database: Database, roster: Roster) -> Reader:
    return Reader(database, roster)


async def test_rows_of_any_month_have_a_partition(writer: Writer, reader: Reader, database_url: str) -> None:
    moments = (account_row(minutes=0), account_row(minutes=60 * 24 * 40), account_row(minutes=-60 * 24 * 400))
    await writer.write(batch(accounts=moments))
    assert (await reader.inventory()).rows["account_snapshots"] == 3
    with psycopg.connect(database_url) as connection:
        left = connection.execute("SELECT count(*) FROM nof1.account_snapshots_default").fetchone()
    assert left == (0,)


async def test_rows_of_the_default_partition_move_when_their_month_is_created(
    writer: Writer, reader: Reader, database: Database, roster: Roster, database_url: str
) -> None:
    """The state after a partition was detached and its rows inserted by hand."""
    await writer.write(batch(accounts=tuple(account_row(minutes=minute) for minute in range(3))))
    with psycopg.connect(database_url) as connection:
        (month,) = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'nof1.account_snapshots'::regclass "
            "AND inhrelid::regclass::text NOT LIKE '%default'"
        ).fetchone() or ("",)
        connection.execute(f"ALTER TABLE nof1.account_snapshots DETACH PARTITION {month}".encode())
        connection.execute(f"INSERT INTO nof1.account_snapshots SELECT * FROM {month}".encode())
        connection.execute(f"DROP TABLE {month}".encode())
    await Writer(database, arena="nof1", roster=roster).write(batch(accounts=(account_row(minutes=3),)))
    assert (await reader.inventory()).rows["account_snapshots"] == 4
    with psycopg.connect(database_url) as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM nof1.account_snapshots_default), "
            f"(SELECT count(*) FROM {month})".encode()
        ).fetchone()
    assert counts == (0, 4)
