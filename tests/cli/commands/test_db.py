"""`db`: migrations, path and URL of the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1tui.domain.redaction import redact
from nof1tui.store.schema import migrate
from tests.support.cli_types import Command


def test_an_empty_database_is_upgraded_downgraded_and_upgraded_again(
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
    for step, output in steps:
        result = command("db", *step.split())
        assert (result.code, result.out, result.err) == (0, f"{output}\n", ""), step


def test_check_fails_for_another_schema_revision(
    command: Command, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_DATABASE_URL", empty_database_url)
    result = command("db", "check")
    assert (result.code, result.out) == (1, "")
    assert "the store is at revision none" in result.err


def test_an_unknown_revision_is_refused(on_store: Command) -> None:
    result = on_store("db", "downgrade", "0815")
    assert result.code == 1
    assert result.err.startswith("nof1-tui: the store cannot be migrated: ")
    assert len(result.err.splitlines()) == 1


def test_the_embedded_server_has_a_path_and_a_server_by_url_has_none(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = command("db", "path")
    assert (result.code, result.out) == (0, f"{tmp_path / 'data' / 'nof1-tui' / 'postgres'}\n")
    monkeypatch.setenv("NOF1_DB_HOST", "db")
    result = command("db", "path")
    assert (result.code, result.out) == (1, "")


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
        ("postgresql://u:p@ss/w?rd@h/d", "postgresql://***"),
        ("postgresql://:p@h/d", "postgresql://:***@h/d"),
        ("postgresql://u:p@/d?host=%2Frun", "postgresql://u:***@/d?host=%2Frun"),
        ("postgresql:///d?host=h&user=u&password=p", "postgresql:///d?host=h&user=u&password=***"),
    ],
)
def test_a_password_is_redacted_anywhere_in_the_url(url: str, shown: str) -> None:
    assert redact(url) == shown
