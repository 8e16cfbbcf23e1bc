"""Cuts a curve into columns of time with the last, highest and lowest value; appending is incremental."""

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
    """Number of columns from the left that are those of the curve it was derived from."""
    bounds: tuple[float, float] | None = None
    """Lowest and highest value; None without values."""

    def nearest_filled_column(self, column: int) -> int:
        """The nearest column with a value at or left of this one; the column itself without one."""
        return next((place for place in range(column, -1, -1) if self.last[place] is not None), column)


def bucket_curve(
    times: Sequence[float],
    values: Sequence[float],
    grid: TimeGrid,
    gap_s: float,
    known: BucketedCurve | None = None,
) -> BucketedCurve:
    """Cut a curve, times ascending. Columns of `known` are reused where the points are the same."""
    if known is None or known.grid != grid or known.gap_s != gap_s or not times:
        return _cut(times, values, grid, gap_s)
    dropped = bisect_left(known.times, times[0])
    shared = len(known.times) - dropped
    if not 0 < shared <= len(times) or not _continues(known, times, values, dropped, shared):
        return _cut(times, values, grid, gap_s)
    if dropped == 0 and shared == len(times):
        return known
    front = min(max(grid.column_of(times[0]) + 1, 0), grid.columns) if dropped else 0
    back = min(max(grid.column_of(times[shared - 1]), front), grid.columns)
    return _continued(times, values, known, front, back)


def first_changed_column(new: BucketedCurve, old: BucketedCurve | None) -> int:
    """The first column of dots that must be drawn again; the grid's width if none.

    `old` is what `new` was derived from.
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


def _cut(times: Sequence[float], values: Sequence[float], grid: TimeGrid, gap_s: float) -> BucketedCurve:
    count = grid.columns
    columns = BucketedCurve(
        times, values, grid, gap_s, [None] * count, [None] * count, [None] * count, [False] * count
    )
    _fill(columns, 0, count)
    return replace(columns, bounds=_bounds(columns.low, columns.high))


def _continued(
    times: Sequence[float], values: Sequence[float], known: BucketedCurve, front: int, back: int
) -> BucketedCurve:
    """Columns from `front` up to `back` copied from `known`, the others cut from the points."""
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
    bounds = [pair for pair in (known.bounds, grown) if pair is not None]
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
    """The values sorted; for few values that is faster than min and max."""
    ordered = cast("list[float]", span.tolist()) if isinstance(span, array | memoryview) else list(span)
    ordered.sort()
    return ordered


def _continues(
    known: BucketedCurve, times: Sequence[float], values: Sequence[float], dropped: int, shared: int
) -> bool:
    """Whether the new curve begins with the points that the known one ends with."""
    if known.times is times and known.values is values:
        return True
    return _same(known.times, times, dropped, shared) and _same(known.values, values, dropped, shared)


def _same(old: Sequence[float], new: Sequence[float], dropped: int, shared: int) -> bool:
    if isinstance(old, array | memoryview) and isinstance(new, array | memoryview):
        before, now = memoryview(old), memoryview(new)
        return before.format == now.format and before[dropped:].tobytes() == now[:shared].tobytes()
    return old[dropped:] == new[:shared]
