"""`db`: migrations and whereabouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1tui.domain.redaction import redact
from nof1tui.store.schema import migrate
from tests.support.cli_types import Command


def test_an_empty_database_is_taken_up_and_down_and_up_again(
    command: Command, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_DATABASE_URL", empty_database_url)
    steps = [
        ("current", "none"),
        ("upgrade", f"upgraded to {migrate.HEAD_REVISION}"),
        ("upgrade", f"already at {migrate.HEAD_REVISION}"),
        ("current", migrate.HEAD_REVISION),
        ("check", f"schema is up to date, at revision {migrate.HEAD_REVISION}"),
        ("downgrade base", "downgraded to base"),
        ("current", "none"),
        ("upgrade", f"upgraded to {migrate.HEAD_REVISION}"),
    ]
    for step, told in steps:
        said = command("db", *step.split())
        assert (said.code, said.out, said.err) == (0, f"{told}\n", ""), step


def test_a_schema_that_is_not_this_programs_fails_the_check(
    command: Command, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_DATABASE_URL", empty_database_url)
    said = command("db", "check")
    assert (said.code, said.out) == (1, "")
    assert "the store is at revision none" in said.err


def test_an_unknown_revision_is_refused_plainly(on_store: Command) -> None:
    said = on_store("db", "downgrade", "0815")
    assert said.code == 1
    assert said.err.startswith("nof1-tui: the store cannot be migrated: ")
    assert len(said.err.splitlines()) == 1


def test_the_embedded_server_has_a_path_and_one_by_url_has_none(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = command("db", "path")
    assert (said.code, said.out) == (0, f"{tmp_path / 'data' / 'nof1-tui' / 'postgres'}\n")
    monkeypatch.setenv("NOF1_DB_HOST", "db")
    said = command("db", "path")
    assert (said.code, said.out) == (1, "")


def test_the_url_is_printed_without_its_password(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_DB_HOST", "db")
    monkeypatch.setenv("NOF1_DB_PASSWORD", "hunter2")
    assert command("db", "url").out == "postgresql://nof1:***@db:5432/nof1\n"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h:5/d?sslmode=require", "postgresql://u:***@h:5/d?sslmode=require"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://h/d", "postgresql://h/d"),
        ("postgresql://u:p@ss/w?rd@h/d", "postgresql://u:***@h/d"),
        ("postgresql://:p@h/d", "postgresql://:***@h/d"),
        ("postgresql://u:p@/d?host=%2Frun", "postgresql://u:***@/d?host=%2Frun"),
        ("postgresql:///d?host=h&user=u&password=p", "postgresql:///d?host=h&user=u&password=***"),
    ],
)
def test_a_password_is_masked_wherever_it_stands(url: str, shown: str) -> None:
    assert redact(url) == shown
