"""A closed terminal ends the program with or without a signal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import threading
import time

import pytest

from nof1tui.tui.terminal.driver import TerminalWriter, ensure_size
from tests.support.terminal_program import SIZE, Emulator, read_until, resize, start

PROGRAM = """
import signal
{ignore}
from tests.support.scenes import ScriptedEngine, board, make_app
engine = ScriptedEngine(board())
make_app(engine).run()
sys.exit(0 if engine.closed else 3)
"""
IGNORE_HANG_UP = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"


def opened(*, ignore: str = "") -> tuple[subprocess.Popen[bytes], int, int]:
    """The app on a new terminal: its process, and both sides of the terminal."""
    master, slave = pty.openpty()
    resize(master, *SIZE)
    return start(PROGRAM.format(ignore=ignore), slave), master, slave


def test_a_terminal_without_a_size_gets_the_default_one_and_keeps_its_own() -> None:
    master, slave = pty.openpty()
    resize(master, 0, 0)
    ensure_size(slave)
    assert os.get_terminal_size(slave) == (80, 24)
    resize(master, 132, 0)
    ensure_size(slave)
    assert os.get_terminal_size(slave) == (80, 24)
    resize(master, 132, 43)
    ensure_size(slave)
    assert os.get_terminal_size(slave) == (132, 43)
    os.close(slave)
    os.close(master)


def test_a_terminal_that_loses_its_size_is_painted_at_the_default_one() -> None:
    program, master, slave = opened()
    assert b"21,610.74" in read_until(master, b"21,610.74")
    resize(master, 0, 0)
    program.send_signal(signal.SIGWINCH)
    terminal = Emulator((80, 24))
    terminal.follow(master, lambda _: os.get_terminal_size(slave) == (80, 24))
    assert os.get_terminal_size(slave) == (80, 24)
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=5) == 0
    os.close(slave)
    os.close(master)


def test_an_unread_terminal_does_not_block_and_is_repainted_later() -> None:
    reader, writer = os.pipe()
    asked = threading.Event()
    line = TerminalWriter(writer, on_lost=lambda: None, on_caught_up=asked.set)
    line.write("first ")
    assert line.drain(5)
    for _ in range(100):
        line.write("x" * 16_384)
    assert not line.drain(0.01)
    assert not asked.is_set()
    read = b""
    while not asked.is_set():
        if select.select([reader], [], [], 0.05)[0]:
            read += os.read(reader, 65_536)
    line.write("painted again")
    while not read.endswith(b"painted again"):
        read += os.read(reader, 65_536)
    assert read.startswith(b"first x")
    assert len(read) < 100 * 16_384


def test_a_broken_terminal_is_reported_once_and_later_output_is_dropped() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    lost = threading.Event()
    line = TerminalWriter(writer, on_lost=lost.set, on_caught_up=lambda: None)
    line.write("not read")
    assert lost.wait(5)
    line.write("still not read")
    assert line.drain(5)


def test_an_unread_terminal_does_not_block_a_signal() -> None:
    program, master, slave = opened()
    assert b"21,610.74" in read_until(master, b"21,610.74")
    for _ in range(60):
        os.write(master, b"T")
        time.sleep(0.01)
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=5) == 0
    os.close(master)
    os.close(slave)


def test_a_terminal_that_reads_again_gets_the_whole_screen() -> None:
    program, master, slave = opened()
    emulator, later = Emulator(), Emulator()
    emulator.follow(master, lambda lines: any("21,610.74" in line for line in lines))
    before = emulator.lines()[1:]
    for _ in range(60):
        os.write(master, b"T")
        time.sleep(0.02)
    after = later.follow(master, lambda lines: lines[1:] == before)
    assert len(after) > 20_000
    assert later.lines()[1:] == before
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=5) == 0
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("ignore", ["", IGNORE_HANG_UP])
def test_a_closed_terminal_ends_the_program_without_any_signal(ignore: str) -> None:
    program, master, slave = opened(ignore=ignore)
    os.close(slave)
    assert b"21,610.74" in read_until(master, b"21,610.74")
    os.close(master)
    assert program.wait(timeout=3) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal_and_ends_the_program(number: signal.Signals) -> None:
    program, master, slave = opened()
    assert b"21,610.74" in read_until(master, b"21,610.74")
    program.send_signal(number)
    assert b"\x1b[?1049l" in read_until(master, b"\x1b[?1004l")
    assert program.wait(timeout=3) == 0
    os.close(master)
    os.close(slave)
