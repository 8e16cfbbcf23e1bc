"""A terminal that goes away ends the program, signal or no signal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyte
import pytest

from nof1tui.tui.terminal import Line

PROGRAM = """
import signal, sys
sys.path.insert(0, {here!r})
{ignore}
from scenes import ScriptedEngine, board, make_app
engine = ScriptedEngine(board())
make_app(engine).run()
sys.exit(0 if engine.closed else 3)
"""
IGNORE_HANG_UP = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"


def start(slave: int, *, ignore: str = "") -> subprocess.Popen[bytes]:
    """The app in a session of its own, the terminal not its controlling one: no SIGHUP will come."""
    here = str(Path(__file__).parent)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(here=here, ignore=ignore)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
    )


def read_until(master: int, wanted: bytes, *, quiet_s: float | None = None) -> bytes:
    """Read until these bytes came, or (with `quiet_s`) until nothing has come for so long."""
    seen, end = b"", time.monotonic() + 20.0
    while (quiet_s is not None or wanted not in seen) and time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], quiet_s or 0.2)
        if ready:
            seen += os.read(master, 65_536)
        elif quiet_s is not None and seen:
            break
    return seen


def test_a_line_that_nobody_reads_holds_nobody_up_and_asks_for_a_fresh_paint_later() -> None:
    reader, writer = os.pipe()
    asked = threading.Event()
    line = Line(writer, lost=lambda: None, caught_up=asked.set)
    line.write("first ")
    assert line.drain(5)
    for _ in range(100):
        line.write("x" * 16_384)
    assert not line.drain(0.01)
    assert not asked.is_set()
    read = b""
    while not asked.is_set():
        read += os.read(reader, 65_536)
    line.write("painted anew")
    while not read.endswith(b"painted anew"):
        read += os.read(reader, 65_536)
    assert read.startswith(b"first x")
    assert len(read) < 100 * 16_384


def test_a_line_that_breaks_says_so_once_and_swallows_the_rest() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    lost = threading.Event()
    line = Line(writer, lost=lost.set, caught_up=lambda: None)
    line.write("nobody there")
    assert lost.wait(5)
    line.write("still nobody")
    assert line.drain(5)


def test_a_terminal_that_reads_no_more_does_not_stop_a_signal() -> None:
    master, slave = pty.openpty()
    program = start(slave)
    assert b"21,610.74" in read_until(master, b"21,610.74")
    for _ in range(60):
        os.write(master, b"T")
        time.sleep(0.01)
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=5) == 0
    os.close(master)
    os.close(slave)


def screen_of(data: bytes) -> list[str]:
    """What a terminal of the program's size shows after these bytes."""
    screen = pyte.Screen(100, 30)
    pyte.ByteStream(screen).feed(data.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b""))
    return [line.rstrip() for line in screen.display]


def test_a_terminal_that_reads_again_gets_the_whole_screen_anew() -> None:
    master, slave = pty.openpty()
    program = start(slave)
    before = read_until(master, b"poll", quiet_s=0.5)
    for _ in range(60):
        os.write(master, b"T")
        time.sleep(0.02)
    after = read_until(master, b"nothing of the kind", quiet_s=1.0)
    assert len(after) > 60_000
    assert screen_of(after)[1:] == screen_of(before)[1:]
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=5) == 0
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("ignore", ["", IGNORE_HANG_UP])
def test_a_closed_terminal_ends_the_program_without_any_signal(ignore: str) -> None:
    master, slave = pty.openpty()
    program = start(slave, ignore=ignore)
    os.close(slave)
    assert b"21,610.74" in read_until(master, b"21,610.74")
    os.close(master)
    assert program.wait(timeout=3) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal_and_ends_the_program(number: signal.Signals) -> None:
    master, slave = pty.openpty()
    program = start(slave)
    assert b"21,610.74" in read_until(master, b"21,610.74")
    program.send_signal(number)
    assert b"\x1b[?1049l" in read_until(master, b"\x1b[?1004l")
    assert program.wait(timeout=3) == 0
    os.close(master)
    os.close(slave)
