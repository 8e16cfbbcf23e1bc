"""Quarantine counts responses, not imports."""

from __future__ import annotations

import psycopg
import pytest
from msgspec.structs import replace

from nof1tui.domain.batch import Reject
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from tests.support.builders import at, batch


@pytest.fixture
def writer(database: Database, roster: Roster) -> Writer:
    return Writer(database, arena="nof1", roster=roster)


@pytest.fixture
def reader(database: Database, roster: Roster) -> Reader:
    return Reader(database, roster)


async def test_quarantine_counts_responses_but_not_repeated_imports(
    writer: Writer, reader: Reader, database_url: str
) -> None:
    first = Reject("trades", '{"id": 5}', "id: expected str", at(0))
    for seen in (first, first, replace(first, seen_at=at(9)), replace(first, seen_at=at(4))):
        await writer.write(batch(rejects=(seen,)))
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT raw, reason, first_seen_at, last_seen_at, count FROM nof1.quarantine"
        )
        assert rows.fetchall() == [('{"id": 5}', "id: expected str", at(0), at(9), 2)]
