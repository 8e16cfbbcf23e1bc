"""Renders a chart without an app: curves and a size in, lines of cells out.

The columns of every curve and the raster are kept between two calls, so that a new point costs only
the cells at the right end.
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
"""Fewest rows of a chart with a time axis."""
_DASH_COLUMNS = 4
"""Columns of dots of a dash and of the gap after it."""


class ChartLine(NamedTuple):
    """One row of the chart; equal rows look the same. `owners` has two bytes for each cell."""

    left: str
    bits: bytes = b""
    owners: bytes = b""
    markers: tuple[tuple[int, str, str], ...] = ()
    right: tuple[str, str] = ("", "")


class Plot:
    """Renders specs one after the other, reusing what did not change."""

    def __init__(self) -> None:
        self._cuts: dict[Hashable, BucketedCurve] = {}
        self.layout: ChartLayout | None = None
        """The layout drawn last; None before the first."""
        self._raster = Raster(0, 0)
        self.gutter = 0
        """Cells of the value axis."""
        self._order: tuple[Hashable, ...] = ()
        self._lines: dict[Hashable, int] = {}

    def line_number(self, key: Hashable) -> int:
        """The line number of this curve in the raster; the baseline is 0."""
        return self._lines[key]

    def render(
        self, spec: ChartSpec, width: int, height: int, dots: GlyphSet = BRAILLE_GLYPHS
    ) -> list[ChartLine]:
        """The rows of a chart of this size with title and axis; none where nothing fits."""
        series = sorted(spec.series, key=lambda one: -one.rank)
        if self._lines.keys() != {one.key for one in series}:
            self._lines = {one.key: line for line, one in enumerate(series, 1)}
        names = label_width(series, width)
        rows = height - (height >= _MIN_ROWS_FOR_AXIS) - bool(spec.title)
        if rows < 1 or width - names < 4:
            return []
        layout, cuts, labels = self._measure(spec, series, width - names, rows, dots)
        self._draw(layout, series, cuts)
        lines = [ChartLine(cut_text(spec.title, width))] if spec.title else []
        lines += self._body(spec, layout, series, cuts, labels, names)
        if height >= _MIN_ROWS_FOR_AXIS:
            lines.append(ChartLine(" " * self.gutter + _axis(layout)))
        return lines

    def _measure(
        self, spec: ChartSpec, series: Sequence[ChartSeries], width: int, rows: int, dots: GlyphSet
    ) -> tuple[ChartLayout, list[BucketedCurve], dict[int, str]]:
        """Curves cut into columns, and the scale over them; repeated if its labels need another gutter.

        A wider gutter may drop the point that needed it: once widened, the gutter does not shrink again.
        """
        slopes = [value_transform(spec, one) for one in series]
        if self.layout is None:
            bounds = [rough_bounds(one.values) for one in series]
            guessed, _ = fit_value_scale(spec, bounds, slopes, rows, dots)
            self.gutter = gutter_width(axis_labels(guessed, rows, dots, spec), width)
        least = 0
        while True:
            cells = max(width - self.gutter, 1)
            grid = TimeGrid.over(spec.start, spec.end, cells * dots.dots_across, dots.dots_across)
            cuts = [
                bucket_curve(one.times, one.values, grid, spec.gap_s, self._cuts.get(one.key))
                for one in series
            ]
            scale, baseline = fit_value_scale(spec, [columns.bounds for columns in cuts], slopes, rows, dots)
            labels = axis_labels(scale, rows, dots, spec)
            gutter = max(gutter_width(labels, width), least)
            if gutter == self.gutter:
                traced = {
                    one.key: TraceSpec(self._lines[one.key], one.dashed, *slope)
                    for one, slope in zip(series, slopes, strict=True)
                }
                return ChartLayout(cells, rows, dots, grid, scale, baseline, traced), cuts, labels
            least = gutter if gutter > self.gutter else 0
            self.gutter = gutter

    def _draw(
        self, layout: ChartLayout, series: Sequence[ChartSeries], cuts: Sequence[BucketedCurve]
    ) -> None:
        """Draw what changed: everything for a new layout, else from the first column that differs."""
        columns, across = layout.grid.columns, layout.glyph_set.dots_across
        if layout != self.layout:
            self._raster, start = Raster(layout.columns, layout.rows, layout.glyph_set), 0
        else:
            known = [self._cuts.get(one.key) for one in series]
            start = columns
            for new, old in zip(cuts, known, strict=True):
                differs = first_changed_column(new, old)
                if differs < columns:
                    start = min(start, new.nearest_filled_column(max(differs - 1, 0)))
            start -= start % across
        order = tuple(one.key for one in series)
        is_turned = layout == self.layout and order != self._order
        self.layout, self._order = layout, order
        self._cuts = {one.key: curve for one, curve in zip(series, cuts, strict=True)}
        if start < columns:
            self._raster.clear(start // across)
            if layout.baseline is not None:
                row = layout.scale.row_of(layout.baseline)
                for x in range(start, columns, across):
                    self._raster.dot(0, x, row)
            for one, curve in zip(series, cuts, strict=True):
                traced = layout.traces[one.key]
                self._raster.draw(traced.line, _trace(curve, layout, traced, start), start)
        if is_turned:
            self._raster.recolor((0, *(layout.traces[key].line for key in order)))

    def _body(
        self,
        spec: ChartSpec,
        layout: ChartLayout,
        series: Sequence[ChartSeries],
        cuts: Sequence[BucketedCurve],
        labels: dict[int, str],
        names: int,
    ) -> list[ChartLine]:
        ends = end_labels(layout, series, cuts, names)
        markers = _markers_by_row(spec, layout)
        lines = []
        for row in range(layout.rows):
            bits, owners = self._raster.row(row)
            left = f"{labels.get(row, ''):>{self.gutter - 1}} " if self.gutter else ""
            lines.append(
                ChartLine(left, bits, owners.tobytes(), tuple(markers.get(row, ())), ends.get(row, ("", "")))
            )
        return lines


def _trace(columns: BucketedCurve, layout: ChartLayout, traced: TraceSpec, start: int) -> Trace:
    """One curve in rows of dots, from the last value before `start`."""
    at = columns.nearest_filled_column(max(start - 1, 0))
    per_unit = layout.scale.per_unit
    down = traced.factor * per_unit
    top = (layout.scale.high - traced.offset) * per_unit + 0.5
    ends, tops, bottoms = (
        [None if value is None else int(top - down * value) for value in values[at:]]
        for values in (columns.last, columns.high, columns.low)
    )
    dash = _DASH_COLUMNS if traced.dashed else 0
    return Trace(ends, tops, bottoms, columns.joined[at:], at, dash, layout.grid.first % (2 * _DASH_COLUMNS))


def _markers_by_row(spec: ChartSpec, layout: ChartLayout) -> dict[int, list[tuple[int, str, str]]]:
    """Markers by row: cell, glyph and style, from the left."""
    factor, offset = (100.0 / spec.baseline, -100.0) if spec.percent and spec.baseline else (1.0, 0.0)
    placed: dict[tuple[int, int], tuple[str, str]] = {}
    for marker in spec.markers:
        column = layout.grid.column_of(marker.time)
        row = layout.scale.row_of(marker.value * factor + offset)
        if 0 <= column < layout.grid.columns and 0 <= row < layout.scale.rows:
            placed[row // layout.glyph_set.dots_down, column // layout.glyph_set.dots_across] = (
                marker.glyph,
                marker.style,
            )
    by_row: dict[int, list[tuple[int, str, str]]] = {}
    for (row, cell), (glyph, style) in sorted(placed.items()):
        by_row.setdefault(row, []).append((cell, glyph, style))
    return by_row


def _axis(layout: ChartLayout) -> str:
    text = ""
    for cell, label in time_labels(layout.grid, layout.columns, layout.glyph_set.dots_across):
        text = text.ljust(cell) + label
    return text
