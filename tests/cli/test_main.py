"""The whole command line: help, exit codes, error messages, interrupts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from nof1tui import __version__
from nof1tui.cli import main as main_module
from nof1tui.cli.main import COMMANDS, cli
from tests.support.cli_types import Command


def every_command() -> list[str]:
    """Names of all commands: `show`, `db upgrade` …"""
    context, names = click.Context(cli), []
    for name in COMMANDS:
        found = cli.get_command(context, name)
        names.append(name)
        if isinstance(found, click.Group):
            names += [f"{name} {inner}" for inner in found.commands]
    return names


@pytest.mark.parametrize("name", every_command())
def test_every_command_has_help_with_an_example(command: Command, name: str) -> None:
    result = command(*name.split(), "--help")
    assert result.code == 0
    assert "Example" in result.out
    assert f"nof1-tui {name}" in result.out
    assert "--database-url" in result.out


def test_the_list_of_commands_has_every_command_with_its_summary(command: Command) -> None:
    result = command("--help")
    context = click.Context(cli)
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name}" in result.out
        assert summary in result.out
        assert isinstance(cli.get_command(context, name), click.Command)


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_both_entry_points_print_the_version(command: Command, flag: str) -> None:
    short = subprocess.run(
        [sys.executable, "-m", "nof1tui", flag], capture_output=True, text=True, check=True
    )
    assert short.stdout == command(flag).out == f"nof1-tui {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sow"], "No such command 'sow'"),
        (["show"], "Missing argument"),
        (["show", "weather"], "'weather' is not one of"),
        (["show", "trades", "--limt", "3"], "No such option"),
        (["show", "trades", "--limit", "-3"], "--limit"),
        (["show", "trades", "--as-of", "soon"], "can't parse 'soon'; try"),
        (["show", "trades", "--since", "soon"], "can't parse 'soon'; try"),
        (["show", "leaderboard", "--since", "-6h"], "--since does not apply to leaderboard"),
        (["show", "leaderboard", "--coin", "BTC"], "--coin does not apply to leaderboard"),
        (["show", "prices", "--trader", "gpt-5"], "--trader does not apply to prices"),
        (["show", "trades", "--full"], "--full does not apply to trades"),
        (["import", "nowhere"], "'nowhere' does not exist"),
        (["import"], "Missing argument"),
        (["demo", "--speed", "0"], "--speed"),
        (["replay", "nowhere"], "the monitor needs a terminal"),
        ([], "the monitor needs a terminal"),
        (["--database-url", "mysql://h/d", "status"], "--database-url: must be a PostgreSQL URL"),
        (["db", "current", "--database-url", "mysql://h/d"], "--database-url: must be a PostgreSQL URL"),
    ],
)
def test_wrong_use_gives_at_most_two_plain_lines_and_exit_code_2(
    command: Command, arguments: list[str], message: str
) -> None:
    result = command(*arguments)
    assert result.code == 2
    assert message in result.err
    assert result.err.startswith("nof1-tui: ")
    assert len(result.err.splitlines()) <= 2
    assert result.out == ""


def test_wrong_settings_end_a_command_before_it_starts(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_POLL_PRICES_S", "0")
    result = command("collect")
    assert (result.code, result.err) == (2, "nof1-tui: NOF1_POLL_PRICES_S: must be at least 1\n")


def test_a_source_without_an_arena_to_collect_from_is_refused(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_SOURCE", "replay")
    result = command("collect")
    assert result.code == 2
    assert "NOF1_SOURCE is replay, which cannot be collected" in result.err


@pytest.mark.parametrize("arguments", [("record", "folder"), ("import", "folder"), ("db", "requarantine")])
def test_commands_of_the_nof1_api_are_refused_for_wallets(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "trades.json").write_text("{}")
    monkeypatch.setenv("NOF1_SOURCE", "hyperliquid")
    result = command(*arguments)
    assert result.code == 2
    assert "is for responses of the nof1 API" in result.err


def test_arguments_are_repeated_without_control_characters(command: Command) -> None:
    result = command("show", "\x1b]52;c;evil\x07")
    assert result.code == 2
    assert "\x1b" not in result.err


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no \x1b[31mgood\x1b[0m")

    monkeypatch.setattr(main_module.cli, "invoke", fail)


def test_an_internal_error_is_one_line_and_a_hint_without_traceback(command: Command, broken: None) -> None:
    result = command("status")
    assert result.code == 1
    assert result.err.startswith("nof1-tui: internal error: RuntimeError: no \\x1b[31mgood")
    assert "--debug" in result.err


def test_with_debug_an_internal_error_keeps_its_traceback(command: Command, broken: None) -> None:
    result = command("status", "--debug")
    assert result.code == 1
    assert "Traceback" in result.err
    assert "RuntimeError: no good" in result.err


def test_ctrl_c_is_quiet(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module.cli, "invoke", interrupted)
    result = command("status")
    assert (result.code, result.err.strip()) == (130, "")


def test_a_closed_pipe_is_not_a_failure() -> None:
    script = "import sys; from nof1tui.__main__ import main; sys.exit(main())"
    closed = f"exec 3>&1; {{ {sys.executable} -c '{script}' show --help; echo $? >&3; }} | true"
    done = subprocess.run(["bash", "-c", closed], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_terminal_that_cannot_show_a_character_gets_a_plain_one() -> None:
    program = "import sys; from nof1tui.cli import main; main._replace_unencodable(); print('\\u2501')"
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONIOENCODING": "latin-1"}, capture_output=True, check=True
    )
    assert done.stdout == b"-\n"
