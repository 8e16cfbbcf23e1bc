"""The last frame on the terminal, cell by cell, and the sequence that turns it into the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size
from textual.strip import Strip

from nof1tui.tui.terminal.sgr import SgrState, SgrStateCache

_NARROW = frozenset(
    chr(code)
    for first, last in ((0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x2FF), (0x2500, 0x25FC), (0x2800, 0x28FF))
    for code in range(first, last + 1)
)
"""Characters of one cell that never join with a neighbour."""
_TAIL = ""
"""Content of the second cell of a wide character."""
_SHORT_GAP = 5
"""Most unchanged cells that are sent again where that is shorter than moving the cursor."""


@dataclass(slots=True)
class FrameRow:
    """One line of the terminal. A cell is unknown (None) until it was sent."""

    chars: list[str | None]
    looks: list[SgrState | None]
    strips: dict[int, Strip]
    """Strips painted last and not painted over since, by first column."""

    def copy(self) -> FrameRow:
        return FrameRow(self.chars[:], self.looks[:], self.strips.copy())


class FrameChanges:
    """The changes from one frame to the next; `commit` marks them as sent."""

    def __init__(self, frame: Frame, rows: dict[int, FrameRow], sequence: str) -> None:
        self._frame, self._rows, self.sequence = frame, rows, sequence

    def commit(self) -> None:
        self._frame.apply(self._rows)


class Frame:
    """The content of the terminal; invalidated when something else may have written to it."""

    def __init__(self, looks: SgrStateCache) -> None:
        self.looks = looks
        self.size = (0, 0)
        self._rows: list[FrameRow] = []

    def resize(self, width: int, height: int) -> None:
        """Set the size of the terminal; a new size makes every cell unknown."""
        if (width, height) != self.size:
            self.size = (width, height)
            self.invalidate()

    def invalidate(self) -> None:
        """Make every cell unknown, so that the whole next frame is sent."""
        width, height = self.size
        self._rows = [FrameRow([None] * width, [None] * width, {}) for _ in range(height)]

    def apply(self, rows: dict[int, FrameRow]) -> None:
        """Replace these lines."""
        for y, row in rows.items():
            self._rows[y] = row

    def full_sequence(self) -> str:
        """The sequence that draws the frame on an empty terminal."""
        empty = Frame(self.looks)
        empty.resize(*self.size)
        return empty._sequence(dict(enumerate(self._rows)))

    def background_codes(self, x: int, y: int) -> str:
        """SGR codes of a cell's background; empty where it is the default or unknown."""
        look = self._rows[y].looks[x]
        return look.background if look else ""

    def diff(self, strips: Iterable[tuple[int, int, Strip]]) -> FrameChanges:
        """The changes to a frame with these strips, painted at (x, y) in this order."""
        fresh: dict[int, FrameRow] = {}
        for x, y, strip in strips:
            if not 0 <= y < len(self._rows):
                continue
            row = fresh.get(y)
            if (row or self._rows[y]).strips.get(x) is strip:
                continue
            if row is None:
                row = fresh[y] = self._rows[y].copy()
            self._paint(row, x, strip)
        differing = {y: row for y, row in fresh.items() if not self._is_sent(y, row)}
        return FrameChanges(self, fresh, self._sequence(differing))

    def _is_sent(self, y: int, row: FrameRow) -> bool:
        before = self._rows[y]
        return row.chars == before.chars and row.looks == before.looks

    def _paint(self, row: FrameRow, x: int, strip: Strip) -> None:
        chars: list[str | None] = []
        looks: list[SgrState | None] = []
        for text, style, control in strip:
            if control:
                continue
            cells = _cells(text)
            if not cells and chars and text:
                chars[-1] = (chars[-1] or "") + text
                continue
            look, blank = self.looks.of(style)
            chars.extend(cells)
            looks.extend([blank if cell == " " else look for cell in cells])
        width = min(len(chars), len(row.chars) - x)
        known = row.strips.get(x)
        if known is None or known.cell_length != width:
            row.strips.clear()
        row.strips[x] = strip
        end = x + width
        if width and x and row.chars[x] == _TAIL:
            row.chars[x - 1] = " "
            row.strips = {x: strip}
        if width and end < len(row.chars) and row.chars[end] == _TAIL:
            row.chars[end] = " "
            row.strips = {x: strip}
        row.chars[x:end], row.looks[x:end] = chars[:width], looks[:width]

    def _sequence(self, rows: dict[int, FrameRow]) -> str:
        sent: list[str] = []
        look = self.looks.plain
        for y in sorted(rows):
            look = self._send_row(sent, y, rows[y], look)
        if sent:
            sent.append(self.looks.step(look, self.looks.plain)[0])
        return "".join(sent)

    def _send_row(self, sent: list[str], y: int, row: FrameRow, look: SgrState) -> SgrState:
        """Append the sequence of a changed line; returns the SGR state after it."""
        before = self._rows[y]
        chars, looks, step = row.chars, row.looks, self.looks.step
        at, exact = -1, False
        pairs = zip(chars, before.chars, looks, before.looks, strict=True)
        differing = [
            x for x, (char, old, look_, old_look) in enumerate(pairs) if char != old or look_ is not old_look
        ]
        for x in differing:
            if chars[x] is None or x < at:
                continue
            start = x
            while chars[start] == _TAIL and start:
                start -= 1
            if start != at:
                passed = self._passed(row, at, start, look) if at >= 0 and exact else None
                sent.append(passed if passed is not None else _move(at if exact else -1, start, y))
                exact = True
            change, look = step(look, looks[start] or self.looks.plain)
            sent.append(change)
            sent.append(chars[start] or " ")
            exact = exact and chars[start] in _NARROW
            at = start + 1
            while at < len(chars) and chars[at] == _TAIL:
                at += 1
        return look

    def _passed(self, row: FrameRow, at: int, start: int, look: SgrState) -> str | None:
        """The unchanged cells from `at` up to `start`, if they are not longer than a cursor move."""
        if start - at > _SHORT_GAP:
            return None
        text = ""
        for x in range(at, start):
            char, cell_look = row.chars[x], row.looks[x]
            if not char or char not in _NARROW or cell_look is None or self.looks.step(look, cell_look)[0]:
                return None
            text += char
        return text if len(text.encode()) <= len(_move(at, start, 0)) else None


def _move(at: int, x: int, y: int) -> str:
    """The sequence that moves the cursor to a cell from column `at` of the same line (-1: from anywhere)."""
    if 0 <= at < x:
        return f"\x1b[{x - at}C" if x - at > 1 else "\x1b[C"
    return f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"


def _cells(text: str) -> tuple[str, ...]:
    """The text by cells: combining marks with their character, an empty string after a wide one."""
    if _NARROW.issuperset(text):
        return tuple(text)
    return _measured_cells(text)


@lru_cache(maxsize=1024)
def _measured_cells(text: str) -> tuple[str, ...]:
    cells: list[str] = []
    for char in text:
        width = get_character_cell_size(char)
        if width:
            cells.extend((char, *[_TAIL] * (width - 1)))
        elif cells:
            head = next(place for place in range(len(cells) - 1, -1, -1) if cells[place])
            cells[head] += char
    width = cell_len(text)
    if len(cells) != width:
        return (text, *[_TAIL] * (width - 1)) if width else ()
    return tuple(cells)
