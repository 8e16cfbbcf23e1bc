"""What a chart shows, worked out without an app: curves and a size in, lines of cells out.

Between two drawings the columns of every curve and the raster are kept, so a point more costs the
cells at the right end only.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from nof1tui.tui.chart.axes import time_labels
from nof1tui.tui.chart.buckets import BucketedCurve, bucket_curve, first_changed_column
from nof1tui.tui.chart.labels import end_labels, label_width
from nof1tui.tui.chart.raster import BRAILLE_GLYPHS, GlyphSet, Raster, Trace
from nof1tui.tui.chart.spec import (
    ChartLayout,
    ChartSeries,
    ChartSpec,
    TraceSpec,
    axis_labels,
    fit_value_scale,
    gutter_width,
    rough_bounds,
    value_transform,
)
from nof1tui.tui.style.time_grid import TimeGrid
from nof1tui.tui.table.layout import fit_text as cut_text

_MIN_ROWS_FOR_AXIS = 4
"""Rows from which the time axis has one of its own."""
_DASH_COLUMNS = 4
"""Columns of dots of a dash, and of the space after it."""


class ChartLine(NamedTuple):
    """One line of the chart; equal lines look the same. `owners` has two bytes a cell."""

    left: str
    bits: bytes = b""
    owners: bytes = b""
    markers: tuple[tuple[int, str, str], ...] = ()
    right: tuple[str, str] = ("", "")


class Plot:
    """Draws wishes one after the other, each from what is left of the one before."""

    def __init__(self) -> None:
        self._cuts: dict[Hashable, BucketedCurve] = {}
        self._sheet: ChartLayout | None = None
        self._raster = Raster(0, 0)
        self._gutter = 0
        self._order: tuple[Hashable, ...] = ()
        self._lines: dict[Hashable, int] = {}

    def line_number(self, key: Hashable) -> int:
        """The number under which this curve owns cells; the baseline is 0."""
        return self._lines[key]

    def render(
        self, wish: ChartSpec, width: int, height: int, dots: GlyphSet = BRAILLE_GLYPHS
    ) -> list[ChartLine]:
        """The lines of a chart of this size, title and axis included; none where nothing fits."""
        series = sorted(wish.series, key=lambda one: -one.rank)
        if self._lines.keys() != {one.key for one in series}:
            self._lines = {one.key: line for line, one in enumerate(series, 1)}
        names = label_width(series, width)
        rows = height - (height >= _MIN_ROWS_FOR_AXIS) - bool(wish.title)
        if rows < 1 or width - names < 4:
            return []
        sheet, cuts, labels = self._measured(wish, series, width - names, rows, dots)
        self._draw(sheet, series, cuts)
        lines = [ChartLine(cut_text(wish.title, width))] if wish.title else []
        lines += self._body(wish, sheet, series, cuts, labels, names)
        if height >= _MIN_ROWS_FOR_AXIS:
            lines.append(ChartLine(" " * self._gutter + _axis(sheet)))
        return lines

    def _measured(
        self, wish: ChartSpec, series: Sequence[ChartSeries], width: int, rows: int, dots: GlyphSet
    ) -> tuple[ChartLayout, list[BucketedCurve], dict[int, str]]:
        """Curves cut into columns and the scale over them; again if its labels want another gutter.

        A wider gutter may leave out the very point that wanted it: once widened it stays as it is.
        """
        slopes = [value_transform(wish, one) for one in series]
        if self._sheet is None:
            bounds = [rough_bounds(one.values) for one in series]
            guessed, _ = fit_value_scale(wish, bounds, slopes, rows, dots)
            self._gutter = gutter_width(axis_labels(guessed, rows, dots, wish), width)
        least = 0
        while True:
            cells = max(width - self._gutter, 1)
            grid = TimeGrid.over(wish.start, wish.end, cells * dots.dots_across, dots.dots_across)
            cuts = [
                bucket_curve(one.times, one.values, grid, wish.gap_s, self._cuts.get(one.key))
                for one in series
            ]
            scale, baseline = fit_value_scale(wish, [columns.bounds for columns in cuts], slopes, rows, dots)
            labels = axis_labels(scale, rows, dots, wish)
            gutter = max(gutter_width(labels, width), least)
            if gutter == self._gutter:
                traced = {
                    one.key: TraceSpec(self._lines[one.key], one.dashed, *slope)
                    for one, slope in zip(series, slopes, strict=True)
                }
                return ChartLayout(cells, rows, dots, grid, scale, baseline, traced), cuts, labels
            least = gutter if gutter > self._gutter else 0
            self._gutter = gutter

    def _draw(self, sheet: ChartLayout, series: Sequence[ChartSeries], cuts: Sequence[BucketedCurve]) -> None:
        """Draw what is not drawn yet: all of it on a new sheet, else from the first column that differs."""
        columns, across = sheet.grid.columns, sheet.glyph_set.dots_across
        if sheet != self._sheet:
            self._raster, start = Raster(sheet.columns, sheet.rows, sheet.glyph_set), 0
        else:
            known = [self._cuts.get(one.key) for one in series]
            start = columns
            for new, old in zip(cuts, known, strict=True):
                differs = first_changed_column(new, old)
                if differs < columns:
                    start = min(start, new.nearest_filled_column(max(differs - 1, 0)))
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
                traced = sheet.traces[one.key]
                self._raster.draw(traced.line, _trace(columns_, sheet, traced, start), start)
        if is_turned:
            self._raster.recolor((0, *(sheet.traces[key].line for key in order)))

    def _body(
        self,
        wish: ChartSpec,
        sheet: ChartLayout,
        series: Sequence[ChartSeries],
        cuts: Sequence[BucketedCurve],
        labels: dict[int, str],
        names: int,
    ) -> list[ChartLine]:
        ends = end_labels(sheet, series, cuts, names)
        signs = _signs(wish, sheet)
        lines = []
        for row in range(sheet.rows):
            bits, owners = self._raster.row(row)
            left = f"{labels.get(row, ''):>{self._gutter - 1}} " if self._gutter else ""
            lines.append(
                ChartLine(left, bits, owners.tobytes(), tuple(signs.get(row, ())), ends.get(row, ("", "")))
            )
        return lines


def _trace(columns: BucketedCurve, sheet: ChartLayout, traced: TraceSpec, start: int) -> Trace:
    """One curve in rows of dots, from the last value before `start` on."""
    at = columns.nearest_filled_column(max(start - 1, 0))
    per_unit = sheet.scale.per_unit
    down = traced.factor * per_unit
    top = (sheet.scale.high - traced.offset) * per_unit + 0.5
    ends, tops, bottoms = (
        [None if value is None else int(top - down * value) for value in values[at:]]
        for values in (columns.last, columns.high, columns.low)
    )
    dash = _DASH_COLUMNS if traced.dashed else 0
    return Trace(ends, tops, bottoms, columns.joined[at:], at, dash, sheet.grid.first % (2 * _DASH_COLUMNS))


def _signs(wish: ChartSpec, sheet: ChartLayout) -> dict[int, list[tuple[int, str, str]]]:
    """Markers by row: cell, sign and style, from the left."""
    factor, offset = (100.0 / wish.baseline, -100.0) if wish.percent and wish.baseline else (1.0, 0.0)
    placed: dict[tuple[int, int], tuple[str, str]] = {}
    for marker in wish.markers:
        column = sheet.grid.column_of(marker.time)
        row = sheet.scale.row_of(marker.value * factor + offset)
        if 0 <= column < sheet.grid.columns and 0 <= row < sheet.scale.rows:
            placed[row // sheet.glyph_set.dots_down, column // sheet.glyph_set.dots_across] = (
                marker.glyph,
                marker.style,
            )
    by_row: dict[int, list[tuple[int, str, str]]] = {}
    for (row, cell), (glyph, style) in sorted(placed.items()):
        by_row.setdefault(row, []).append((cell, glyph, style))
    return by_row


def _axis(sheet: ChartLayout) -> str:
    text = ""
    for cell, words in time_labels(sheet.grid, sheet.columns, sheet.glyph_set.dots_across):
        text = text.ljust(cell) + words
    return text
