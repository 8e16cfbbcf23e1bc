"""Daily grid of an index: closes at 24:00 UTC, returns between them with the days they span.

The first partial day and the running day have no return here; they count in the total and the drawdown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf

from msgspec import Struct, structs

from nof1tui.domain.returns.timescale import day_end, day_of

CLOSE_WITHIN_S = 7_200.0
"""A row older than this at 24:00 UTC does not count as a close."""


class DayReturn(Struct, frozen=True):
    """Return from one close to the next."""

    day: int
    """Days since the epoch of the later close."""
    value: float
    """Simple return, a fraction."""
    tau: int = 1
    """Days between the two closes: 1 without a gap."""


class DayGrid(Struct, frozen=True):
    """Closes of an index by day, and its last row. Advanced row by row; empty before the first."""

    days: tuple[int, ...] = ()
    """Days since the epoch that have a close and are over."""
    closes: tuple[float, ...] = ()
    last_at: float = -inf
    last_value: float = 1.0

    def advance(self, at: float, value: float) -> DayGrid:
        """With a further value of the index, at or after the last one. Raises ValueError for an older one."""
        if at < self.last_at:
            raise ValueError(f"value at {at} is older than the grid at {self.last_at}; rebuild the grid")
        closed = self.until(at) if at > _close_at(self.last_at) else self
        return structs.replace(closed, last_at=at, last_value=value)

    def until(self, now: float) -> DayGrid:
        """With the close of the last row's day, where that day is over and the row is recent enough."""
        if self.last_at == -inf:
            return self
        end = _close_at(self.last_at)
        day = day_of(end) - 1
        if now < end or end - self.last_at > CLOSE_WITHIN_S or (self.days and self.days[-1] >= day):
            return self
        return structs.replace(self, days=(*self.days, day), closes=(*self.closes, self.last_value))


def _close_at(at: float) -> float:
    """The first 24:00 UTC at or after the moment."""
    if at == -inf:
        return inf
    day = day_of(at)
    return at if at == day_end(day - 1) else day_end(day)


def day_grid(points: Iterable[tuple[float, float]], now: float) -> DayGrid:
    """Grid of (time, index) pairs in order of time, as of now."""
    grid = DayGrid()
    for at, value in points:
        grid = grid.advance(at, value)
    return grid.until(now)


def day_returns(grid: DayGrid) -> tuple[DayReturn, ...]:
    """Returns between neighbouring closes, oldest first; none after an index of zero."""
    closes = zip(grid.days, grid.closes, strict=True)
    return tuple(
        DayReturn(day, close / previous_close - 1.0, day - previous)
        for (previous, previous_close), (day, close) in pairwise(closes)
        if previous_close > 0
    )


def single_day_values(returns: Iterable[DayReturn]) -> list[float]:
    """Values of the returns that span exactly one day: what Sortino, VaR, CVaR and Omega are made from."""
    return [item.value for item in returns if item.tau == 1]


def paired_by_day(
    ours: Sequence[DayReturn], others: Sequence[DayReturn]
) -> tuple[tuple[DayReturn, DayReturn], ...]:
    """Returns of both over the same days."""
    known = {(item.day, item.tau): item for item in others}
    return tuple((item, known[item.day, item.tau]) for item in ours if (item.day, item.tau) in known)
