"""The terminal under the app: what happens when it goes away, or stops reading.

A closed terminal usually sends SIGHUP, but not to a process that is detached from its session or
ignores it. Then reads give nothing or EIO for ever and writes raise in a thread nobody watches. A
terminal that reads no more (a sleeping laptop behind SSH) blocks the writes, and with them the app:
it could neither collect nor obey a signal. This driver leaves in the first case, and in the second
drops what was not read and has the screen painted anew once somebody reads again.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import struct
import termios
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from nof1tui.tui.terminal import frame_diff
from nof1tui.tui.terminal.charset import UTF_8, Charset

log = logging.getLogger(__name__)

_DEFAULT_SIZE = 24, 80
"""Lines and columns."""
_HANG_UP_CHECK_S = 0.25
"""A hang-up is noticed at once; this is how often the watch looks whether it is still wanted."""
_MAX_PENDING_BYTES = 256 * 1024
"""Bytes that may wait for a slow terminal: about ten full paints of a large screen."""
_TERMINAL_DRAIN_S = 0.5
"""How long a leaving app waits for its last bytes, which restore the terminal."""
_CHUNK_BYTES = 4_096


def is_hung_up(fileno: int, wait_s: float) -> bool:
    """Wait up to `wait_s` for the other side of this terminal to go away."""
    poll = select.poll()
    poll.register(fileno, 0)
    gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
    return any(event & gone for _, event in poll.poll(1000 * wait_s))


def ensure_size(fileno: int) -> None:
    """Give a terminal that tells no size (some `ssh -t`, containers) the usual one, until it tells its own.

    Textual would lay out 0 by 0 cells again and again.
    """
    try:
        if 0 in os.get_terminal_size(fileno):
            fcntl.ioctl(fileno, termios.TIOCSWINSZ, struct.pack("HHHH", *_DEFAULT_SIZE, 0, 0))
    except OSError:
        log.debug("the terminal's size is not ours to see or to set")


class TerminalWriter:
    """Writes to a terminal from a thread of its own; `write` never waits."""

    def __init__(
        self,
        fileno: int,
        *,
        lost: Callable[[], None],
        caught_up: Callable[[], None],
        charset: Charset = UTF_8,
    ) -> None:
        self._fileno = fileno
        self._charset = charset
        self._lost = lost
        self._caught_up = caught_up
        self.sent = 0
        """Bytes that have reached the terminal."""
        self._pending: deque[bytes] = deque()
        self._size = 0
        self._busy = False
        self._behind = False
        self._open = True
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="terminal-line", daemon=True).start()

    def fileno(self) -> int:
        return self._fileno

    def write(self, text: str) -> None:
        data = self._charset.encode(text)
        with self._changed:
            if self._pending and self._size + len(data) > _MAX_PENDING_BYTES:
                self._behind = True
            if self._open and not self._behind:
                self._pending.append(data)
                self._size += len(data)
                self._changed.notify_all()

    def flush(self) -> None:
        """Nothing to do: what is written is on its way."""

    def drain(self, wait_s: float) -> bool:
        """Wait until all is written; False when that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending and not self._busy, wait_s)

    def _run(self) -> None:
        try:
            while True:
                self._send(self._next())
        except OSError:
            with self._changed:
                self._open, self._busy = False, False
                self._pending.clear()
                self._changed.notify_all()
            self._lost()

    def _next(self) -> bytes:
        with self._changed:
            self._busy = False
            if self._behind and not self._pending:
                self._behind = False
                self._caught_up()
            self._changed.notify_all()
            self._changed.wait_for(lambda: bool(self._pending))
            data = b"".join(self._pending)
            self._pending.clear()
            self._size, self._busy = 0, True
            return data

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            written = os.write(self._fileno, rest[:_CHUNK_BYTES])
            self.sent += written
            rest = rest[written:]


class TerminalDriver(LinuxDriver):
    """Textual's own driver on such a line, with a watch on it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._line = TerminalWriter(
            self._file.fileno(),
            lost=self._hang_up,
            caught_up=self._paint_anew,
            charset=getattr(self._app, "charset", UTF_8),
        )
        self._file: Any = self._line
        self._gone = threading.Event()
        self._watch: threading.Thread | None = None

    @property
    def sent_bytes(self) -> int:
        """What this terminal has been sent so far."""
        return self._line.sent

    def _get_terminal_size(self) -> tuple[int, int]:
        ensure_size(self.fileno)
        return super()._get_terminal_size()

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.input_tty and (self._watch is None or not self._watch.is_alive()):
            self._watch = threading.Thread(target=self._watch_line, name="terminal-watch", daemon=True)
            self._watch.start()

    def close(self) -> None:
        super().close()
        self._line.drain(_TERMINAL_DRAIN_S)

    def _watch_line(self) -> None:
        while not self.exit_event.is_set() and not self._gone.is_set():
            if is_hung_up(self.fileno, _HANG_UP_CHECK_S):
                self._hang_up()

    def run_input_thread(self) -> None:
        """Read until told to stop; a terminal that fails is a terminal that is gone.

        Keys of another encoding than UTF-8 are let go: with them Textual's reading ends, and begins anew.
        """
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except UnicodeDecodeError:
                continue
            except OSError:
                self._hang_up()

    def _hang_up(self) -> None:
        """Stop reading and let the app leave."""
        if self._gone.is_set():
            return
        self._gone.set()
        self.exit_event.set()
        self._ask(self._app.exit)

    def _paint_anew(self) -> None:
        self._ask(lambda: frame_diff.repaint(self._app))

    def _ask(self, step: Callable[[], object]) -> None:
        """Have the app do this in its own loop; a loop that is closed has nothing left to do."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(step)
