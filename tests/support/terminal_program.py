"""The app in a separate process, on a pseudo-terminal that a test reads."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import pyte

from tests.support.paths import ROOT

SIZE = (100, 30)
LONGEST_S = 20.0


def start(
    program: str, slave: int, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.Popen[bytes]:
    """Run this text as a program that can import the scenes.

    It has its own session without a controlling terminal, so it gets no SIGHUP.
    """
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{program}"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={
            **{
                key: value
                for key, value in os.environ.items()
                if key not in ("NO_COLOR", "COLUMNS", "LINES", "LANG", "LC_CTYPE", "LC_ALL")
            },
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            **environment,
        },
    )


def resize(master: int, width: int, height: int) -> None:
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def read_until(master: int, wanted: bytes, *, quiet_s: float | None = None) -> bytes:
    """Read until these bytes arrive, or (with `quiet_s`) until nothing arrives for that time."""
    seen, end = b"", time.monotonic() + LONGEST_S
    while (quiet_s is not None or wanted not in seen) and time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], quiet_s or 0.2)
        if ready:
            seen += os.read(master, 65_536)
        elif quiet_s is not None and seen:
            break
    return seen


def read_all(master: int, quiet_s: float = 0.25) -> bytes:
    """Everything that arrives until nothing arrives for `quiet_s`; may be empty."""
    seen = b""
    while select.select([master], [], [], quiet_s)[0]:
        seen += os.read(master, 65_536)
    return seen


class Emulator:
    """A terminal's screen after the bytes it received."""

    def __init__(self, size: tuple[int, int] = SIZE) -> None:
        self.screen = pyte.Screen(*size)
        self.screen.reset_mode(pyte.modes.DECAWM)
        self._stream = pyte.ByteStream(self.screen)

    def feed(self, data: bytes) -> None:
        self._stream.feed(data.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b""))

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    def follow(self, master: int, shows: Callable[[list[str]], bool]) -> bytes:
        """Read until the condition holds and nothing more arrives, for `LONGEST_S` at most."""
        seen, end = b"", time.monotonic() + LONGEST_S
        while time.monotonic() < end:
            more = read_all(master, 0.2)
            self.feed(more)
            seen += more
            if not more and shows(self.lines()):
                break
        return seen


@contextmanager
def running(
    program: str, size: tuple[int, int] = SIZE, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program on a terminal of this size, killed at the end."""
    master, slave = pty.openpty()
    resize(master, *size)
    process = start(program, slave, environment)
    os.close(slave)
    try:
        yield process, master
    finally:
        process.kill()
        process.wait()
        os.close(master)
