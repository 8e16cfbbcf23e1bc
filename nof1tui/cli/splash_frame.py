"""The monitor's last frame, shown on the terminal before anything heavy is imported.

Imports take most of the time until a Textual app shows its first frame. The last frame of the previous
run needs none of them: it is shown first, with its age in the status corner, and the app paints over it.
This module uses the standard library only, and little of that.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
import time

FRAME_HEADER = b"nof1-tui frame 1"
"""Files with another header are ignored."""
_MAX_FRAME_BYTES = 1 << 20
ENTER_SCREEN, LEAVE_SCREEN = b"\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J", b"\x1b[?1049l\x1b[?25h"
BEGIN_SYNC, END_SYNC = b"\x1b[?2026h", b"\x1b[?2026l"
_APPEARANCE_VARIABLES = ("TERM", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG", "TMUX")
"""Environment variables that change how a frame looks, besides the settings."""


class FrameCache:
    """One frame in one file; errors of reading and writing are ignored."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.path = os.path.join(_folder(environment, "XDG_CACHE_HOME", "Library/Caches", ".cache"), "frame")
        self.fingerprint = environment_fingerprint(environment)

    def save(self, columns: int, rows: int, seen_at: float, corner: tuple[int, str], sequence: str) -> None:
        """Save what a terminal of this size shows, with figures of `seen_at` (seconds since the epoch).

        The corner is where the age is shown: its width in cells and the SGR codes of its background.
        """
        width, codes = corner
        header = f" {self.fingerprint} {columns} {rows} {seen_at:.0f} {width} {codes or '0'}\n".encode()
        if not os.path.isabs(self.path):
            return
        part = f"{self.path}.{os.getpid()}.part"
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(FRAME_HEADER + header + sequence.encode("utf-8", "replace"))
            os.replace(part, self.path)
        except OSError:
            return

    def load(self, columns: int, rows: int, now: float) -> bytes | None:
        """The bytes that show the frame on a terminal of this size; None without a matching frame."""
        try:
            with open(self.path, "rb") as file:
                header, _, sequence = file.read(_MAX_FRAME_BYTES).partition(b"\n")
            name, fingerprint, *numbers, codes = header.rsplit(b" ", 6)
            frame_columns, frame_rows, seen_at, width = map(int, numbers)
        except (OSError, ValueError):
            return None
        if (name, fingerprint.decode("ascii", "replace")) != (FRAME_HEADER, self.fingerprint):
            return None
        if (frame_columns, frame_rows) != (columns, rows) or not 0 < width < columns:
            return None
        age = f"STORED {_age(now - seen_at)} "[-width:].rjust(width)
        corner = b"\x1b[1;%dH\x1b[0;1;%sm%s\x1b[0m" % (columns - width + 1, codes, age.encode())
        return BEGIN_SYNC + ENTER_SCREEN + sequence + corner + END_SYNC


class CachedFrame:
    """A frame shown on a terminal until the app paints over it, or until it is cleared."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._terminal_modes = termios.tcgetattr(terminal)
        self._is_shown = False

    def show(self, frame: bytes) -> None:
        modes = [*self._terminal_modes]
        modes[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(self._terminal, termios.TCSANOW, modes)
        signal.signal(signal.SIGTERM, self._clear_and_exit)
        self._is_shown = True
        _send(self._terminal, frame)

    def hand_over(self) -> None:
        """Restore the terminal's modes, for the app that now paints."""
        if self._is_shown:
            self._is_shown = False
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._terminal_modes)

    def clear(self) -> None:
        """Restore the terminal's modes and content, where no app takes over."""
        if self._is_shown:
            self.hand_over()
            _send(self._terminal, LEAVE_SCREEN)

    def _clear_and_exit(self, number: int, _: object) -> None:
        self.clear()
        os._exit(128 + number)


def show_cached_frame(environment: dict[str, str]) -> CachedFrame | None:
    """Show the last frame; None without one for this terminal and these settings."""
    terminal = 1
    try:
        if not (os.isatty(0) and os.isatty(terminal)):
            return None
        columns, rows = os.get_terminal_size(terminal)
        frame = FrameCache(environment).load(columns, rows, time.time())
        if frame is None:
            return None
        cached_frame = CachedFrame(terminal)
        cached_frame.show(frame)
    except (OSError, termios.error):
        return None
    return cached_frame


def environment_fingerprint(environment: dict[str, str]) -> str:
    """A digest of what decides which arena a frame shows and how: settings, their files, the terminal."""
    from hashlib import blake2b

    digest = blake2b(digest_size=12)
    for name in sorted(environment):
        if name.startswith("NOF1_") or name in _APPEARANCE_VARIABLES:
            digest.update(f"{name}={environment[name]}\0".encode("utf-8", "surrogateescape"))
    config = _folder(environment, "XDG_CONFIG_HOME", "Library/Application Support", ".config")
    for path in (os.path.join(config, "config.toml"), ".env"):
        try:
            with open(path, "rb") as file:
                digest.update(file.read(_MAX_FRAME_BYTES))
        except OSError:
            digest.update(b"\0")
    return digest.hexdigest()


def _folder(environment: dict[str, str], variable: str, mac: str, usual: str) -> str:
    """The same folder as in `settings.paths`, which is too heavy to import."""
    folder = environment.get(variable, "")
    if not os.path.isabs(folder):
        folder = os.path.join(os.path.expanduser("~"), mac if sys.platform == "darwin" else usual)
    return os.path.join(folder, "nof1-tui")


def _age(seconds: float) -> str:
    """The same text as `tui.style.format.age`, which is too heavy to import."""
    whole = max(0, int(seconds))
    for limit, unit, name in ((60, 1, "s"), (3_600, 60, "m"), (172_800, 3_600, "h")):
        if whole < limit:
            return f"{whole // unit}{name}"
    return f"{whole // 86_400}d"


def _send(terminal: int, data: bytes) -> None:
    while data:
        data = data[os.write(terminal, data) :]
