"""Migrations: up, down, up again, without racing, and never on a store of the future."""

from __future__ import annotations

import os
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

RECORDS = ("account_snapshots", "accounts", "decisions", "position_versions", "prices", "trades")
ROLLUPS = ("equity_rollup", "price_rollup")


def contents(url: str, tables: Iterable[str]) -> dict[str, list[Any]]:
    """Every row of these tables as JSON."""
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


def test_up_down_and_up_again_leaves_what_the_models_say(empty_database_url: str) -> None:
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


async def test_what_a_store_holds_is_carried_through_and_rolled_up_by_0002_as_writers_do(
    database: Database, database_url: str, roster: Roster
) -> None:
    minutes = range(0, 60 * 30, 7)
    held = (position("ETH"),)
    rows = tuple(account_row(minutes=m, equity=9_000.0 + m * 7919 % 1000, positions=held) for m in minutes)
    quotes = tuple(price("BTC", 100.0 + m % 17, minutes=m) for m in minutes)
    writer = Writer(database, arena="nof1", roster=roster)
    await writer.write(batch(accounts=rows, prices=quotes, trades=(trade(1),), decisions=(decision(1),)))
    kept = contents(database_url, RECORDS)
    rolled = contents(database_url, ROLLUPS)
    assert all(kept.values()) and all(rolled.values())
    migrate.downgrade(database_url, "0001")
    assert contents(database_url, RECORDS) == kept
    migrate.upgrade(database_url)
    assert contents(database_url, RECORDS) == kept
    assert contents(database_url, ROLLUPS) == rolled
    assert migrate.check_schema(database_url) == []


def test_the_constant_names_the_newest_script() -> None:
    newest = max(path.name for path in (migrate.scripts_directory() / "versions").glob("[0-9]*.py"))
    assert newest.split("_", 1)[0] == migrate.HEAD_REVISION


def test_check_finds_what_the_models_do_not_know(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE nof1.trades ADD COLUMN stray text")
    assert "stray" in migrate.check_schema(database_url)[0]


def test_programs_that_start_together_do_not_race(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        did = list(pool.map(migrate.upgrade, [empty_database_url] * 4))
    assert sorted(did) == [False, False, False, True]


def test_a_store_of_the_future_is_refused_and_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE nof1.alembic_version SET version_num = '9999'")
    for refused in (migrate.upgrade, lambda url: migrate.downgrade(url, "base")):
        with pytest.raises(StoreUnusable, match="newer version"):
            refused(database_url)
    assert migrate.read_revision(database_url) == "9999"


def test_an_unknown_revision_to_go_back_to_is_refused(database_url: str) -> None:
    with pytest.raises(StoreUnusable, match="cannot be migrated"):
        migrate.downgrade(database_url, "nonsense")
    assert migrate.read_revision(database_url) == migrate.HEAD_REVISION


def test_an_unreachable_server_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        migrate.read_revision("postgresql://user:secret@127.0.0.1:1/nowhere")


@pytest.mark.parametrize("command", [["upgrade", "head"], ["check"], ["downgrade", "base"]])
def test_alembic_works_from_the_shell_too(database_url: str, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "alembic.ini", *command],
        cwd=ROOT,
        env={**os.environ, "NOF1_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_alembic_without_a_database_says_what_to_set() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NOF1_DATABASE_URL"}
    command = [sys.executable, "-m", "alembic", "-c", "alembic.ini", "current"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "NOF1_DATABASE_URL" in done.stderr + done.stdout
