"""Every failure of a command: one or two plain lines on stderr, and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from nof1tui.domain.records import Feed
from tests.support.builders import account_row, batch
from tests.support.cli_types import Command

NOWHERE = "postgresql://me:hunter2@127.0.0.1:1/x"
READERS = ("show leaderboard", "show trades --json", "show events --csv", "export t.csv")


def assert_plain(stderr: str, *expected: str) -> None:
    """At most two lines, no traceback, no secret, and all of `expected`."""
    lines = stderr.splitlines()
    assert 1 <= len(lines) <= 2, stderr
    assert lines[0].startswith("nof1-tui: ")
    assert "Traceback" not in stderr
    assert "hunter2" not in stderr
    for text in expected:
        assert text in stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--frobnicate", "No such option"),
        ("show trades --frobnicate", "No such option"),
        ("export", "Missing argument 'FILE'"),
        ("export t.xlsx", "FILE must end in .csv, .jsonl, .parquet"),
        ("export t.csv --what weather", "'weather' is not one of"),
        ("export t.csv --until soon", "can't parse 'soon'; try"),
        ("show stats --since yesteryear", "can't parse 'yesteryear'; try"),
        ("show stats --coin BTC", "--coin does not apply to stats"),
        ("show coins --since -1d", "--since does not apply to coins"),
        ("status --json=yes", "does not take a value"),
        ("completion tcsh", "'tcsh' is not one of"),
        ("db grant-viewer", "Missing argument 'ROLE'"),
        ("db prune", "no retention given"),
        ("db restore nowhere.nof1", "nowhere.nof1 is not a file"),
        ("doctor --hastily", "No such option"),
        ("collect --log-format xml", "'xml' is not one of"),
        ("--log-level loud status", "'loud' is not one of"),
    ],
)
def test_wrong_use_has_exit_code_2(command: Command, arguments: str, message: str) -> None:
    result = command(*arguments.split())
    assert (result.code, result.out) == (2, "")
    assert_plain(result.err, message)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("NOF1_POLL_PRICES_S", "0.1", "NOF1_POLL_PRICES_S: must be at least 1"),
        ("NOF1_DATABASE_URL", "mysql://me:hunter2@h/d", "must be a PostgreSQL URL"),
        ("NOF1_READ_ONLY", "perhaps", "NOF1_READ_ONLY"),
    ],
)
def test_wrong_settings_have_exit_code_2(
    command: Command, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, message: str
) -> None:
    monkeypatch.setenv(setting, value)
    result = command("show", "leaderboard")
    assert (result.code, result.out) == (2, "")
    assert_plain(result.err, message)


@pytest.mark.parametrize("arguments", [*READERS, "db prune --older-than 9"])
def test_a_missing_store_has_exit_code_1(command: Command, arguments: str) -> None:
    result = command(*arguments.split())
    assert (result.code, result.out) == (1, "")
    assert_plain(result.err, "no store at", "run `nof1-tui`")


@pytest.mark.parametrize(
    "arguments", [*READERS, "import .", "db current", "db upgrade", "db export s.nof1", "db grant-viewer w"]
)
def test_an_unreachable_store_has_exit_code_1(command: Command, arguments: str) -> None:
    Path("trades.json").write_text('{"trades": [], "serverTime": 0}')
    result = command(*arguments.split(), "--database-url", NOWHERE)
    assert (result.code, result.out) == (1, "")
    assert_plain(result.err, "the store cannot be reached", "Connection refused")


@pytest.mark.parametrize(
    "arguments", [*READERS, "import .", "collect --once", "db upgrade", "db downgrade base"]
)
def test_a_store_of_a_newer_program_has_exit_code_1(
    on_store: Command, database_url: str, arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_API_URL", "http://127.0.0.1:9/api")
    Path("trades.json").write_text('{"trades": [], "serverTime": 0}')
    with psycopg.connect(database_url) as db:
        db.execute("UPDATE nof1.alembic_version SET version_num = '9999'")
    result = on_store(*arguments.split())
    assert (result.code, result.out) == (1, "")
    assert_plain(result.err, "revision 9999", "written by a newer version", "Upgrade nof1-tui")


@pytest.mark.parametrize("arguments", ["status", "status --json", "status --metrics"])
def test_status_without_a_store_has_exit_code_2(command: Command, arguments: str) -> None:
    for where in ((), ("--database-url", NOWHERE)):
        result = command(*arguments.split(), *where)
        assert result.code == 2
        assert_plain(result.err)


def test_an_unknown_trader_has_exit_code_2(on_store: Command, keep: Callable[..., None]) -> None:
    keep(batch(Feed.ACCOUNTS, accounts=(account_row("gpt-5"),)))
    for what in ("leaderboard", "positions", "trades", "chat", "events", "stats"):
        result = on_store("show", what, "--trader", "gtp-5")
        assert (result.code, result.out) == (2, "")
        assert_plain(result.err, "unknown trader 'gtp-5'", "did you mean gpt-5?", "Known:")


def test_an_unreachable_api_has_exit_code_1(on_store: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_API_URL", "http://127.0.0.1:9/api")
    result = on_store("collect", "--once")
    assert result.code == 1
    assert_plain(result.err.splitlines()[-1], "not everything was collected", "127.0.0.1:9")


@pytest.mark.parametrize(
    "arguments",
    [
        "export nowhere/t.csv",
        "export nowhere/t.jsonl",
        "export nowhere/t.parquet",
        "db export nowhere/store.nof1",
        "record file/tapes",
    ],
)
def test_an_unwritable_file_is_named(on_store: Command, arguments: str) -> None:
    Path("file").write_text("in the way")
    result = on_store(*arguments.split())
    assert (result.code in (1, 2), result.out) == (True, "")
    assert_plain(result.err, arguments.split()[-1])


def test_an_unwritable_config_file_is_named(command: Command, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("in the way")
    result = command("config", "init")
    assert (result.code, result.out) == (1, "")
    assert_plain(result.err, "config.toml is not writable")
