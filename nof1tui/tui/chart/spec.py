"""What a chart shows, and its layout: scale, labels of the axes, gutter."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nof1tui.tui.chart.axes import ValueScale, value_label
from nof1tui.tui.chart.raster import GlyphSet
from nof1tui.tui.style.time_grid import TimeGrid

MIN_WIDTH_FOR_LABELS = 30
"""Fewest cells of a chart with the names of the lines at the right."""
_ROWS_PER_LABEL = 4
_MAX_BASELINE_STRETCH = 0.6
"""The baseline is drawn unless it extends the range of the values by more than this fraction."""
_SAMPLED_VALUES = 64
"""Values of a curve sampled for its bounds before its columns are known."""


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One curve, times ascending in seconds since the epoch. The lowest rank colours a crossing cell."""

    key: Hashable
    label: str
    color: str
    times: Sequence[float]
    values: Sequence[float]
    dashed: bool = False
    rank: int = 0
    base: float | None = None
    """0 % of this curve; None takes the baseline, else the first value."""


@dataclass(frozen=True, slots=True)
class ChartMarker:
    """A glyph at a time and a value; of several in one cell the last is shown."""

    time: float
    value: float
    glyph: str
    style: str


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """What to draw. `baseline` is the starting capital: a muted line, and 0 % in percent."""

    series: tuple[ChartSeries, ...]
    start: float
    end: float
    baseline: float | None = None
    percent: bool = False
    gap_s: float = 7_200.0
    markers: tuple[ChartMarker, ...] = ()
    title: str = ""


class TraceSpec(NamedTuple):
    """How a curve is drawn: line number, dashed or not, and the transform from a value to the scale."""

    line: int
    dashed: bool
    factor: float
    offset: float


class ChartLayout(NamedTuple):
    """The layout of a chart; while it is the same, the raster stays valid."""

    columns: int
    rows: int
    glyph_set: GlyphSet
    grid: TimeGrid
    scale: ValueScale
    baseline: float | None
    traces: Mapping[Hashable, TraceSpec]


def value_transform(spec: ChartSpec, series: ChartSeries) -> tuple[float, float]:
    """Factor and offset from a value to the scale."""
    if not spec.percent:
        return 1.0, 0.0
    base = series.base or spec.baseline or next(iter(series.values), 0.0)
    return (100.0 / base, -100.0) if base else (0.0, 0.0)


def rough_bounds(values: Sequence[float]) -> tuple[float, float] | None:
    """The lowest and highest of a sample of the values."""
    some = values[:: len(values) // _SAMPLED_VALUES + 1]
    return (min(some), max(some)) if some else None


def fit_value_scale(
    spec: ChartSpec,
    bounds: Sequence[tuple[float, float] | None],
    slopes: Sequence[tuple[float, float]],
    rows: int,
    dots: GlyphSet,
) -> tuple[ValueScale, float | None]:
    """The scale over all curves, and the baseline on it where it is drawn."""
    shown = [
        bound * factor + offset
        for pair, (factor, offset) in zip(bounds, slopes, strict=True)
        for bound in pair or ()
    ]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    baseline = spec.baseline
    if baseline is not None:
        baseline = 0.0 if spec.percent else baseline
        stretch = max(low - baseline, baseline - high, 0.0)
        if stretch > _MAX_BASELINE_STRETCH * (high - low) and high > low:
            baseline = None
        else:
            low, high = min(low, baseline), max(high, baseline)
    return ValueScale.over(low, high, rows * dots.dots_down, max(rows // _ROWS_PER_LABEL, 1)), baseline


def axis_labels(scale: ValueScale, rows: int, dots: GlyphSet, spec: ChartSpec) -> dict[int, str]:
    """Labels of the value axis by row of cells."""
    return {
        min(scale.row_of(tick) // dots.dots_down, rows - 1): value_label(
            tick, scale.step, percent=spec.percent
        )
        for tick in scale.ticks()
    }


def gutter_width(labels: Mapping[int, str], width: int) -> int:
    """Cells of the labels of the value axis, with the space after them."""
    return max(map(len, labels.values()), default=0) + 1 if width >= MIN_WIDTH_FOR_LABELS - 8 else 0
