"""The command line as a whole: help, exit codes, plain errors, quiet ends."""

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
    """By its words: `show`, `db upgrade` …"""
    context, names = click.Context(cli), []
    for name in COMMANDS:
        found = cli.get_command(context, name)
        names.append(name)
        if isinstance(found, click.Group):
            names += [f"{name} {inner}" for inner in found.commands]
    return names


@pytest.mark.parametrize("name", every_command())
def test_every_command_has_help_with_an_example(command: Command, name: str) -> None:
    said = command(*name.split(), "--help")
    assert said.code == 0
    assert "Example" in said.out
    assert f"nof1-tui {name}" in said.out
    assert "--database-url" in said.out


def test_the_list_of_commands_is_true(command: Command) -> None:
    said = command("--help")
    context = click.Context(cli)
    for name, (_, words) in COMMANDS.items():
        assert f"  {name}" in said.out
        assert words in said.out
        assert isinstance(cli.get_command(context, name), click.Command)


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_told_by_the_short_way_and_by_the_long_one(command: Command, flag: str) -> None:
    short = subprocess.run(
        [sys.executable, "-m", "nof1tui", flag], capture_output=True, text=True, check=True
    )
    assert short.stdout == command(flag).out == f"nof1-tui {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
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
def test_wrong_use_is_told_in_two_plain_lines_with_exit_code_2(
    command: Command, arguments: list[str], told: str
) -> None:
    said = command(*arguments)
    assert said.code == 2
    assert told in said.err
    assert said.err.startswith("nof1-tui: ")
    assert len(said.err.splitlines()) <= 2
    assert said.out == ""


def test_wrong_settings_end_a_command_before_it_does_anything(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_POLL_PRICES_S", "0")
    said = command("collect")
    assert (said.code, said.err) == (2, "nof1-tui: NOF1_POLL_PRICES_S: must be at least 1\n")


def test_a_source_without_an_arena_to_collect_from_is_refused(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOF1_SOURCE", "replay")
    said = command("collect")
    assert said.code == 2
    assert "NOF1_SOURCE is replay, which cannot be collected" in said.err


@pytest.mark.parametrize("words", [("record", "folder"), ("import", "folder"), ("db", "requarantine")])
def test_what_is_about_the_nof1_api_is_refused_for_wallets(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "trades.json").write_text("{}")
    monkeypatch.setenv("NOF1_SOURCE", "hyperliquid")
    said = command(*words)
    assert said.code == 2
    assert "is for responses of the nof1 API" in said.err


def test_what_a_person_typed_comes_back_without_control_characters(command: Command) -> None:
    said = command("show", "\x1b]52;c;evil\x07")
    assert said.code == 2
    assert "\x1b" not in said.err


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no \x1b[31mgood\x1b[0m")

    monkeypatch.setattr(main_module.cli, "invoke", fail)


def test_a_fault_of_ours_is_one_line_and_a_hint_without_traceback(command: Command, broken: None) -> None:
    said = command("status")
    assert said.code == 1
    assert said.err.startswith("nof1-tui: internal error: RuntimeError: no \\x1b[31mgood")
    assert "--debug" in said.err


def test_with_debug_a_fault_of_ours_keeps_its_traceback(command: Command, broken: None) -> None:
    said = command("status", "--debug")
    assert said.code == 1
    assert "Traceback" in said.err
    assert "RuntimeError: no good" in said.err


def test_ctrl_c_is_quiet(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module.cli, "invoke", interrupted)
    said = command("status")
    assert (said.code, said.err.strip()) == (130, "")


def test_a_reader_that_leaves_early_is_no_failure() -> None:
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
