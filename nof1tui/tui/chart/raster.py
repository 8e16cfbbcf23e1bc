"""Rasterises lines on a grid of dots into cells, each a character and the line that colours it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

NO_OWNER = 0
"""Owner of a cell that no line touches; line n owns cells as n + 1."""


@dataclass(frozen=True)
class GlyphSet:
    """The dots of a cell, and the character of every combination of them."""

    dots_across: int
    dots_down: int
    bits: tuple[tuple[int, ...], ...]
    """By column of dots, from the top."""
    glyphs: str
    """By combination; the first is the empty cell."""
    masks: tuple[tuple[tuple[int, ...], ...], ...] = field(init=False)
    """By column of dots, first and last dot: all the dots between."""

    def __post_init__(self) -> None:
        masks = tuple(
            tuple(
                tuple(sum(column[first : last + 1]) for last in range(self.dots_down))
                for first in range(self.dots_down)
            )
            for column in self.bits
        )
        object.__setattr__(self, "masks", masks)


BRAILLE_GLYPHS = GlyphSet(
    2,
    4,
    ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)),
    " " + "".join(chr(0x2800 + combination) for combination in range(1, 256)),
)
BLOCK_GLYPHS = GlyphSet(2, 2, ((1, 4), (2, 8)), " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")
ASCII_GLYPHS = GlyphSet(1, 2, ((1, 2),), " '.|")
GLYPH_SETS = {"braille": BRAILLE_GLYPHS, "block": BLOCK_GLYPHS, "ascii": ASCII_GLYPHS}


@dataclass(frozen=True, slots=True)
class Trace:
    """One line by columns of dots from column `at` on, in rows of dots from the top.

    `ends[n]` is the last value of column at + n, None where there is none; `tops` and `bottoms` are
    the extremes there. `joined[n]` is whether the line continues from the value before. `dash` > 0
    leaves out every second run of `dash` columns, counted from `phase`.
    """

    ends: Sequence[int | None]
    tops: Sequence[int | None]
    bottoms: Sequence[int | None]
    joined: Sequence[bool]
    at: int = 0
    dash: int = 0
    phase: int = 0


class Raster:
    """Cells of `columns` × `rows`. Lines drawn later colour the cells they share with earlier ones.

    The cells of each line are kept, so that another order of lines changes colours only.
    """

    def __init__(self, columns: int, rows: int, dots: GlyphSet = BRAILLE_GLYPHS) -> None:
        self.columns, self.rows, self.dots = columns, rows, dots
        self.width, self.height = columns * dots.dots_across, rows * dots.dots_down
        self._bits = bytearray(columns * rows)
        self._owners = array("H", bytes(2 * columns * rows))
        self._starts = [y // dots.dots_down * columns for y in range(self.height)]
        """First cell of each row of dots; `_places` has the row in the cell."""
        self._places = [y % dots.dots_down for y in range(self.height)]
        self._cells: dict[int, list[int]] = {}
        """Cells of each line, from the left."""

    def clear(self, column: int = 0) -> None:
        """Clear the cells from this column on."""
        width = self.columns - column
        if width <= 0:
            return
        for start in range(column, self.columns * self.rows, self.columns):
            self._bits[start : start + width] = bytes(width)
            self._owners[start : start + width] = array("H", bytes(2 * width))
        for cells in self._cells.values():
            while cells and cells[-1] % self.columns >= column:
                cells.pop()

    def recolor(self, order: Iterable[int]) -> None:
        """Colour the cells of all lines in this order instead of the order drawn."""
        owners = self._owners
        for line in order:
            owner = line + 1
            for cell in self._cells.get(line, ()):
                owners[cell] = owner

    def row(self, row: int) -> tuple[bytes, array[int]]:
        """Combinations of dots and owners of one row of cells."""
        span = slice(row * self.columns, (row + 1) * self.columns)
        return bytes(self._bits[span]), self._owners[span]

    def cells(self, row: int) -> list[tuple[str, int]]:
        """Character and line (-1: none) of each cell of a row."""
        bits, owners = self.row(row)
        return [(self.dots.glyphs[bit], owner - 1) for bit, owner in zip(bits, owners, strict=True)]

    def dot(self, line: int, x: int, y: int) -> None:
        """Set one dot."""
        self._fill(line, ((x, y, y),))

    def draw(self, line: int, trace: Trace, start: int = 0) -> None:
        """Draw a line from this column of dots on."""
        self._fill(line, dot_spans(trace, start, self.height, self.dots.dots_down))

    def _fill(self, line: int, columns: Iterable[tuple[int, int, int]]) -> None:
        """Set all dots from the first to the last row of each column, from the left; all on the grid."""
        bits, owners, width = self._bits, self._owners, self.columns
        cells = self._cells.setdefault(line, [])
        across, masks, starts, places = self.dots.dots_across, self.dots.masks, self._starts, self._places
        owner, lowest = line + 1, self.dots.dots_down - 1
        for x, top, bottom in columns:
            mask, column = masks[x % across], x // across
            cell, end = starts[top] + column, starts[bottom] + column
            owners[cell] = owner
            cells.append(cell)
            if cell == end:
                bits[cell] |= mask[places[top]][places[bottom]]
                continue
            bits[cell] |= mask[places[top]][lowest]
            cell += width
            while cell < end:
                bits[cell] |= mask[0][lowest]
                owners[cell] = owner
                cells.append(cell)
                cell += width
            bits[end] |= mask[0][places[bottom]]
            owners[end] = owner
            cells.append(end)


def dot_spans(trace: Trace, start: int, height: int, min_excess: int) -> Iterator[tuple[int, int, int]]:
    """The columns of dots a line covers, from column `start` on: column, highest and lowest row.

    The line runs through each column's last value, half of every step in either column. An extreme
    is drawn only if it exceeds that by more than `min_excess` dots. Values must be on the grid.
    """
    at, dash, phase, joined = trace.at, trace.dash, trace.phase, trace.joined
    tops, bottoms, limit = trace.tops, trace.bottoms, height - 1
    known = [place for place, end in enumerate(trace.ends) if end is not None]
    ends = [end for end in trace.ends if end is not None]
    last_place, last, half = -1, 0, 0
    for place, here, next_place, following in zip(
        known, ends, [*known[1:], -1], [*ends[1:], 0], strict=False
    ):
        top = bottom = here
        if last_place >= 0 and joined[place]:
            if last_place < place - 1:
                yield from _bridge(last_place, last, place, here, start, trace, limit)
                last = round(here + (last - here) / (place - last_place))
                half = (last + here) >> 1
            if half > bottom:
                bottom = half
            elif half < top - 1:
                top = half + 1
        last_place, last = place, here
        half = (here + following) >> 1
        if next_place == place + 1 and joined[next_place]:
            if half > bottom:
                bottom = half
            elif half < top - 1:
                top = half + 1
        x = place + at
        if x < start or (dash and (x + phase) // dash % 2):
            continue
        high, low = tops[place], bottoms[place]
        if high is not None and high < top - min_excess:
            top = high
        if low is not None and low > bottom + min_excess:
            bottom = low
        yield x, (top if top > 0 else 0), (bottom if bottom < limit else limit)


def _bridge(
    before: int, last: int, place: int, here: int, start: int, trace: Trace, limit: int
) -> Iterator[tuple[int, int, int]]:
    """The columns without a value of their own between two that are joined."""
    slope = (here - last) / (place - before)
    earlier = last
    for step in range(1, place - before):
        y = round(last + slope * step)
        top, bottom = (earlier + 1, y) if y > earlier else (y, earlier - 1) if y < earlier else (y, y)
        earlier = y
        x = before + step + trace.at
        if x >= start and (not trace.dash or (x + trace.phase) // trace.dash % 2 == 0):
            yield x, max(top, 0), min(bottom, limit)
