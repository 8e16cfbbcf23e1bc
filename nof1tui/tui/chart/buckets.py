"""A curve by columns of time: last, highest and lowest value of each. A longer curve costs its end only."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from nof1tui.tui.style.time_grid import TimeGrid


@dataclass(frozen=True, slots=True)
class BucketedCurve:
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
    reused: int = 0
    """So many columns from the left are those of the curve it was cut from."""
    bounds: tuple[float, float] | None = None
    """Lowest and highest value, None without any."""

    def nearest_filled_column(self, column: int) -> int:
        """The nearest column with a value at or left of this one; the column itself if there is none."""
        return next((place for place in range(column, -1, -1) if self.last[place] is not None), column)


def bucket_curve(
    times: Sequence[float],
    values: Sequence[float],
    grid: TimeGrid,
    gap_s: float,
    known: BucketedCurve | None = None,
) -> BucketedCurve:
    """Cut a curve, times ascending. Of `known`, what still holds is kept, and all of it if nothing is new."""
    if known is None or known.grid != grid or known.gap_s != gap_s or not times:
        return _anew(times, values, grid, gap_s)
    gone = bisect_left(known.times, times[0])
    shared = len(known.times) - gone
    if not 0 < shared <= len(times) or not _continues(known, times, values, gone, shared):
        return _anew(times, values, grid, gap_s)
    if gone == 0 and shared == len(times):
        return known
    front = min(max(grid.column_of(times[0]) + 1, 0), grid.columns) if gone else 0
    back = min(max(grid.column_of(times[shared - 1]), front), grid.columns)
    return _continued(times, values, known, front, back)


def first_changed_column(new: BucketedCurve, old: BucketedCurve | None) -> int:
    """The first column of dots that must be drawn anew; the grid's width if none.

    `old` is what `new` was cut from, if it was.
    """
    if new is old:
        return new.grid.columns
    if old is None or old.grid != new.grid:
        return 0
    start = new.reused
    pairs = zip(
        zip(new.last[start:], new.high[start:], new.low[start:], new.joined[start:], strict=True),
        zip(old.last[start:], old.high[start:], old.low[start:], old.joined[start:], strict=True),
        strict=True,
    )
    differing = (column for column, (here, before) in enumerate(pairs, start) if here != before)
    return next(differing, new.grid.columns)


def _anew(times: Sequence[float], values: Sequence[float], grid: TimeGrid, gap_s: float) -> BucketedCurve:
    count = grid.columns
    columns = BucketedCurve(
        times, values, grid, gap_s, [None] * count, [None] * count, [None] * count, [False] * count
    )
    _fill(columns, 0, count)
    return replace(columns, bounds=_bounds(columns.low, columns.high))


def _continued(
    times: Sequence[float], values: Sequence[float], known: BucketedCurve, front: int, back: int
) -> BucketedCurve:
    """Columns from `front` up to `back` as they are known, the others from the points."""
    columns = BucketedCurve(
        times,
        values,
        known.grid,
        known.gap_s,
        known.last[:],
        known.high[:],
        known.low[:],
        known.joined[:],
        reused=back if front == 0 else 0,
    )
    for start, stop in ((0, front), (back, known.grid.columns)):
        none = [None] * (stop - start)
        columns.last[start:stop], columns.high[start:stop], columns.low[start:stop] = none, none, none
        columns.joined[start:stop] = [False] * (stop - start)
        _fill(columns, start, stop)
    if front:
        return replace(columns, bounds=_bounds(columns.low, columns.high))
    grown = _bounds(columns.low[back:], columns.high[back:])
    bounds = [found for found in (known.bounds, grown) if found is not None]
    if not bounds:
        return columns
    return replace(columns, bounds=(min(low for low, _ in bounds), max(high for _, high in bounds)))


def _bounds(low: Sequence[float | None], high: Sequence[float | None]) -> tuple[float, float] | None:
    lows = [value for value in low if value is not None]
    return (min(lows), max(value for value in high if value is not None)) if lows else None


def _fill(into: BucketedCurve, start: int, stop: int) -> None:
    times, values, grid, gap_s = into.times, into.values, into.grid, into.gap_s
    last, high, low, joined = into.last, into.high, into.low, into.joined
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
        last[column] = values[end - 1]
        if end - begin > 1:
            ordered = _ordered(values[begin:end])
            high[column], low[column] = ordered[-1], ordered[0]
        else:
            high[column] = low[column] = values[begin]
        joined[column] = begin > entry and times[begin] - times[begin - 1] <= gap_s
        begin = end
        column += 1
        if column >= stop:
            return


def _ordered(span: Sequence[float]) -> list[float]:
    """From the lowest to the highest; for so few values that is quicker than to look for both."""
    ordered = cast("list[float]", span.tolist()) if isinstance(span, array | memoryview) else list(span)
    ordered.sort()
    return ordered


def _continues(
    known: BucketedCurve, times: Sequence[float], values: Sequence[float], gone: int, shared: int
) -> bool:
    """Whether the new curve begins with what the known one ends with."""
    if known.times is times and known.values is values:
        return True
    return _same(known.times, times, gone, shared) and _same(known.values, values, gone, shared)


def _same(old: Sequence[float], new: Sequence[float], gone: int, shared: int) -> bool:
    if isinstance(old, array | memoryview) and isinstance(new, array | memoryview):
        before, now = memoryview(old), memoryview(new)
        return before.format == now.format and before[gone:].tobytes() == now[:shared].tobytes()
    return old[gone:] == new[:shared]
