"""The monitor, or an empty Textual app, in a process of its own until something is to be seen of it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pyte

SIZE = (120, 40)
LONGEST_S = 60.0
MONITOR = [sys.executable, "-m", "nof1tui"]
BARE_WORDS = b"something to be seen"
BARE = [
    sys.executable,
    "-c",
    f"""
from textual.app import App
from textual.widgets import Static
class Bare(App[None]):
    def compose(self):
        yield Static({BARE_WORDS.decode()!r})
Bare().run()
""",
]
NO_SOURCE = "http://127.0.0.1:9/api"


def environment(folder: str) -> dict[str, str]:
    """The environment with separate folders, a known terminal and an unreachable source."""
    names = ("CONFIG", "DATA", "STATE", "CACHE")
    folders = {f"XDG_{name}_HOME": f"{folder}/{name.lower()}" for name in names}
    others = ("NOF1_", "COLUMNS", "LINES", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    return {**kept, **folders, **terminal, "NOF1_API_URL": NO_SOURCE}


@contextmanager
def _on_terminal(command: list[str], env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True, cwd="/"
    )
    os.close(slave)
    try:
        yield process, master
    finally:
        threading.Thread(target=_drain, args=(master,), daemon=True).start()
        process.terminate()
        process.wait(timeout=20)
        os.close(master)


@contextmanager
def seen(
    command: list[str], words: bytes, env: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The program once these words are on its terminal, and how many milliseconds that took."""
    start = time.perf_counter()
    with _on_terminal(command, env) as (process, master):
        _read_until(master, words)
        taken_ms = 1_000 * (time.perf_counter() - start)
        threading.Thread(target=_drain, args=(master,), daemon=True).start()
        yield process, taken_ms


def _read_until(master: int, words: bytes) -> None:
    data, end = b"", time.monotonic() + LONGEST_S
    while words not in data:
        if time.monotonic() > end:
            raise TimeoutError(f"{words!r} is not to be seen after {LONGEST_S:.0f} s")
        if select.select([master], [], [], 1.0)[0]:
            data += os.read(master, 1 << 16)


def _drain(master: int) -> None:
    """Read on, or the program could not write its last bytes."""
    with suppress(OSError):
        while os.read(master, 1 << 16):
            pass


class Watched:
    """A program at work on a terminal that is read all the time."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self.sent = 0
        """Bytes so far."""
        self._master = master
        self._began = time.perf_counter()
        self._screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self._screen)

    def until_filled(self, share: float, longest_s: float) -> float | None:
        """Milliseconds from the start until this share of the lines is not blank; None: it never was."""
        end = time.monotonic() + longest_s
        while time.monotonic() < end:
            self.follow(0.01)
            if sum(bool(line.strip()) for line in self._screen.display) >= share * SIZE[1]:
                return 1_000 * (time.perf_counter() - self._began)
        return None

    def follow(self, seconds: float) -> None:
        """Read what comes within this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._master], [], [], left)[0]:
                return
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                time.sleep(left)
                return
            self.sent += len(data)
            self._stream.feed(_known(data))


def _known(data: bytes) -> bytes:
    """Without two sequences that the emulator would print."""
    return data.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b"")


@contextmanager
def watched(command: list[str], env: dict[str, str]) -> Iterator[Watched]:
    with _on_terminal(command, env) as (process, master):
        yield Watched(process, master)
