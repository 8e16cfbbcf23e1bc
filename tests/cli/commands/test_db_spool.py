"""`db spool`, `db rejected`, `status` and `doctor`: records that are not in the store stay in sight."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.collector.delivery.rejected_file import RejectedFile
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SpoolFolders
from nof1tui.domain.batch import Batch
from nof1tui.domain.records import Feed, Price
from nof1tui.settings.model import load_settings
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.lazy_pool import LazyPool
from nof1tui.store.reading.identity import read_identity
from tests.support.cli_types import Command
from tests.support.envelopes import AT, prices


@pytest.fixture
def store(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NOF1_DATABASE_URL", database_url)
    return database_url


@pytest.fixture
def folders(store: str) -> SpoolFolders:
    settings = load_settings()
    return SpoolFolders(settings.spool_root, settings.store_fingerprint)


def stored_prices(url: str) -> list[float]:
    with psycopg.connect(url) as db:
        return [value for (value,) in db.execute("SELECT price FROM nof1.prices ORDER BY ts")]


def test_rejected_records_are_counted_until_they_are_written_again(
    command: Command, store: str, folders: SpoolFolders
) -> None:
    RejectedFile(folders.current).append(prices(1), "value out of range")
    RejectedFile(folders.current).append(prices(2), "value out of range")
    document = json.loads(command("status", "--json").out)
    assert document["store"]["rejected"] == 2
    assert "2 records set aside" in command("status").out
    assert "nof1_store_rejected 2" in command("status", "--metrics").out
    assert "2 records set aside" in command("doctor", "--offline").out
    assert "value out of range" in command("db", "rejected").out
    assert command("db", "rejected", "--write").out == "2 records written\n"
    assert stored_prices(store) == [2.0, 3.0]
    assert command("db", "rejected").out == "no records were set aside\n"
    assert json.loads(command("status", "--json").out)["store"]["rejected"] == 0


def test_records_that_are_rejected_again_stay_and_can_be_dismissed(
    command: Command, store: str, folders: SpoolFolders
) -> None:
    with psycopg.connect(store) as db:
        db.execute("ALTER TABLE nof1.prices ADD CHECK (price < 1000000)")
    huge = Envelope(Batch(Feed.PRICES, "p", AT, prices=(Price("BTC", 2e6, AT, AT),)))
    RejectedFile(folders.current).append(huge, "too much")
    result = command("db", "rejected", "--write")
    assert (result.code, result.out) == (1, "0 records written\n")
    assert "check constraint" in result.err
    assert command("db", "rejected", "--dismiss").out == "1 records dismissed\n"
    assert command("db", "rejected").out == "no records were set aside\n"


def test_a_spool_of_another_spelling_of_the_url_is_named_and_written_on_request(
    command: Command, store: str, folders: SpoolFolders
) -> None:
    """Version 0.1 named its folders after the URL."""
    left = folders.root / "0123456789ab"
    spool = Spool(left)
    spool.append(prices(1), prices(2))
    spool.close()
    assert json.loads(command("status", "--json").out)["store"]["elsewhere"] == 2
    assert f"2 records in {left} wait for an unknown store" in command("doctor", "--offline").out.replace(
        "\n", ""
    )
    assert str(left) in command("db", "spool").out.replace("\n", "")
    assert command("db", "spool", "--write", str(left)).out == "2 records written\n"
    assert stored_prices(store) == [2.0, 3.0]
    assert command("db", "spool").out == "no queued records\n"


def test_only_spool_folders_are_written(command: Command, store: str, tmp_path: Path) -> None:
    result = command("db", "spool", "--write", str(tmp_path))
    assert result.code == 2
    assert "is not a spool folder" in result.err


async def test_a_database_has_one_identity_however_it_is_reached(
    database: Database, database_url: str
) -> None:
    other = LazyPool(database_url + "&application_name=other")
    try:
        assert await read_identity(database) == await read_identity(other)
    finally:
        await other.close()


def test_a_spool_follows_its_database_and_not_the_url(tmp_path: Path) -> None:
    first = Spool(SpoolFolders(tmp_path, "url-one"))
    first.bind("database-a", "host/a")
    first.append(prices(1))
    first.close()
    other_url = Spool(SpoolFolders(tmp_path, "url-two"))
    assert other_url.adopt_orphans() == 0
    other_url.bind("database-a", "host/a")
    assert other_url.adopt_orphans() == 1
    other_url.close()
    other_database = Spool(SpoolFolders(tmp_path, "url-one"))
    other_database.bind("database-b", "host/b")
    assert other_database.adopt_orphans() == 0
    [usage] = SpoolFolders(tmp_path, "url-one").usages()
    assert (usage.store, usage.is_own, usage.records) == ("host/a", False, 1)


def test_a_spool_of_0_1_under_the_same_url_is_adopted(tmp_path: Path) -> None:
    old = Spool(tmp_path / "url-one")
    old.append(prices(1))
    old.close()
    spool = Spool(SpoolFolders(tmp_path, "url-one"))
    spool.bind("database-a", "host/a")
    assert spool.adopt_orphans() == 1
    assert SpoolFolders(tmp_path, "url-one").current == tmp_path / "database-a"
