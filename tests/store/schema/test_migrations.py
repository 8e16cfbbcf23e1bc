"""Migrations: upgrade, downgrade, upgrade again, concurrently, and refusal of newer stores."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.connection.connect import Database
from nof1tui.store.schema import migrate
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, batch, decision, position, price, trade
from tests.support.paths import ROOT
from tests.test_language import WORDS

RECORDS = ("account_snapshots", "accounts", "decisions", "position_versions", "prices", "trades")
ROLLUPS = ("equity_rollup", "price_rollup")
PARTITION = re.compile(r"_(\d{6}|default)$")


def contents(url: str, tables: Iterable[str]) -> dict[str, list[Any]]:
    """All rows of these tables as JSON."""
    with psycopg.connect(url) as db:
        return {
            table: sorted(
                row for (row,) in db.execute(f"SELECT to_jsonb(t)::text FROM nof1.{table} t").fetchall()
            )
            for table in tables
        }


def schemas(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information)'")
        return {name for (name,) in rows}


def test_upgrade_downgrade_and_upgrade_again_give_the_schema_of_the_models(empty_database_url: str) -> None:
    assert migrate.read_revision(empty_database_url) is None
    assert migrate.upgrade(empty_database_url) is True
    assert migrate.upgrade(empty_database_url) is False
    assert migrate.read_revision(empty_database_url) == migrate.HEAD_REVISION
    assert migrate.check_schema(empty_database_url) == []
    migrate.downgrade(empty_database_url, "base")
    assert schemas(empty_database_url) == {"public"}
    assert migrate.check_schema(empty_database_url) != []
    migrate.upgrade(empty_database_url)
    assert migrate.check_schema(empty_database_url) == []


async def test_records_survive_a_downgrade_and_0002_rolls_them_up_as_writers_do(
    database: Database, database_url: str, roster: Roster
) -> None:
    minutes = range(0, 60 * 30, 7)
    held = (position("ETH"),)
    rows = tuple(account_row(minutes=m, equity=9_000.0 + m * 7919 % 1000, positions=held) for m in minutes)
    quotes = tuple(price("BTC", 100.0 + m % 17, minutes=m) for m in minutes)
    writer = Writer(database, arena="nof1", roster=roster)
    await writer.write(batch(accounts=rows, prices=quotes, trades=(trade(1),), decisions=(decision(1),)))
    records = contents(database_url, RECORDS)
    rollups = contents(database_url, ROLLUPS)
    assert all(records.values()) and all(rollups.values())
    migrate.downgrade(database_url, "0001")
    assert contents(database_url, RECORDS) == records
    migrate.upgrade(database_url)
    assert contents(database_url, RECORDS) == records
    assert contents(database_url, ROLLUPS) == rollups
    assert migrate.check_schema(database_url) == []


COMMENTS = """
SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'nof1'::regnamespace AND c.relkind IN ('r', 'p')
UNION ALL
SELECT c.relname, '', obj_description(c.oid) FROM pg_class c
WHERE c.relnamespace = 'nof1'::regnamespace AND c.relkind IN ('r', 'p', 'S')
"""


def comments(url: str) -> dict[tuple[str, str], str | None]:
    """Comments of all columns, and of tables and sequences (under an empty column name), partitions too."""
    with psycopg.connect(url) as db:
        return {(table, column): comment for table, column, comment in db.execute(COMMENTS)}


async def test_0007_replaces_comments_and_its_downgrade_restores_them_in_partitions_too(
    database: Database, database_url: str, roster: Roster
) -> None:
    await Writer(database, arena="nof1", roster=roster).write(
        batch(accounts=(account_row(),), prices=(price("BTC", 100.0),))
    )
    current = comments(database_url)
    migrate.downgrade(database_url, "0006")
    former = comments(database_url)
    partitions = {table for table, _ in former if table.startswith("prices_2")}
    assert len(partitions) == 1
    for table in ("prices", *partitions):
        assert former[table, "ts"] == "When it was quoted"
        assert current[table, "ts"] == "Time of the quote"
    assert former["events", ""] == "What happened, derived from the records; the same event has the same id"
    migrate.upgrade(database_url)
    assert comments(database_url) == current
    migrate.downgrade(database_url, "0006")
    assert comments(database_url) == former


def test_every_table_and_column_has_a_comment_in_plain_english(database_url: str) -> None:
    missing = {
        key
        for key, comment in comments(database_url).items()
        if not comment
        and not PARTITION.search(key[0])
        and key[0] != "alembic_version"
        and "_id_seq" not in key[0]
    }
    assert missing == set()
    unclear = re.compile(rf"{WORDS.pattern}|\b(upstream|its own|as it came)\b", re.IGNORECASE)
    assert [
        comment for comment in comments(database_url).values() if comment and unclear.search(comment)
    ] == []


def test_check_reports_a_comment_that_differs_from_the_models(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("COMMENT ON COLUMN nof1.trades.net IS 'something else'")
    assert "something else" in migrate.check_schema(database_url)[0]


def test_head_revision_is_the_newest_script() -> None:
    newest = max(path.name for path in (migrate.scripts_directory() / "versions").glob("[0-9]*.py"))
    assert newest.split("_", 1)[0] == migrate.HEAD_REVISION


def test_check_reports_a_column_that_the_models_lack(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE nof1.trades ADD COLUMN stray text")
    assert "stray" in migrate.check_schema(database_url)[0]


def test_of_concurrent_upgrades_one_migrates_and_the_others_wait(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        migrated = list(pool.map(migrate.upgrade, [empty_database_url] * 4))
    assert sorted(migrated) == [False, False, False, True]


def test_a_store_of_a_newer_program_is_refused_and_unchanged(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE nof1.alembic_version SET version_num = '9999'")
    for command in (migrate.upgrade, lambda url: migrate.downgrade(url, "base")):
        with pytest.raises(StoreUnusable, match="newer version"):
            command(database_url)
    assert migrate.read_revision(database_url) == "9999"


def test_a_downgrade_to_an_unknown_revision_is_refused(database_url: str) -> None:
    with pytest.raises(StoreUnusable, match="cannot be migrated"):
        migrate.downgrade(database_url, "nonsense")
    assert migrate.read_revision(database_url) == migrate.HEAD_REVISION


def test_an_unreachable_server_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        migrate.read_revision("postgresql://user:secret@127.0.0.1:1/nowhere")


@pytest.mark.parametrize("command", [["upgrade", "head"], ["check"], ["downgrade", "base"]])
def test_alembic_works_from_the_shell(database_url: str, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "alembic.ini", *command],
        cwd=ROOT,
        env={**os.environ, "NOF1_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_alembic_without_a_database_names_the_variable_to_set() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NOF1_DATABASE_URL"}
    command = [sys.executable, "-m", "alembic", "-c", "alembic.ini", "current"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "NOF1_DATABASE_URL" in done.stderr + done.stdout
