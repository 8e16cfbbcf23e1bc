"""Drawdowns of an index: depth, time under water and the table of the worst, advanced value by value."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from msgspec import Struct

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.daily import DayGrid
from nof1tui.domain.returns.timescale import DAY_S, day_end

TABLE_ROWS = 10
GAP_S = 7_200.0
"""Values further apart than this may hide a deeper drawdown."""


class DrawdownPeriod(Struct, frozen=True):
    """From a peak to its recovery, or up to now. Times are seconds since the epoch."""

    peak_at: float
    """The last time at the peak."""
    trough_at: float
    depth: float
    """Trough over peak less 1, a fraction ≤ 0."""
    end_at: float
    """Time of the recovery, or of the last value."""
    recovered: bool

    @property
    def days(self) -> float:
        """Days under water."""
        return (self.end_at - self.peak_at) / DAY_S


class IndexDrawdown(Struct, frozen=True):
    """Drawdowns of the values so far; the first value is the first peak."""

    peak: float = 0.0
    peak_at: float = -inf
    low: float = inf
    """Lowest value since the peak."""
    low_at: float = -inf
    last: float = 0.0
    last_at: float = -inf
    worst: tuple[DrawdownPeriod, ...] = ()
    """Recovered periods, the deepest first, at most `TABLE_ROWS`."""
    longest_recovered_s: float = 0.0
    longest_gap_s: float = 0.0
    n: int = 0

    def advance(self, at: float, value: float) -> IndexDrawdown:
        """With a further value, at or after the last. Constant cost."""
        gap = max(self.longest_gap_s, at - self.last_at) if self.n else 0.0
        longest, worst, count = self.longest_recovered_s, self.worst, self.n + 1
        if value < self.peak:
            lowest = (value, at) if value < self.low else (self.low, self.low_at)
            return IndexDrawdown(self.peak, self.peak_at, *lowest, value, at, worst, longest, gap, count)
        if self.low < self.peak:
            period = DrawdownPeriod(self.peak_at, self.low_at, self.low / self.peak - 1.0, at, True)
            longest, worst = max(longest, at - self.peak_at), _worst((*worst, period))
        return IndexDrawdown(value, at, value, at, value, at, worst, longest, gap, count)

    @property
    def current(self) -> float:
        """Last value over the peak less 1, a fraction ≤ 0."""
        return self.last / self.peak - 1.0 if self.peak > 0 else 0.0

    @property
    def running(self) -> DrawdownPeriod | None:
        """The period that has not recovered; None at a peak."""
        if not self.n or self.last >= self.peak:
            return None
        return DrawdownPeriod(self.peak_at, self.low_at, self.low / self.peak - 1.0, self.last_at, False)

    @property
    def table(self) -> tuple[DrawdownPeriod, ...]:
        """The worst periods with the running one, the deepest first."""
        running = self.running
        return self.worst if running is None else _worst((*self.worst, running))

    @property
    def max_depth(self) -> float:
        """Deepest point below a peak, a fraction ≤ 0."""
        return min((period.depth for period in self.table), default=0.0)

    @property
    def longest_underwater_s(self) -> float:
        """Longest time from a peak to its recovery, the running one included."""
        running = 0.0 if self.last >= self.peak else self.last_at - self.peak_at
        return max(self.longest_recovered_s, running)


def _worst(periods: Iterable[DrawdownPeriod]) -> tuple[DrawdownPeriod, ...]:
    return tuple(sorted(periods, key=lambda period: (period.depth, period.peak_at))[:TABLE_ROWS])


def index_drawdown(points: Iterable[tuple[float, float]]) -> IndexDrawdown:
    """Drawdowns of (time, index) pairs in order of time: the finest rows."""
    state = IndexDrawdown()
    for at, value in points:
        state = state.advance(at, value)
    return state


def drawdown_of_closes(grid: DayGrid) -> IndexDrawdown:
    """Drawdowns of the daily closes: what a reference library sees."""
    return index_drawdown(zip(map(day_end, grid.days), grid.closes, strict=True))


def max_drawdown_estimate(state: IndexDrawdown, gap_s: float = GAP_S) -> Estimate:
    """The maximum drawdown, marked as sampled where gaps between values may hide a deeper one.

    For daily closes `gap_s` is one day.
    """
    return _estimate(state.max_depth, state, gap_s)


def current_drawdown_estimate(state: IndexDrawdown, gap_s: float = GAP_S) -> Estimate:
    """The drawdown at the last value; its peak may have been higher inside a gap."""
    return _estimate(state.current, state, gap_s)


def _estimate(value: float, state: IndexDrawdown, gap_s: float) -> Estimate:
    if not state.n:
        return not_available("no index yet")
    estimate = Estimate(value, state.n)
    return estimate.marked("sampled", reason="at least: gaps") if state.longest_gap_s > gap_s else estimate
