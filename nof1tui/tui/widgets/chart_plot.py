"""What a chart shows, worked out without an app: curves and a size in, lines of cells out.

Between two drawings the columns of every curve and the raster are kept, so a point more costs the
cells at the right end only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from nof1tui.tui.widgets.braille import BRAILLE, Dots, Raster, Trace
from nof1tui.tui.widgets.chart_axes import TimeGrid, ValueScale, spread, time_labels, value_label
from nof1tui.tui.widgets.chart_columns import Columns, cut, first_difference
from nof1tui.tui.widgets.table_strips import cut as cut_text

NAMES_FROM = 30
"""Cells of width from which the lines' names stand at the right."""
NAME, SHORT_NAME = 8, 6
"""Cells a name may take at least, and in a narrow chart."""
AXIS_FROM = 4
"""Rows from which the time axis has one of its own."""
ROWS_A_LABEL = 4
BASELINE_STRETCH = 0.6
"""The baseline is drawn unless it would stretch the values' range by more than this part of it."""
ROUGHLY = 64
"""Values of a curve that are looked at before its columns are known."""
DASH = 4
"""Columns of dots of a dash, and of the space after it."""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve, times ascending in seconds since the epoch. The lowest rank colours a crossing cell."""

    key: Hashable
    label: str
    color: str
    times: Sequence[float]
    values: Sequence[float]
    dashed: bool = False
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Marker:
    """A sign at a moment and a value; of several in one cell the last is seen."""

    time: float
    value: float
    glyph: str
    style: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What to draw. `baseline` is the starting capital: a quiet line, and 0 % in percent."""

    series: tuple[Series, ...]
    start: float
    end: float
    baseline: float | None = None
    percent: bool = False
    gap_s: float = 7_200.0
    markers: tuple[Marker, ...] = ()
    title: str = ""


class Line(NamedTuple):
    """One line of the chart; equal lines look the same. `owners` has two bytes a cell."""

    left: str
    bits: bytes = b""
    owners: bytes = b""
    signs: tuple[tuple[int, str, str], ...] = ()
    right: tuple[str, str] = ("", "")


class _Traced(NamedTuple):
    """How a curve is drawn: as which line, dashed or not, and from a value to what the scale counts."""

    line: int
    dashed: bool
    factor: float
    offset: float


class _Sheet(NamedTuple):
    """The chart's measures: while they stay, what is drawn stays good."""

    columns: int
    rows: int
    dots: Dots
    grid: TimeGrid
    scale: ValueScale
    baseline: float | None
    traced: Mapping[Hashable, _Traced]


class Plot:
    """Draws wishes one after the other, each from what is left of the one before."""

    def __init__(self) -> None:
        self._cuts: dict[Hashable, Columns] = {}
        self._sheet: _Sheet | None = None
        self._raster = Raster(0, 0)
        self._gutter = 0
        self._order: tuple[Hashable, ...] = ()
        self._lines: dict[Hashable, int] = {}

    def line_of(self, key: Hashable) -> int:
        """The number under which this curve owns cells; the baseline is 0."""
        return self._lines[key]

    def lines(self, wish: Wish, width: int, height: int, dots: Dots = BRAILLE) -> list[Line]:
        """The lines of a chart of this size, title and axis included; none where nothing fits."""
        series = sorted(wish.series, key=lambda one: -one.rank)
        if self._lines.keys() != {one.key for one in series}:
            self._lines = {one.key: line for line, one in enumerate(series, 1)}
        names = _names_width(series, width)
        rows = height - (height >= AXIS_FROM) - bool(wish.title)
        if rows < 1 or width - names < 4:
            return []
        sheet, cuts, labels = self._measured(wish, series, width - names, rows, dots)
        self._draw(sheet, series, cuts)
        lines = [Line(cut_text(wish.title, width))] if wish.title else []
        lines += self._body(wish, sheet, series, cuts, labels, names)
        if height >= AXIS_FROM:
            lines.append(Line(" " * self._gutter + _axis(sheet)))
        return lines

    def _measured(
        self, wish: Wish, series: Sequence[Series], width: int, rows: int, dots: Dots
    ) -> tuple[_Sheet, list[Columns], dict[int, str]]:
        """Curves cut into columns and the scale over them; again if its labels want another gutter."""
        slopes = [_slope(wish, one) for one in series]
        if self._sheet is None:
            bounds = [_rough_bounds(one.values) for one in series]
            guessed, _ = _scale(wish, bounds, slopes, rows, dots)
            self._gutter = _gutter(_labels(guessed, rows, dots, wish), width)
        while True:
            cells = max(width - self._gutter, 1)
            grid = TimeGrid.over(wish.start, wish.end, cells * dots.across, dots.across)
            cuts = [cut(one.times, one.values, grid, wish.gap_s, self._cuts.get(one.key)) for one in series]
            scale, baseline = _scale(wish, [columns.bounds for columns in cuts], slopes, rows, dots)
            labels = _labels(scale, rows, dots, wish)
            gutter = _gutter(labels, width)
            if gutter == self._gutter:
                traced = {
                    one.key: _Traced(self._lines[one.key], one.dashed, *slope)
                    for one, slope in zip(series, slopes, strict=True)
                }
                return _Sheet(cells, rows, dots, grid, scale, baseline, traced), cuts, labels
            self._gutter = gutter

    def _draw(self, sheet: _Sheet, series: Sequence[Series], cuts: Sequence[Columns]) -> None:
        """Draw what is not drawn yet: all of it on a new sheet, else from the first column that differs."""
        columns, across = sheet.grid.columns, sheet.dots.across
        if sheet != self._sheet:
            self._raster, start = Raster(sheet.columns, sheet.rows, sheet.dots), 0
        else:
            known = [self._cuts.get(one.key) for one in series]
            start = columns
            for new, old in zip(cuts, known, strict=True):
                differs = first_difference(new, old)
                if differs < columns:
                    start = min(start, new.at_or_before(max(differs - 1, 0)))
            start -= start % across
        order = tuple(one.key for one in series)
        is_turned = sheet == self._sheet and order != self._order
        self._sheet, self._order = sheet, order
        self._cuts = {one.key: cut_ for one, cut_ in zip(series, cuts, strict=True)}
        if start < columns:
            self._raster.clear(start // across)
            if sheet.baseline is not None:
                row = sheet.scale.row_of(sheet.baseline)
                for x in range(start, columns, across):
                    self._raster.dot(0, x, row)
            for one, columns_ in zip(series, cuts, strict=True):
                traced = sheet.traced[one.key]
                self._raster.draw(traced.line, _trace(columns_, sheet, traced, start), start)
        if is_turned:
            self._raster.recolor((0, *(sheet.traced[key].line for key in order)))

    def _body(
        self,
        wish: Wish,
        sheet: _Sheet,
        series: Sequence[Series],
        cuts: Sequence[Columns],
        labels: dict[int, str],
        names: int,
    ) -> list[Line]:
        ends = _end_labels(sheet, series, cuts, names)
        signs = _signs(wish, sheet)
        lines = []
        for row in range(sheet.rows):
            bits, owners = self._raster.row(row)
            left = f"{labels.get(row, ''):>{self._gutter - 1}} " if self._gutter else ""
            lines.append(
                Line(left, bits, owners.tobytes(), tuple(signs.get(row, ())), ends.get(row, ("", "")))
            )
        return lines


def _names_width(series: Sequence[Series], width: int) -> int:
    """Cells for the names at the right end, the space before them included."""
    if width < NAMES_FROM or not series:
        return 0
    room = max(SHORT_NAME if width < 45 else NAME, width // 9)
    return max(map(cell_len, shortened([one.label for one in series], room))) + 1


def shortened(labels: Sequence[str], room: int) -> list[str]:
    """Labels of at most `room` cells: words are dropped from the end, or else, where two labels would
    become the same or the first word is too long, the rest is cut off.
    """
    heads = [_head(label, room) for label in labels]
    counts = Counter(heads)
    return [
        label
        if cell_len(label) <= room
        else cut_text(label, room)
        if counts[head] > 1
        else cut_text(head, room).rstrip()
        for label, head in zip(labels, heads, strict=True)
    ]


def _head(label: str, room: int) -> str:
    """As many words as fit, the first in any case."""
    words = label.split(" ")
    while len(words) > 1 and cell_len(" ".join(words)) > room:
        words.pop()
    return " ".join(words)


def _slope(wish: Wish, series: Series) -> tuple[float, float]:
    """Factor and offset from a value to what the scale counts."""
    if not wish.percent:
        return 1.0, 0.0
    base = wish.baseline or next(iter(series.values), 0.0)
    return (100.0 / base, -100.0) if base else (0.0, 0.0)


def _rough_bounds(values: Sequence[float]) -> tuple[float, float] | None:
    """About the lowest and highest value, looking at a few of them."""
    some = values[:: len(values) // ROUGHLY + 1]
    return (min(some), max(some)) if some else None


def _scale(
    wish: Wish,
    bounds: Sequence[tuple[float, float] | None],
    slopes: Sequence[tuple[float, float]],
    rows: int,
    dots: Dots,
) -> tuple[ValueScale, float | None]:
    """The scale over all that is drawn, and where on it the baseline is, if it is drawn."""
    shown = [
        bound * factor + offset
        for pair, (factor, offset) in zip(bounds, slopes, strict=True)
        for bound in pair or ()
    ]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    baseline = wish.baseline
    if baseline is not None:
        baseline = 0.0 if wish.percent else baseline
        stretch = max(low - baseline, baseline - high, 0.0)
        if stretch > BASELINE_STRETCH * (high - low) and high > low:
            baseline = None
        else:
            low, high = min(low, baseline), max(high, baseline)
    return ValueScale.over(low, high, rows * dots.down, max(rows // ROWS_A_LABEL, 1)), baseline


def _labels(scale: ValueScale, rows: int, dots: Dots, wish: Wish) -> dict[int, str]:
    """Labels of the value axis by row of cells."""
    return {
        min(scale.row_of(tick) // dots.down, rows - 1): value_label(tick, scale.step, percent=wish.percent)
        for tick in scale.ticks()
    }


def _gutter(labels: Mapping[int, str], width: int) -> int:
    """Cells that the labels of the value axis take, the space after them included."""
    return max(map(len, labels.values()), default=0) + 1 if width >= NAMES_FROM - 8 else 0


def _trace(columns: Columns, sheet: _Sheet, traced: _Traced, start: int) -> Trace:
    """One curve in rows of dots, from the last value before `start` on."""
    at = columns.at_or_before(max(start - 1, 0))
    per_unit = sheet.scale.per_unit
    down = traced.factor * per_unit
    top = (sheet.scale.high - traced.offset) * per_unit + 0.5
    ends, tops, bottoms = (
        [None if value is None else int(top - down * value) for value in values[at:]]
        for values in (columns.last, columns.high, columns.low)
    )
    dash = DASH if traced.dashed else 0
    return Trace(ends, tops, bottoms, columns.joined[at:], at, dash, sheet.grid.first % (2 * DASH))


def _end_labels(
    sheet: _Sheet, series: Sequence[Series], cuts: Sequence[Columns], names: int
) -> dict[int, tuple[str, str]]:
    """Name and colour of lines by row of cells, near the lines' ends; the best ranked if not all fit."""
    if not names:
        return {}
    wanted: list[tuple[int, int, Series]] = []
    for one, columns in zip(series, cuts, strict=True):
        _, _, factor, offset = sheet.traced[one.key]
        last = columns.last[columns.at_or_before(sheet.grid.columns - 1)]
        if last is not None:
            row = sheet.scale.row_of(last * factor + offset) // sheet.dots.down
            wanted.append((min(max(row, 0), sheet.rows - 1), one.rank, one))
    wanted.sort(key=lambda end: end[1])
    wanted = sorted(wanted[: sheet.rows], key=lambda end: end[:2])
    rows = spread([row for row, _, _ in wanted], sheet.rows)
    labels = dict(
        zip([one.key for one in series], shortened([one.label for one in series], names - 1), strict=True)
    )
    return {row: (f" {labels[one.key]}", one.color) for row, (_, _, one) in zip(rows, wanted, strict=True)}


def _signs(wish: Wish, sheet: _Sheet) -> dict[int, list[tuple[int, str, str]]]:
    """Markers by row: cell, sign and style, from the left."""
    factor, offset = (100.0 / wish.baseline, -100.0) if wish.percent and wish.baseline else (1.0, 0.0)
    placed: dict[tuple[int, int], tuple[str, str]] = {}
    for marker in wish.markers:
        column = sheet.grid.column_of(marker.time)
        row = sheet.scale.row_of(marker.value * factor + offset)
        if 0 <= column < sheet.grid.columns and 0 <= row < sheet.scale.rows:
            placed[row // sheet.dots.down, column // sheet.dots.across] = (marker.glyph, marker.style)
    by_row: dict[int, list[tuple[int, str, str]]] = {}
    for (row, cell), (glyph, style) in sorted(placed.items()):
        by_row.setdefault(row, []).append((cell, glyph, style))
    return by_row


def _axis(sheet: _Sheet) -> str:
    text = ""
    for cell, words in time_labels(sheet.grid, sheet.columns, sheet.dots.across):
        text = text.ljust(cell) + words
    return text
