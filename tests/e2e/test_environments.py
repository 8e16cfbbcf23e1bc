"""The program in odd environments: terminals, variables, closed streams. Exit code, words, no loop."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.arena_server import ArenaServer, ArenaState, wire_row
from tests.support.program import PROGRAM, run
from tests.support.pty_terminal import PtyTerminal

Opening = Callable[..., PtyTerminal]


@pytest.fixture
def open_terminal() -> Iterator[Opening]:
    """Runs the program in terminals that are closed at the end."""
    opened: list[PtyTerminal] = []

    def start(*arguments: str, **options: object) -> PtyTerminal:
        opened.append(PtyTerminal([*PROGRAM, *arguments], **options))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


FIX = "set TERM=xterm-256color (or run nof1-tui show leaderboard)."
UNUSABLE = [
    ("dumb", 120, 40, f"TERM=dumb cannot show the monitor; {FIX}"),
    ("unknown", 120, 40, f"TERM=unknown cannot show the monitor; {FIX}"),
    ("", 120, 40, f"TERM is empty and the terminal cannot show the monitor; {FIX}"),
    (None, 120, 40, f"TERM is not set and the terminal cannot show the monitor; {FIX}"),
    (
        "xterm",
        0,
        0,
        "the terminal reports a size of 0×0 and cannot show the monitor; run stty cols 80 rows 24",
    ),
    ("xterm", 120, 0, "the terminal reports a size of 120×0 and cannot show the monitor; run stty cols 80"),
]


@pytest.mark.parametrize(("term", "columns", "lines", "words"), UNUSABLE)
def test_a_terminal_that_cannot_show_the_monitor_is_refused_in_one_line(
    bare_home: dict[str, str],
    open_terminal: Opening,
    term: str | None,
    columns: int,
    lines: int,
    words: str,
) -> None:
    terminal = open_terminal("demo", env=bare_home, term=term, columns=columns, lines=lines)
    assert terminal.wait_exit(20) == 2
    output = terminal.output.decode()
    assert output.startswith(f"nof1-tui: {words}")
    assert output.count("\n") == 1
    assert "\x1b" not in output


@pytest.mark.parametrize("term", ["dumb", "unknown", "", None])
def test_doctor_says_the_same_in_a_pipe(bare_home: dict[str, str], term: str | None) -> None:
    environment = {key: value for key, value in bare_home.items() if key != "TERM"}
    done = run(environment | ({} if term is None else {"TERM": term}), "doctor", "--offline", "--json")
    assert f"cannot show the monitor; {FIX}" in done.stdout


ODD_TYPES = [
    *("xterm-kitty", "xterm", "XTERM-256COLOR", "screen", "tmux-256color", "linux", "vt100", "vt220"),
    *("rxvt-unicode", "alacritty", "xterm-ghostty", "foot", "wezterm", "st-256color", "ansi", "cygwin"),
    *("xterm 256", "../../etc/passwd", "müll", "x" * 2000, "dumb-emacs-ansi"),
]


def assert_usable_and_steady(terminal: PtyTerminal) -> None:
    terminal.wait_for("DEMO")
    terminal.wait_for("DeepSeek V3.1")
    terminal.pump(3.0)
    before = resident_bytes(terminal.process.pid)
    terminal.pump(3.0)
    assert resident_bytes(terminal.process.pid) - before < 24 * 2**20
    terminal.send("q")
    assert terminal.wait_exit(5) == 0


@pytest.mark.slow
@pytest.mark.parametrize("term", ODD_TYPES)
def test_a_terminal_of_an_odd_type_shows_the_monitor_in_flat_memory(
    home: dict[str, str], open_terminal: Opening, term: str
) -> None:
    assert_usable_and_steady(open_terminal("demo", "--seed", "7", env=home, term=term))


def test_the_terminals_own_size_wins_over_columns_and_lines(
    home: dict[str, str], open_terminal: Opening
) -> None:
    terminal = open_terminal("demo", "--seed", "7", env=home | {"COLUMNS": "60", "LINES": "12"})
    terminal.wait_for("DeepSeek V3.1")
    terminal.wait(lambda: bool(terminal.screen.display[39].strip()), "the footer in row 40")
    terminal.resize(150, 45)
    terminal.wait(lambda: bool(terminal.screen.display[44].strip()), "the footer in row 45")
    terminal.wait(lambda: bool(terminal.screen.display[0][120:].strip()), "the header beyond column 120")
    terminal.send("q")
    assert terminal.wait_exit(5) == 0


def test_the_monitor_is_on_the_terminal_though_stderr_is_a_file(
    home: dict[str, str], open_terminal: Opening, tmp_path: Path
) -> None:
    command = ["/bin/sh", "-c", f'"$@" 2>{tmp_path}/errors', "sh", *PROGRAM, "demo", "--seed", "7"]
    terminal = PtyTerminal(command, env=home)
    try:
        terminal.wait_for("DeepSeek V3.1")
        terminal.send("q")
        assert terminal.wait_exit(5) == 0
        assert (tmp_path / "errors").read_text() == ""
    finally:
        terminal.close()


def slow(*values: object) -> Any:
    """A row of a table that only the slow suite runs."""
    return pytest.param(*values, marks=pytest.mark.slow)


CLOSED_STDOUT = [
    "--version",
    "config show",
    *map(slow, ("--help", "completion bash", "traders list", "doctor --offline")),
]


@pytest.mark.parametrize("stdout", [">&-", ">/dev/full"])
@pytest.mark.parametrize("arguments", CLOSED_STDOUT)
def test_an_unwritable_stdout_is_exit_code_1(bare_home: dict[str, str], arguments: str, stdout: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {stdout}', "sh", *PROGRAM, *arguments.split()],
        env=bare_home,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    reason = "it is closed" if stdout == ">&-" else "No space left on device"
    assert done.stderr == f"nof1-tui: the output is not writable: {reason}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("colect", "No such command 'colect'. (Did you mean one of: 'collect', 'completion'?)"),
        ("stauts --json", "No such command 'stauts'. Did you mean 'status'?"),
        slow("db upgrad", "No such command 'upgrad'. Did you mean 'upgrade'?"),
        slow("collect --onec", "No such option '--onec'. Did you mean '--once'?"),
    ],
)
def test_a_mistyped_command_gets_a_suggestion(bare_home: dict[str, str], arguments: str, words: str) -> None:
    done = run(bare_home, *arguments.split())
    assert done.returncode == 2
    assert done.stderr.startswith(f"nof1-tui: {words}\n")


def test_a_mistyped_variable_is_a_warning_on_stderr_and_in_doctor(bare_home: dict[str, str]) -> None:
    words = "NOF1_POL_PRICES_S is not a setting and is ignored (did you mean NOF1_POLL_PRICES_S?)"
    shown = run(bare_home | {"NOF1_POL_PRICES_S": "4"}, "config", "show")
    assert (shown.returncode, shown.stderr) == (0, f"nof1-tui: {words}\n")
    examined = run(bare_home | {"NOF1_POL_PRICES_S": "4"}, "doctor", "--offline")
    assert words in next(line for line in examined.stdout.splitlines() if "variables" in line)


@pytest.fixture
def arena_url() -> Iterator[str]:
    now = time.time()
    with ArenaServer(ArenaState(rows=[wire_row("gpt-5", 11_500.0, at=now, inception=now - 7_200)])) as served:
        yield served.url


PROXIED = [
    ({"NO_PROXY": "fd07:b51a:cc66:f0::/64"}, None),
    slow({"NO_PROXY": "localhost,::1,[::1]"}, None),
    slow({"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "[::1],127.0.0.0/8"}, None),
    slow({"HTTPS_PROXY": "socks5://127.0.0.1:9"}, None),
    slow(
        {"HTTP_PROXY": "http://127.0.0.1:9"},
        "no connection to the proxy HTTP_PROXY=http://127.0.0.1:9: refused",
    ),
    slow(
        {"ALL_PROXY": "http://127.0.0.1:9x"},
        "the proxy ALL_PROXY=http://127.0.0.1:9x cannot be used: Invalid port",
    ),
    slow(
        {"http_proxy": "socks5://127.0.0.1:9"},
        "the proxy http_proxy=socks5://127.0.0.1:9 cannot be used: SOCKS",
    ),
    (
        {"NOF1_PROXY": "http://127.0.0.1:9"},
        "no connection to the proxy NOF1_PROXY=http://127.0.0.1:9: refused",
    ),
    (
        {"SSL_CERT_FILE": "/nonexistent/ca.pem"},
        "SSL_CERT_FILE=/nonexistent/ca.pem cannot be used: No such file",
    ),
]


@pytest.mark.parametrize(("variables", "words"), PROXIED)
def test_the_collector_and_doctor_work_or_name_variable_and_value(
    home: dict[str, str], arena_url: str, variables: dict[str, str], words: str | None
) -> None:
    environment = home | {"NOF1_API_URL": arena_url, "NOF1_CHECK_CHAIN_S": "0"} | variables
    collected, examined = run(environment, "collect", "--once"), run(environment, "doctor")
    assert "Traceback" not in collected.stderr + examined.stderr
    assert "internal error" not in collected.stderr + examined.stderr
    if words is None:
        assert (collected.returncode, examined.returncode) == (0, 0), collected.stderr + examined.stdout
    else:
        assert (collected.returncode, examined.returncode) == (1, 1)
        assert words in collected.stderr
        assert words in examined.stdout
