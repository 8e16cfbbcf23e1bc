"""Abnormal endings: a closed terminal, an unread log, an internal error."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import PROGRAM
from tests.support.pty_terminal import PtyTerminal

DEAF = ["/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
"""Starts a program that ignores SIGHUP, as under nohup."""
FAULTY = """
import sys
from nof1tui.cli.main import run
from nof1tui.tui.screens.arena import ArenaScreen

def tick(self, now):
    password = "hunter2"
    raise KeyError(f"postgresql://me:{password}@db/nof1")

ArenaScreen.tick = tick
sys.exit(run([]))
"""


@pytest.fixture
def home(bare_home: dict[str, str]) -> dict[str, str]:
    """Data folders without a cluster."""
    return bare_home


@pytest.fixture
def silent_database(home: dict[str, str]) -> Iterator[None]:
    """A database server that accepts connections and never responds; an unreachable arena."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        home["NOF1_DATABASE_URL"] = f"postgresql://me:hunter2@127.0.0.1:{listener.getsockname()[1]}/nof1"
        home["NOF1_API_URL"] = "http://127.0.0.1:9/api"
        yield


@pytest.mark.usefixtures("silent_database")
@pytest.mark.parametrize("ending", ["vanished terminal", "q"])
def test_an_unresponsive_database_does_not_delay_quitting(home: dict[str, str], ending: str) -> None:
    terminal = PtyTerminal([*DEAF, *PROGRAM], env=home)
    try:
        terminal.wait_for("8 System")
        terminal.pump(0.5)
        if ending == "q":
            terminal.send("q")
        else:
            terminal.hang_up()
        started = time.monotonic()
        assert terminal.process.wait(timeout=6.0) == 0
        assert time.monotonic() - started < 2.0
    finally:
        terminal.close()


@pytest.mark.usefixtures("silent_database")
def test_an_internal_error_leaves_a_clean_terminal_and_a_report_without_secrets(home: dict[str, str]) -> None:
    terminal = PtyTerminal([sys.executable, "-c", FAULTY], env=home)
    try:
        assert terminal.wait_exit(15.0) == 1
        output = bytes(terminal.output).decode()
    finally:
        terminal.close()
    log = Path(home["XDG_STATE_HOME"]) / "nof1-tui" / "nof1-tui.log"
    after = output[output.rindex("\x1b[?1049l") :]
    assert f"nof1-tui: the monitor crashed; see {log} for details" in after
    assert "\x1b[?25h" in after
    assert "Traceback" not in output
    report = log.read_text("utf-8")
    assert "KeyError: 'postgresql://me:***@db/nof1'" in report
    assert "in tick" in report
    assert "hunter2" not in output + report


def test_a_collector_ends_when_its_log_is_no_longer_read(home: dict[str, str]) -> None:
    home["NOF1_API_URL"] = "http://127.0.0.1:9/api"
    collector = subprocess.Popen(
        [*PROGRAM, "collect"], env=home, stderr=subprocess.PIPE, start_new_session=True
    )
    assert collector.stderr is not None
    collector.stderr.readline()
    collector.stderr.close()
    assert collector.wait(timeout=15.0) in (0, 128 + signal.SIGHUP), "the latter where cleaning up took long"
