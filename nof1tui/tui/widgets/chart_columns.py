"""A curve by columns of time: last, highest and lowest value of each. A longer curve costs its end only."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from nof1tui.tui.widgets.chart_axes import TimeGrid


@dataclass(frozen=True, slots=True)
class Columns:
    """One curve cut into the columns of a grid; None where a column has no value."""

    times: Sequence[float]
    values: Sequence[float]
    grid: TimeGrid
    gap_s: float
    last: list[float | None]
    high: list[float | None]
    low: list[float | None]
    joined: list[bool]
    """Whether the first value of a column continues the one before, or follows a gap."""

    def bounds(self) -> tuple[float, float] | None:
        """Lowest and highest value, None without any."""
        lows = [value for value in self.low if value is not None]
        return (min(lows), max(value for value in self.high if value is not None)) if lows else None

    def at_or_before(self, column: int) -> int:
        """The nearest column with a value at or left of this one; the column itself if there is none."""
        return next((place for place in range(column, -1, -1) if self.last[place] is not None), column)


def cut(
    times: Sequence[float],
    values: Sequence[float],
    grid: TimeGrid,
    gap_s: float,
    known: Columns | None = None,
) -> Columns:
    """Cut a curve, times ascending. Of `known`, what still holds is kept, and all of it if nothing is new."""
    if known is None or known.grid != grid or known.gap_s != gap_s or not times:
        return _filled(times, values, grid, gap_s, None, 0, 0)
    gone = bisect_left(known.times, times[0])
    shared = len(known.times) - gone
    if not 0 < shared <= len(times) or not _continues(known, times, values, gone, shared):
        return _filled(times, values, grid, gap_s, None, 0, 0)
    if gone == 0 and shared == len(times):
        return known
    front = min(max(grid.column_of(times[0]) + 1, 0), grid.columns) if gone else 0
    return _filled(times, values, grid, gap_s, known, front, max(grid.column_of(times[shared - 1]), front))


def first_difference(new: Columns, old: Columns | None) -> int:
    """The first column of dots that must be drawn anew; the grid's width if none."""
    if new is old:
        return new.grid.columns
    if old is None or old.grid != new.grid:
        return 0
    pairs = zip(
        zip(new.last, new.high, new.low, new.joined, strict=True),
        zip(old.last, old.high, old.low, old.joined, strict=True),
        strict=True,
    )
    return next((column for column, (here, before) in enumerate(pairs) if here != before), new.grid.columns)


def _filled(
    times: Sequence[float],
    values: Sequence[float],
    grid: TimeGrid,
    gap_s: float,
    known: Columns | None,
    front: int,
    back: int,
) -> Columns:
    """Columns from `front` up to `back` as they are known, the others from the points."""
    cut_anew = Columns(times, values, grid, gap_s, *_empty(grid.columns))
    if known is not None:
        kept = slice(front, back)
        cut_anew.last[kept], cut_anew.joined[kept] = known.last[kept], known.joined[kept]
        cut_anew.high[kept], cut_anew.low[kept] = known.high[kept], known.low[kept]
    _fill(cut_anew, 0, front)
    _fill(cut_anew, back, grid.columns)
    return cut_anew


def _empty(
    columns: int,
) -> tuple[list[float | None], list[float | None], list[float | None], list[bool]]:
    return [None] * columns, [None] * columns, [None] * columns, [False] * columns


def _fill(into: Columns, start: int, stop: int) -> None:
    times, values, grid, gap_s = into.times, into.values, into.grid, into.gap_s
    first, step_s = grid.first, grid.step_s
    count = len(times)
    entry = bisect_left(times, first * step_s)
    begin = bisect_left(times, (first + start) * step_s, entry) if start < stop else count
    column = start
    while begin < count:
        edge = (first + column + 1) * step_s
        if times[begin] >= edge:
            column = max(column + 1, grid.column_of(times[begin]))
            if column >= stop:
                return
            continue
        end = bisect_left(times, edge, begin)
        into.last[column] = values[end - 1]
        if end - begin > 1:
            span = values[begin:end]
            into.high[column], into.low[column] = max(span), min(span)
        else:
            into.high[column] = into.low[column] = values[begin]
        into.joined[column] = begin > entry and times[begin] - times[begin - 1] <= gap_s
        begin = end
        column += 1
        if column >= stop:
            return


def _continues(
    known: Columns, times: Sequence[float], values: Sequence[float], gone: int, shared: int
) -> bool:
    """Whether the new curve begins with what the known one ends with."""
    return _same(known.times, times, gone, shared) and _same(known.values, values, gone, shared)


def _same(old: Sequence[float], new: Sequence[float], gone: int, shared: int) -> bool:
    if isinstance(old, array) and isinstance(new, array) and old.typecode == new.typecode:
        size = old.itemsize
        return memoryview(old).cast("B")[gone * size :] == memoryview(new).cast("B")[: shared * size]
    return old[gone:] == new[:shared]
