"""Positions and labels of a time axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log2


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Columns of dots: column x holds the times from (first + x) · step_s on."""

    first: int
    step_s: float
    columns: int

    @classmethod
    def over(cls, start: float, end: float, columns: int, align: int = 1) -> TimeGrid:
        """A grid with the finest round step at which `columns` cover this span, wherever it begins.

        A sliding window thus keeps its step. `first` is a multiple of `align`.
        """
        span = max(end - start, float(columns) * 1e-3)
        held = max(columns - align, 1)
        unit = 2.0 ** floor(log2(span / held)) / 32
        units = floor(span / held / unit) + 1
        while True:
            step_s = units * unit
            first = floor(start / step_s) // align * align
            if floor(end / step_s) - first < columns or columns <= align:
                return cls(first, step_s, columns)
            units += 1

    def column_of(self, time: float) -> int:
        """Column of a time; may be outside of the grid."""
        return floor(time / self.step_s) - self.first

    @property
    def edges(self) -> list[float]:
        """Start times of the columns, and the end time of the last."""
        return [(self.first + column) * self.step_s for column in range(self.columns + 1)]
