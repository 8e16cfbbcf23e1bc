"""No command prints a database's password, or a piece of it, whatever is wrong with the URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1tui.settings.paths import UserDirectories
from tests.domain.test_database_url import MARK, malformed_url
from tests.support.cli_types import Command

COMMANDS = (
    ("config", "show"),
    ("config", "show", "--json"),
    ("db", "url"),
    ("db", "current"),
    ("db", "upgrade"),
    ("doctor", "--offline"),
    ("status", "--json"),
    ("show", "leaderboard"),
    ("collect", "--once"),
    ("--debug", "status"),
)
UNREACHABLE = f"postgresql://me:{MARK[0]}%20%40{MARK[1]}@127.0.0.1:1/nof1"
SPECIAL = [f"postgresql://me:{MARK[0]}{sign}{MARK[1]}@127.0.0.1:1/nof1" for sign in "@/#?% "]


def leaks(text: str) -> list[str]:
    return [line for line in text.splitlines() if any(half in line for half in MARK)]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_prints_the_password_of_a_store_that_cannot_be_reached(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("NOF1_DATABASE_URL", UNREACHABLE)
    result = command(*arguments)
    assert leaks(result.out + result.err) == []
    if arguments[0] in ("config", "db") and arguments[1] in ("show", "url"):
        assert "postgresql://me:***@127.0.0.1:1/nof1" in result.out


@pytest.mark.parametrize(
    "variable", ["NOF1_DATABASE_URL", "NOF1_DATABASE_DIRECT_URL", "NOF1_DATABASE_READ_URL"]
)
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_command_says_to_percent_encode_a_special_character(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], variable: str
) -> None:
    for url in SPECIAL:
        monkeypatch.setenv(variable, url)
        result = command(*arguments)
        text = " ".join((result.out + result.err).split())
        assert leaks(text) == []
        assert result.code in (1, 2)
        assert f"{variable}: " in text
        assert "percent-encode it" in text


def test_a_url_in_the_config_file_and_as_a_flag_is_not_quoted_either(command: Command) -> None:
    file = UserDirectories.from_environment().config_file
    file.parent.mkdir(parents=True)
    for url in SPECIAL:
        file.write_text(f'database_url = "{url}"\n', "utf-8")
        result = command("status")
        assert leaks(result.out + result.err) == []
        assert "percent-encode it" in " ".join(result.err.split())
    file.unlink()
    for url in SPECIAL:
        result = command("status", "--database-url", url)
        assert leaks(result.out + result.err) == []
        assert result.code == 2


@pytest.mark.parametrize("count", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_malformed_urls_of_every_kind_are_not_quoted(
    command: Command, monkeypatch: pytest.MonkeyPatch, count: int, tmp_path: Path
) -> None:
    urls = [url for url in map(malformed_url, range(count * 2)) if "\0" not in url][:count]
    found = []
    for number, url in enumerate(urls):
        monkeypatch.setenv("NOF1_DATABASE_URL", url)
        arguments = COMMANDS[number % len(COMMANDS)]
        result = command(*arguments)
        found += [(url, arguments, line) for line in leaks(result.out + result.err)]
    for log in tmp_path.rglob("*.log"):
        found += [("log", (), line) for line in leaks(log.read_text("utf-8"))]
    assert found == []
