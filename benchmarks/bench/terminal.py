"""A program on a real pseudo-terminal, and the least that a change of its screen could cost.

The program is a module of this folder that is started with its settings as JSON and obeys `Steps`:
after each step it reports its figures, and every byte of the step is then on the terminal.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyte

LONGEST_STEP_S = 120.0
KEY_S = 1 / 30
"""A keyboard's repeat."""
Cell = tuple[str, tuple[str, ...]]
"""A character and the codes of its look."""


@dataclass(frozen=True)
class Step:
    """What came of one step."""

    data: bytes
    figures: dict[str, Any]
    minimum: int
    """Bytes that the same change of the screen needs at least."""


class Program:
    """The program at work on its terminal."""

    def __init__(self, master: int, commands: int, reports: int, size: tuple[int, int]) -> None:
        self._master, self._commands, self._reports = master, commands, reports
        self._screen = pyte.Screen(*size)
        self._screen.reset_mode(pyte.modes.DECAWM)
        self._stream = pyte.ByteStream(self._screen)

    def step(self, words: str, *, watched: bool = True) -> Step:
        """Run one command; the screen and its minimum are only followed if `watched`."""
        before = self._cells() if watched else []
        os.write(self._commands, words.encode() + b"\n")
        data, figures = self._read_report()
        if not watched:
            return Step(data, figures, 0)
        self._stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[<u", b""))
        return Step(data, figures, least_bytes(before, self._cells()))

    def answer_ms(self, key: bytes, sign: bytes) -> float:
        """How long after this key bytes with this sign in them come out of the terminal."""
        while select.select([self._master], [], [], 0)[0]:
            _read(self._master)
        start, seen = time.perf_counter(), b""
        os.write(self._master, key)
        while sign not in seen:
            if not select.select([self._master], [], [], LONGEST_STEP_S)[0]:
                raise TimeoutError("the key is not answered")
            seen += _read(self._master)
        return 1_000 * (time.perf_counter() - start)

    def hold(self, key: bytes, seconds: float) -> int:
        """Hold a key down for so long; returns the bytes that came."""
        came, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            os.write(self._master, key)
            pause = time.monotonic() + KEY_S
            while (left := pause - time.monotonic()) > 0:
                if select.select([self._master], [], [], left)[0]:
                    came += len(_read(self._master))
        return came

    def text(self) -> str:
        return "\n".join(self._screen.display)

    def _read_report(self) -> tuple[bytes, dict[str, Any]]:
        data, line, end = b"", b"", time.monotonic() + LONGEST_STEP_S
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._master, self._reports], [], [], 1.0)
            if self._master in ready:
                data += _read(self._master)
            if self._reports in ready:
                line += os.read(self._reports, 4_096) or _fail("the program has failed in this step")
            if time.monotonic() > end:
                raise TimeoutError("the program does not answer")
        while select.select([self._master], [], [], 0)[0]:
            more = _read(self._master)
            if not more:
                break
            data += more
        return data, json.loads(line)

    def _cells(self) -> list[list[Cell]]:
        screen = self._screen
        return [[_cell(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def _fail(words: str) -> bytes:
    raise RuntimeError(words)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 20)
    except OSError:
        return b""


def _cell(char: Any) -> Cell:
    """A cell as it is seen: of a space only its ground and its lines."""
    codes = [
        code
        for code, is_on in (
            ("1", char.bold),
            ("3", char.italics),
            ("4", char.underscore),
            ("7", char.reverse),
            ("9", char.strikethrough),
        )
        if is_on
    ]
    if char.data == " " and not {"4", "7", "9"} & set(codes):
        return " ", (*_color("48", char.bg),)
    return char.data, (*codes, *_color("38", char.fg), *_color("48", char.bg))


def _color(kind: str, color: str) -> tuple[str, ...]:
    if len(color) != 6:
        return () if color == "default" else (f"{kind};5",)
    red, green, blue = (int(color[place : place + 2], 16) for place in (0, 2, 4))
    return (f"{kind};2;{red};{green};{blue}",)


def least_bytes(before: list[list[Cell]], after: list[list[Cell]]) -> int:
    """Changed characters, one move for each run of them, and the codes that differ from look to look."""
    total, look = 0, tuple[str, ...]()
    for y, (old_line, new_line) in enumerate(zip(before, after, strict=True)):
        at = -1
        for x, (old, new) in enumerate(zip(old_line, new_line, strict=True)):
            if old == new or not new[0]:
                continue
            if x != at:
                total += _move(new_line, at, x, y, look)
            cost = _recolored(look, new)
            if cost:
                total, look = total + cost, new[1] if new[0] != " " else _on_space(look, new[1])
            total += len(new[0].encode())
            at = x + 1
    return total


def _move(line: list[Cell], at: int, x: int, y: int, look: tuple[str, ...]) -> int:
    """A step along the line, the cells between sent again, or a jump: whatever is shortest."""
    jump = len(f"\x1b[{y + 1};{x + 1}H")
    if at < 0:
        return jump
    step = 3 if x - at == 1 else len(f"\x1b[{x - at}C")
    between = line[at:x]
    if all(not _recolored(look, cell) for cell in between):
        step = min(step, sum(len(cell[0].encode()) for cell in between))
    return min(jump, step)


def _recolored(look: tuple[str, ...], cell: Cell) -> int:
    """Bytes of the sequence from one look to that of a cell."""
    wanted = _on_space(look, cell[1]) if cell[0] == " " else cell[1]
    if wanted == look:
        return 0
    new = [code for code in wanted if code not in look]
    gone = [code for code in look if code not in wanted and not _replaced(code, new)]
    codes = [*("39" for _ in gone), *new]
    return min(len(f"\x1b[{';'.join(codes)}m"), len(f"\x1b[0;{';'.join(wanted)}m"))


def _replaced(code: str, new: list[str]) -> bool:
    return any(code[:3] in ("38;", "48;") and other[:3] == code[:3] for other in new)


def _on_space(look: tuple[str, ...], ground: tuple[str, ...]) -> tuple[str, ...]:
    """The look that suffices for a space: the ground it wants, the rest as it is."""
    kept = tuple(code for code in look if not code.startswith("48;") and code not in ("4", "7", "9"))
    return kept + ground


@contextmanager
def program(module: str, size: tuple[int, int], **settings: Any) -> Iterator[Program]:
    """Start a module of this folder on a terminal of this size; it gets `settings` as JSON."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    commands_read, commands = os.pipe()
    reports, reports_write = os.pipe()
    settings |= {"commands": commands_read, "reports": reports_write}
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", f"bench.{module}", json.dumps(settings)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        pass_fds=(commands_read, reports_write),
        cwd=Path(__file__).parent.parent,
        env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    for descriptor in (slave, commands_read, reports_write):
        os.close(descriptor)
    try:
        yield Program(master, commands, reports, size)
    finally:
        os.close(commands)
        process.terminate()
        for descriptor in (master, reports):
            os.close(descriptor)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            print("the program did not end by itself and was killed", file=sys.stderr)
            process.kill()
            process.wait()
