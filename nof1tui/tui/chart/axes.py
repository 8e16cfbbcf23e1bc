"""Scales of a chart, pure: which time a column stands for, round values on the left, days and hours below.

Times are seconds since the epoch, shown in UTC. Columns are cut at absolute times and steps are
round, so that a newer point moves neither columns nor rows until it no longer fits.
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
"""Values so near to each other, seen from their size, are one."""


_LABEL_ROOM = 12
"""Cells from one label of the time axis to the next, at least."""


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Rows of dots from the top: the first stands for `high`, the last for `low`."""

    low: float
    high: float
    rows: int
    step: float
    """Between two labels."""

    @classmethod
    def over(cls, low: float, high: float, rows: int, labels: int) -> ValueScale:
        """Round bounds around the values; they move by a quarter of a label's step, so seldom."""
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
        """May lie outside of the scale."""
        return round((self.high - value) * self.per_unit)

    def ticks(self) -> list[float]:
        first, last = ceil(self.low / self.step - 1e-9), floor(self.high / self.step + 1e-9)
        return [tick * self.step for tick in range(first, last + 1)]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5, 10, … that is not below `least`."""
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= least * 0.999)


def value_label(value: float, step: float, *, percent: bool) -> str:
    """`22k`, `9.4k`, `1.25M`, `940`, `+40%`: as many decimals as the step between labels asks for."""
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

    Labels stand at round times and never touch; each is whole.
    """
    per_cell = grid.step_s * across
    start = grid.first * grid.step_s
    step_s = next((step for step in _TIME_STEPS_S if step / per_cell >= _LABEL_ROOM), _TIME_STEPS_S[-1])
    labels: list[tuple[int, str]] = []
    time = ceil(start / step_s) * step_s
    free = 0
    while (cell := grid.column_of(time) // across) < cells:
        words = time_label(time, step_s)
        if cell >= free and cell + len(words) <= cells:
            labels.append((cell, words))
            free = cell + len(words) + 1
        time += step_s
    return labels


def time_label(time: float, step_s: float) -> str:
    """The hour, or the day where the hour is midnight or does not matter."""
    at = datetime.fromtimestamp(time, UTC)
    if step_s >= _DAY_S or (at.hour == 0 and at.minute == 0):
        return f"{at.day} {_MONTHS[at.month - 1]}"
    return f"{at:%H:%M}"


def spread_labels(wanted: Sequence[int], rows: int) -> list[int]:
    """A row of its own for each of these, in their order, as near to the wanted rows as can be.

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
