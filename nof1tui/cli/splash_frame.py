"""The monitor's last frame, on the terminal before anything heavy is loaded.

Most of the time until a program made with Textual shows something goes into imports. The frame that the
last run left behind needs none of them, so it is painted first, with its age where the status corner
is; the app then paints over it. Only the standard library is used here, and little of that.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
import time

FRAME_HEADER = b"nof1-tui frame 1"
"""Another version of the file is no frame."""
_MAX_FRAME_BYTES = 1 << 20
ENTER_SCREEN, LEAVE_SCREEN = b"\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J", b"\x1b[?1049l\x1b[?25h"
BEGIN_SYNC, END_SYNC = b"\x1b[?2026h", b"\x1b[?2026l"
_APPEARANCE_VARIABLES = ("TERM", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG", "TMUX")
"""What of the environment changes how a frame is drawn, besides the settings."""


class FrameCache:
    """One frame in one file. What cannot be read or written is left alone: it is only a cache."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.path = os.path.join(_folder(environment, "XDG_CACHE_HOME", "Library/Caches", ".cache"), "frame")
        self.fingerprint = environment_fingerprint(environment)

    def save(self, columns: int, rows: int, seen_at: float, corner: tuple[int, str], sequence: str) -> None:
        """Keep what a terminal of this size shows, with figures of `seen_at` (epoch seconds).

        The corner is what the age is written over: its width in cells and the SGR codes of its ground.
        """
        width, codes = corner
        head = f" {self.fingerprint} {columns} {rows} {seen_at:.0f} {width} {codes or '0'}\n".encode()
        part = f"{self.path}.{os.getpid()}.part"
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(FRAME_HEADER + head + sequence.encode("utf-8", "replace"))
            os.replace(part, self.path)
        except OSError:
            return

    def load(self, columns: int, rows: int, now: float) -> bytes | None:
        """What to send to a terminal of this size; None without a frame that fits."""
        try:
            with open(self.path, "rb") as file:
                head, _, sequence = file.read(_MAX_FRAME_BYTES).partition(b"\n")
            name, mark, *numbers, codes = head.rsplit(b" ", 6)
            kept_columns, kept_rows, seen_at, width = map(int, numbers)
        except (OSError, ValueError):
            return None
        if (name, mark.decode("ascii", "replace")) != (FRAME_HEADER, self.fingerprint):
            return None
        if (kept_columns, kept_rows) != (columns, rows) or not 0 < width < columns:
            return None
        age = f"STORED {_age(now - seen_at)} "[-width:].rjust(width)
        corner = b"\x1b[1;%dH\x1b[0;1;%sm%s\x1b[0m" % (columns - width + 1, codes, age.encode())
        return BEGIN_SYNC + ENTER_SCREEN + sequence + corner + END_SYNC


class CachedFrame:
    """A frame that stands on a terminal until the app paints over it, or until it is withdrawn."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._terminal_modes = termios.tcgetattr(terminal)
        self._is_shown = False

    def show(self, frame: bytes) -> None:
        quiet = [*self._terminal_modes]
        quiet[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(self._terminal, termios.TCSANOW, quiet)
        signal.signal(signal.SIGTERM, self._clear_and_exit)
        self._is_shown = True
        _send(self._terminal, frame)

    def hand_over(self) -> None:
        """The app begins to paint: the terminal's modes are its own affair now."""
        if self._is_shown:
            self._is_shown = False
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._terminal_modes)

    def clear(self) -> None:
        """No app will come: leave the terminal as it was."""
        if self._is_shown:
            self.hand_over()
            _send(self._terminal, LEAVE_SCREEN)

    def _clear_and_exit(self, number: int, _: object) -> None:
        self.clear()
        os._exit(128 + number)


def show_cached_frame(environment: dict[str, str]) -> CachedFrame | None:
    """Paint the last frame, where there is one for this terminal and these settings."""
    terminal = 1
    try:
        if not (os.isatty(0) and os.isatty(terminal)):
            return None
        columns, rows = os.get_terminal_size(terminal)
        frame = FrameCache(environment).load(columns, rows, time.time())
        if frame is None:
            return None
        standing = CachedFrame(terminal)
        standing.show(frame)
    except (OSError, termios.error):
        return None
    return standing


def environment_fingerprint(environment: dict[str, str]) -> str:
    """Of all that says which arena a frame shows, and how: settings, their files, the terminal."""
    from hashlib import blake2b

    known = blake2b(digest_size=12)
    for name in sorted(environment):
        if name.startswith("NOF1_") or name in _APPEARANCE_VARIABLES:
            known.update(f"{name}={environment[name]}\0".encode("utf-8", "surrogateescape"))
    config = _folder(environment, "XDG_CONFIG_HOME", "Library/Application Support", ".config")
    for path in (os.path.join(config, "config.toml"), ".env"):
        try:
            with open(path, "rb") as file:
                known.update(file.read(_MAX_FRAME_BYTES))
        except OSError:
            known.update(b"\0")
    return known.hexdigest()


def _folder(environment: dict[str, str], variable: str, mac: str, usual: str) -> str:
    """Our folder of this kind, as the settings have it: they are too heavy to be asked."""
    told = environment.get(variable, "")
    if not os.path.isabs(told):
        told = os.path.join(os.path.expanduser("~"), mac if sys.platform == "darwin" else usual)
    return os.path.join(told, "nof1-tui")


def _age(seconds: float) -> str:
    """As `tui.format.age` says it."""
    whole = max(0, int(seconds))
    for limit, unit, name in ((60, 1, "s"), (3_600, 60, "m"), (172_800, 3_600, "h")):
        if whole < limit:
            return f"{whole // unit}{name}"
    return f"{whole // 86_400}d"


def _send(terminal: int, data: bytes) -> None:
    while data:
        data = data[os.write(terminal, data) :]
