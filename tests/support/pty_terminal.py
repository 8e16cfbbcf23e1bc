"""A terminal for the program under test: a pty whose output a pyte screen reads."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte


class PtyTerminal:
    """Runs a command in a pty of the given size; `read` keeps every byte that came."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        columns: int = 120,
        lines: int = 40,
        term: str | None = "xterm-256color",
    ) -> None:
        """`term` is TERM, None unsets it. A terminal of 0 columns reports no size."""
        self.screen = pyte.Screen(columns or 80, lines or 24)
        self._stream = pyte.ByteStream(self.screen)
        self.output = bytearray()
        self._master, slave = pty.openpty()
        self._resize(columns, lines)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={
                **{key: value for key, value in env.items() if key != "TERM"},
                "COLORTERM": "truecolor",
                **({} if term is None else {"TERM": term}),
            },
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def _resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        self._resize(columns, lines)
        self.screen.resize(lines, columns)
        self.process.send_signal(signal.SIGWINCH)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    @property
    def fileno(self) -> int:
        return self._master

    def send(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def pump(self, seconds: float) -> None:
        """Read what comes within this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], min(left, 0.05))
            if not ready:
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError as error:
                if error.errno == errno.EIO:
                    return
                raise
            self.output += data
            self._stream.feed(data)

    def wait(self, condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
        """Read until the condition holds; fails with the screen in the message."""
        end = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{what} did not happen in {timeout_s} s; the screen:\n{self.text}")
            self.pump(0.05)

    def wait_for(self, text: str, timeout_s: float = 30.0) -> None:
        self.wait(lambda: text in self.text, f"{text!r} on the screen", timeout_s)

    def wait_exit(self, timeout_s: float) -> int:
        self.wait(lambda: self.process.poll() is not None, "the end of the program", timeout_s)
        self.pump(0.1)
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the terminal under the program."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._master >= 0:
            with contextlib.suppress(OSError):
                os.close(self._master)
