"""Running drawdown and time under water, extended point by point."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from msgspec import Struct

from nof1tui.domain.series.closes import WHOLE_SEASON, Span, base_value, is_prefix
from nof1tui.domain.series.curve import Curve


class RunningDrawdown(Struct, frozen=True, gc=False):
    """Drawdown state after some points; the peak is seeded with a base value."""

    peak_usd: float
    peak_at: float = inf
    """Seconds since the epoch of the last time at the peak; not later than the first point."""
    trough_usd: float = inf
    """Lowest value since the peak."""
    last_usd: float = 0.0
    last_at: float = -inf
    recovered_max: float = 0.0
    """Maximum drawdown of recovered drawdowns, a fraction ≤ 0."""
    recovered_longest_s: float = 0.0
    """Longest time under water of recovered drawdowns."""
    n: int = 0
    """Number of points."""

    @property
    def max_drawdown(self) -> float:
        """Maximum drawdown, a fraction ≤ 0."""
        return min(self.recovered_max, _drawdown_from(self.trough_usd, self.peak_usd))

    @property
    def current(self) -> float:
        """Current drawdown, a fraction ≤ 0."""
        return _drawdown_from(self.last_usd, self.peak_usd) if self.n else 0.0

    @property
    def underwater_s(self) -> float:
        """Current time under water: seconds since the peak; 0 at a peak."""
        return self.last_at - self.peak_at if self.n and self.last_usd < self.peak_usd else 0.0

    @property
    def longest_underwater_s(self) -> float:
        """Longest time under water, the current one included."""
        return max(self.recovered_longest_s, self.underwater_s)

    def with_points(self, times: Sequence[float], values: Sequence[float]) -> RunningDrawdown:
        """The state after further, newer points."""
        if not times:
            return self
        peak, peak_at, trough = self.peak_usd, min(self.peak_at, times[0]), self.trough_usd
        max_drawdown, longest_s = self.recovered_max, self.recovered_longest_s
        for time, value in zip(times, values, strict=True):
            if value >= peak:
                if trough < peak:
                    max_drawdown, longest_s = (
                        min(max_drawdown, _drawdown_from(trough, peak)),
                        max(longest_s, time - peak_at),
                    )
                peak = trough = value
                peak_at = time
            elif value < trough:
                trough = value
        return RunningDrawdown(
            peak, peak_at, trough, values[-1], times[-1], max_drawdown, longest_s, self.n + len(times)
        )


def current_drawdown(curve: Curve, value_usd: float) -> float:
    """Drawdown of a value from the season's peak, a fraction ≤ 0; the peak covers every row ever stored."""
    return _drawdown_from(value_usd, max(curve.peak_usd, curve.base_usd, value_usd))


def _drawdown_from(value: float, peak: float) -> float:
    return min(0.0, value / peak - 1.0) if peak > 0 else 0.0


def drawdown(curve: Curve, span: Span = WHOLE_SEASON) -> RunningDrawdown:
    """The drawdown over all points of the curve inside the span, from its base value."""
    inside = span.indices(curve.times)
    known_since = span.bounds[0] if inside.start else inf
    return RunningDrawdown(base_value(curve, span), known_since).with_points(
        curve.times[inside], curve.values[inside]
    )


def extend_drawdown(known: RunningDrawdown, before: Curve, curve: Curve) -> RunningDrawdown:
    """The whole-season drawdown of `curve`, given that of an earlier generation of it."""
    count = len(before)
    if not is_prefix(before, curve):
        return drawdown(curve)
    return known.with_points(curve.times[count:], curve.values[count:])
