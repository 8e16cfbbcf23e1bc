"""Drawdown and time under water, folded point by point so that new points cost only themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from nof1tui.domain.series.closes import WHOLE_SEASON, Span, base_value, is_prefix
from nof1tui.domain.series.curve import Curve


@dataclass(frozen=True, slots=True)
class RunningDrawdown:
    """What is known of falls from peaks after some points; the peak is seeded with a base value."""

    peak_usd: float
    peak_at: float = inf
    """Seconds since the epoch when the peak was last stood on; the first point's at the latest."""
    trough_usd: float = inf
    """Lowest value since then."""
    last_usd: float = 0.0
    last_at: float = -inf
    recovered_max: float = 0.0
    """Deepest fall that is over, a fraction ≤ 0."""
    recovered_longest_s: float = 0.0
    """Longest time under water that is over."""
    n: int = 0

    @property
    def max_drawdown(self) -> float:
        """Deepest fall from a peak, a fraction ≤ 0."""
        return min(self.recovered_max, _drawdown_from(self.trough_usd, self.peak_usd))

    @property
    def current(self) -> float:
        """Fall from the peak right now, a fraction ≤ 0."""
        return _drawdown_from(self.last_usd, self.peak_usd) if self.n else 0.0

    @property
    def underwater_s(self) -> float:
        """Time since the peak was last stood on; 0 on a peak."""
        return self.last_at - self.peak_at if self.n and self.last_usd < self.peak_usd else 0.0

    @property
    def longest_underwater_s(self) -> float:
        """Longest time from a peak until it was reached again, the running one included."""
        return max(self.recovered_longest_s, self.underwater_s)

    def with_points(self, times: Sequence[float], values: Sequence[float]) -> RunningDrawdown:
        """With these points, which are newer than all before."""
        if not times:
            return self
        peak, peak_at, low = self.peak_usd, min(self.peak_at, times[0]), self.trough_usd
        deepest, longest = self.recovered_max, self.recovered_longest_s
        for time, value in zip(times, values, strict=True):
            if value >= peak:
                if low < peak:
                    deepest, longest = min(deepest, _drawdown_from(low, peak)), max(longest, time - peak_at)
                peak = low = value
                peak_at = time
            elif value < low:
                low = value
        return RunningDrawdown(
            peak, peak_at, low, values[-1], times[-1], deepest, longest, self.n + len(times)
        )


def _drawdown_from(value: float, peak: float) -> float:
    return min(0.0, value / peak - 1.0) if peak > 0 else 0.0


def drawdown(curve: Curve, span: Span = WHOLE_SEASON) -> RunningDrawdown:
    """Of every point the curve has inside the span, from what the span began with."""
    inside = span.indices(curve.times)
    known_since = span.bounds[0] if inside.start else inf
    return RunningDrawdown(base_value(curve, span), known_since).with_points(
        curve.times[inside], curve.values[inside]
    )


def extend_drawdown(known: RunningDrawdown, before: Curve, curve: Curve) -> RunningDrawdown:
    """The season's drawdown of `curve`, given the season's of the curve before it."""
    count = len(before)
    if not is_prefix(before, curve):
        return drawdown(curve)
    return known.with_points(curve.times[count:], curve.values[count:])
