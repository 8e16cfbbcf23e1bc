"""The terminal before the monitor paints, and after it fails."""

from __future__ import annotations

import signal
import termios
import time
from collections.abc import Iterator

import pytest

from nof1tui.cli.splash_frame import FrameCache
from tests.support.arena_server import ArenaServer, ArenaState, wire_row
from tests.support.program import PROGRAM
from tests.support.pty_terminal import PtyTerminal

TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def leave_a_frame(home: dict[str, str]) -> None:
    sequence = "\x1b[3;5Hfigures of the last run"
    FrameCache(home | TERMINAL).save(120, 40, time.time() - 250, (20, ""), sequence)


@pytest.fixture
def terminals(home: dict[str, str]) -> Iterator[list[PtyTerminal]]:
    started: list[PtyTerminal] = []
    yield started
    for terminal in started:
        terminal.close()


def test_the_frame_of_the_last_run_is_shown_until_the_monitor_paints(
    home: dict[str, str], terminals: list[PtyTerminal]
) -> None:
    now = time.time()
    with ArenaServer(ArenaState(rows=[wire_row("gpt-5", 11_500.0, at=now, inception=now - 7_200)])) as served:
        home["NOF1_API_URL"] = served.url
        for run in (1, 2):
            terminal = PtyTerminal(PROGRAM, env=home)
            terminals.append(terminal)
            if run == 2:
                terminal.wait_for("STORED")
                assert "$11,500.00" in terminal.text
                assert b"\x1b[?1049h" in terminal.output
                assert "LIVE" not in terminal.text
            terminal.wait_for("LIVE")
            terminal.wait_for("$11,500.00")
            terminal.send("q")
            assert terminal.wait_exit(10) == 0


def test_wrong_settings_are_reported_on_the_normal_screen(
    home: dict[str, str], terminals: list[PtyTerminal]
) -> None:
    home["NOF1_POLL_ACCOUNTS_S"] = "never"
    leave_a_frame(home)
    terminal = PtyTerminal(PROGRAM, env=home)
    terminals.append(terminal)
    assert terminal.wait_exit(20) == 2
    left = terminal.output.rpartition(b"\x1b[?1049l")[2]
    assert b"figures of the last run" in terminal.output
    assert b"NOF1_POLL_ACCOUNTS_S" in left


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_during_the_first_frame_restores_the_terminal(
    home: dict[str, str], terminals: list[PtyTerminal], number: signal.Signals, code: int
) -> None:
    leave_a_frame(home)
    # A stop in the middle of the imports, where nothing of the app's is in place yet.
    program = "import signal, sys; sys.argv = ['nof1-tui']; from nof1tui import __main__ as m\n"
    program += "m._run = lambda: 9\nimport nof1tui.cli.main as c\n"
    program += "def run(cached_frame): signal.pause()\nc.run = run\n"
    program += "try:\n    code = m.main()\nexcept KeyboardInterrupt:\n    code = 130\nsys.exit(code)"
    terminal = PtyTerminal([PROGRAM[0], "-c", program], env=home)
    terminals.append(terminal)
    terminal.wait_for("figures of the last run")
    terminal.wait(lambda: not termios.tcgetattr(terminal.fileno)[3] & termios.ECHO, "quiet keys")
    terminal.process.send_signal(number)
    assert terminal.wait_exit(10) == code
    assert terminal.output.endswith(b"\x1b[?1049l\x1b[?25h")
    assert termios.tcgetattr(terminal.fileno)[3] & termios.ECHO
