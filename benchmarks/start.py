"""How long until something is to be seen: the populated board against an empty Textual app, and the version.

The monitor starts with the board that the last one left behind; nothing it asks for can be reached.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from bench.report import Figure, arguments, middle, show
from bench.sample import SampleArena

from nof1tui.cli.board_cache import BoardCache
from nof1tui.settings import load_settings
from nof1tui.tui import format as fmt

MOST_FIRST_PAINT, MOST_VERSION = 1.25, 4.0
"""Times the baseline."""
SIZE = (120, 40)
LONGEST_S = 60.0
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App[None]):
    def compose(self):
        yield Static("something to be seen")
Bare().run()
"""
NOWHERE = {
    "NOF1_API_URL": "http://127.0.0.1:9/api",
    "NOF1_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
}


def main() -> None:
    repeats = 1 if arguments(__doc__ or "").smoke else 9
    with tempfile.TemporaryDirectory() as folder:
        names = ("CONFIG", "DATA", "STATE", "CACHE")
        environment = {**os.environ, **NOWHERE, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment |= {f"XDG_{name}_HOME": f"{folder}/{name.lower()}" for name in names}
        words = _leave_a_board(environment)
        bare, ours, python, version = list[float](), list[float](), list[float](), list[float]()
        for _ in range(repeats + 1):
            bare.append(_until_seen([sys.executable, "-c", BARE], b"something to be seen", environment))
            ours.append(_until_seen([sys.executable, "-m", "nof1tui"], words, environment))
            python.append(_until_ended([sys.executable, "-c", "print(1)"], environment))
            version.append(_until_ended([sys.executable, "-m", "nof1tui", "--version"], environment))
        warm = slice(1 if repeats > 1 else 0, None)
        show(
            "Start",
            "an empty Textual app; Python that prints a line",
            [
                Figure(
                    "first paint of the cached board",
                    middle(ours[warm]),
                    middle(bare[warm]),
                    goal_ratio=MOST_FIRST_PAINT,
                ),
                Figure(
                    "nof1-tui --version", middle(version[warm]), middle(python[warm]), goal_ratio=MOST_VERSION
                ),
            ],
        )


def _leave_a_board(environment: dict[str, str]) -> bytes:
    """Put a board where the monitor looks for the last one; returns words of it that are to be seen."""
    os.environ.update(environment)
    settings = load_settings()
    board = SampleArena(7).board
    BoardCache(settings.board_cache, store=settings.store_fingerprint).save(board)
    return fmt.usd(board.standings[0].equity_usd).encode()


def _until_ended(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return 1_000 * (time.perf_counter() - start)


def _until_seen(command: list[str], words: bytes, environment: dict[str, str]) -> float:
    """Milliseconds from the start of a program until these words are on its terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        start_new_session=True,
        cwd=Path("/"),
    )
    os.close(slave)
    seen = b""
    try:
        while words not in seen:
            ready, _, _ = select.select([master], [], [], LONGEST_S)
            if not ready:
                raise TimeoutError(f"{words!r} is not to be seen after {LONGEST_S:.0f} s")
            seen += os.read(master, 1 << 16)
        return 1_000 * (time.perf_counter() - start)
    finally:
        process.terminate()
        while process.poll() is None:
            if select.select([master], [], [], 0.05)[0]:
                try:
                    os.read(master, 1 << 16)
                except OSError:
                    break
        process.wait(timeout=10)
        os.close(master)


if __name__ == "__main__":
    main()
