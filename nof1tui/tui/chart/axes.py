"""Scales of a chart: round values on the left axis, days and hours on the time axis.

Times are seconds since the epoch, shown in UTC. Columns are cut at absolute times and steps are
round, so that a newer point moves neither columns nor rows while it fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, log10

from nof1tui.tui.style.time_grid import TimeGrid

_HOUR_S, _DAY_S = 3_600, 86_400


_TIME_STEPS_S = (
    *(60, 120, 300, 600, 900, 1_800),
    *(hours * _HOUR_S for hours in (1, 2, 3, 4, 6, 12)),
    *(days * _DAY_S for days in (1, 2, 4, 7, 14, 28, 56, 112, 224, 448)),
)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


_EQUAL_TOLERANCE = 1e-9
"""Relative difference up to which two values count as equal."""


_MIN_LABEL_SPACING = 12
"""Fewest cells from one label of the time axis to the next."""


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Maps values to rows of dots: the first row is `high`, the last `low`."""

    low: float
    high: float
    rows: int
    step: float
    """Difference between two labels."""

    @classmethod
    def over(cls, low: float, high: float, rows: int, labels: int) -> ValueScale:
        """A scale with round bounds around the values, in steps of a quarter of a label's."""
        size = max(abs(low), abs(high))
        if high - low <= max(size, 1.0) * _EQUAL_TOLERANCE:
            margin = size * 0.01 if size > _EQUAL_TOLERANCE else 1.0
            low, high = low - margin, high + margin
        step = _round_step((high - low) / max(labels, 1))
        grain = step / 4
        return cls(floor(low / grain) * grain, ceil(high / grain) * grain, rows, step)

    @property
    def per_unit(self) -> float:
        return (self.rows - 1) / (self.high - self.low)

    def row_of(self, value: float) -> int:
        """Row of a value; may be outside of the scale."""
        return round((self.high - value) * self.per_unit)

    def ticks(self) -> list[float]:
        first, last = ceil(self.low / self.step - 1e-9), floor(self.high / self.step + 1e-9)
        return [tick * self.step for tick in range(first, last + 1)]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5, 10, … that is not below `least`."""
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= least * 0.999)


def value_label(value: float, step: float, *, percent: bool) -> str:
    """`22k`, `9.4k`, `1.25M`, `940`, `+40%`, with the decimals that the step between labels needs."""
    if percent:
        return f"{_rounded(value, step, signed=True)}%"
    size, unit = next(
        ((size, unit) for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")) if abs(value) >= size), (1.0, "")
    )
    return _rounded(value / size, step / size, signed=False) + unit


def _rounded(value: float, step: float, *, signed: bool) -> str:
    decimals = next((places for places in range(6) if abs(round(step, places) - step) < step * 1e-6), 6)
    if abs(value) < 10.0**-decimals / 2:
        return "0"
    return f"{value:{'+' if signed else ''}.{decimals}f}"


def time_labels(grid: TimeGrid, cells: int, across: int) -> list[tuple[int, str]]:
    """Cells of the axis at which a label begins, and the label: `18 Oct`, or `14:00` where days are wide.

    Labels are at round times, do not touch and are never cut.
    """
    per_cell = grid.step_s * across
    start = grid.first * grid.step_s
    wide = (step for step in _TIME_STEPS_S if step / per_cell >= _MIN_LABEL_SPACING)
    step_s = next(wide, _TIME_STEPS_S[-1])
    labels: list[tuple[int, str]] = []
    time = ceil(start / step_s) * step_s
    free = 0
    while (cell := grid.column_of(time) // across) < cells:
        text = time_label(time, step_s)
        if cell >= free and cell + len(text) <= cells:
            labels.append((cell, text))
            free = cell + len(text) + 1
        time += step_s
    return labels


def time_label(time: float, step_s: float) -> str:
    """The time of day, or the date at midnight and for steps of days."""
    at = datetime.fromtimestamp(time, UTC)
    if step_s >= _DAY_S or (at.hour == 0 and at.minute == 0):
        return f"{at.day} {_MONTHS[at.month - 1]}"
    return f"{at:%H:%M}"


def spread_labels(wanted: Sequence[int], rows: int) -> list[int]:
    """A separate row for each label, in their order, as near to the wanted rows as possible.

    `wanted` ascends and is not longer than `rows`.
    """
    blocks: list[list[float]] = []
    for row in wanted:
        blocks.append([row, 1])
        while len(blocks) > 1 and blocks[-2][0] + blocks[-2][1] > blocks[-1][0]:
            start, size = blocks.pop()
            above, count = blocks[-1]
            blocks[-1] = [(above * count + (start - count) * size) / (count + size), count + size]
    placed: list[int] = []
    for start, size in blocks:
        first = max(round(start), placed[-1] + 1 if placed else 0)
        placed.extend(range(first, first + int(size)))
    for place in range(len(placed) - 1, -1, -1):
        placed[place] = max(min(placed[place], rows - len(placed) + place), place)
    return placed
