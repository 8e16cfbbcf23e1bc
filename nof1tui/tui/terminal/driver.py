"""A Textual driver that survives a terminal that closes or stops reading.

A closed terminal usually sends SIGHUP, but not to a process that is detached from its session or
ignores the signal. Reads then return nothing or fail with EIO, and writes raise in Textual's writer
thread. A terminal that stops reading (a sleeping laptop behind SSH) blocks the writes, and with them
the app, which can then neither collect nor handle a signal. This driver exits in the first case; in
the second it drops unread output and repaints the whole screen when the terminal reads again.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import select
import struct
import sys
import termios
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import IO, Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from nof1tui.tui.terminal import frame_diff, textual_internals
from nof1tui.tui.terminal.charset import UTF_8, Charset

log = logging.getLogger(__name__)

_DEFAULT_SIZE = 24, 80
"""Lines and columns."""
_HANG_UP_CHECK_S = 0.25
"""How often the watch thread checks whether the app has ended; a hang-up wakes it immediately."""
_MAX_PENDING_BYTES = 256 * 1024
"""Bytes queued for a slow terminal: about ten full paints of a large screen."""
_TERMINAL_DRAIN_S = 0.5
"""How long an exiting app waits for its last bytes, which restore the terminal."""
_CHUNK_BYTES = 4_096


def is_hung_up(fileno: int, wait_s: float) -> bool:
    """Whether the other side of this terminal closes within `wait_s` seconds."""
    poll = select.poll()
    poll.register(fileno, 0)
    closed = select.POLLHUP | select.POLLERR | select.POLLNVAL
    return any(event & closed for _, event in poll.poll(1000 * wait_s))


def ensure_size(fileno: int) -> None:
    """Set the size of a terminal that loses its size while the app runs to 80 by 24.

    Textual would lay out 0 by 0 cells. The terminal's own size replaces it once it is reported.
    """
    try:
        if 0 in os.get_terminal_size(fileno):
            fcntl.ioctl(fileno, termios.TIOCSWINSZ, struct.pack("HHHH", *_DEFAULT_SIZE, 0, 0))
    except OSError:
        log.debug("the terminal's size could not be read or set", exc_info=True)


def _output_fileno(output: IO[str]) -> int:
    """The descriptor of the driver's output; of stdout where that is redirected (`2>file`)."""
    if not output.isatty() and sys.__stdout__ is not None and sys.__stdout__.isatty():
        return sys.__stdout__.fileno()
    return output.fileno()


class TerminalWriter:
    """Writes to a terminal from a separate thread, so that `write` never blocks.

    `on_lost` is called when writing fails, `on_caught_up` when output was dropped and all else is sent;
    both are called from that thread.
    """

    def __init__(
        self,
        fileno: int,
        *,
        on_lost: Callable[[], None],
        on_caught_up: Callable[[], None],
        charset: Charset = UTF_8,
    ) -> None:
        self._fileno = fileno
        self._charset = charset
        self._on_lost = on_lost
        self._on_caught_up = on_caught_up
        self.sent = 0
        """Bytes written to the terminal."""
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._is_writing = False
        self._is_dropping = False
        """Whether output is dropped until the queue is empty."""
        self._is_open = True
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="terminal-writer", daemon=True).start()

    def fileno(self) -> int:
        return self._fileno

    def write(self, text: str) -> None:
        data = self._charset.encode(text)
        with self._changed:
            if self._pending and self._pending_bytes + len(data) > _MAX_PENDING_BYTES:
                self._is_dropping = True
            if self._is_open and not self._is_dropping:
                self._pending.append(data)
                self._pending_bytes += len(data)
                self._changed.notify_all()

    def flush(self) -> None:
        """Do nothing: the thread writes without being asked."""

    def drain(self, wait_s: float) -> bool:
        """Wait until everything is written; False after `wait_s` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending and not self._is_writing, wait_s)

    def _run(self) -> None:
        try:
            while True:
                self._send(self._next())
        except OSError:
            with self._changed:
                self._is_open, self._is_writing = False, False
                self._pending.clear()
                self._changed.notify_all()
            self._on_lost()

    def _next(self) -> bytes:
        with self._changed:
            self._is_writing = False
            if self._is_dropping and not self._pending:
                self._is_dropping = False
                self._on_caught_up()
            self._changed.notify_all()
            self._changed.wait_for(lambda: bool(self._pending))
            data = b"".join(self._pending)
            self._pending.clear()
            self._pending_bytes, self._is_writing = 0, True
            return data

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            written = os.write(self._fileno, rest[:_CHUNK_BYTES])
            self.sent += written
            rest = rest[written:]


class TerminalDriver(LinuxDriver):
    """Textual's Linux driver with a `TerminalWriter`, which exits the app when its terminal closes."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._served_app = app
        self._app_loop = asyncio.get_running_loop()
        self._writer = TerminalWriter(
            _output_fileno(textual_internals.driver_output(self)),
            on_lost=self._hang_up,
            on_caught_up=self._repaint,
            charset=getattr(app, "charset", UTF_8),
        )
        textual_internals.replace_driver_output(self, self._writer)
        textual_internals.before_size_query(self, partial(ensure_size, self.fileno))
        self._hung_up = threading.Event()
        self._watch: threading.Thread | None = None

    @property
    def sent_bytes(self) -> int:
        """Bytes sent to this terminal."""
        return self._writer.sent

    def drain(self, wait_s: float) -> bool:
        """Wait until all output is written; False after `wait_s` seconds."""
        return self._writer.drain(wait_s)

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.input_tty and (self._watch is None or not self._watch.is_alive()):
            self._watch = threading.Thread(target=self._watch_terminal, name="terminal-watch", daemon=True)
            self._watch.start()

    def close(self) -> None:
        super().close()
        self.drain(_TERMINAL_DRAIN_S)

    def _watch_terminal(self) -> None:
        while not self.exit_event.is_set() and not self._hung_up.is_set():
            if is_hung_up(self.fileno, _HANG_UP_CHECK_S):
                self._hang_up()

    def run_input_thread(self) -> None:
        """Read input until the app exits; a read that fails counts as a hang-up.

        Textual stops reading at input that is not UTF-8: that input is dropped and reading restarts.
        """
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except UnicodeDecodeError:
                continue
            except OSError:
                self._hang_up()

    def _hang_up(self) -> None:
        """Stop reading and exit the app."""
        if self._hung_up.is_set():
            return
        self._hung_up.set()
        self.exit_event.set()
        self._call_in_app(self._served_app.exit)

    def _repaint(self) -> None:
        self._call_in_app(lambda: frame_diff.repaint(self._served_app))

    def _call_in_app(self, step: Callable[[], object]) -> None:
        """Call `step` in the app's event loop; do nothing once the loop is closed."""
        if not self._app_loop.is_closed():
            self._app_loop.call_soon_threadsafe(step)
