"""Drawdown and time under water, folded point by point so that new points cost only themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from nof1tui.domain.curve import Curve
from nof1tui.domain.returns import SEASON, Span, base_value


@dataclass(frozen=True, slots=True)
class Drawdown:
    """What is known of falls from peaks after some points; the peak is seeded with a base value."""

    peak_usd: float
    peak_at: float = inf
    """Seconds since the epoch when the peak was last stood on; the first point's at the latest."""
    last_usd: float = 0.0
    last_at: float = -inf
    deepest: float = 0.0
    """Deepest fall from a peak, a fraction ≤ 0."""
    longest_over_s: float = 0.0
    """Longest time under water that has ended."""
    n: int = 0

    @property
    def current(self) -> float:
        """Fall from the peak right now, a fraction ≤ 0."""
        return min(0.0, self.last_usd / self.peak_usd - 1.0) if self.n and self.peak_usd > 0 else 0.0

    @property
    def underwater_s(self) -> float:
        """Time since the peak was last stood on; 0 on a peak."""
        return self.last_at - self.peak_at if self.n and self.last_usd < self.peak_usd else 0.0

    @property
    def longest_s(self) -> float:
        """Longest time from a peak until it was reached again, the running one included."""
        return max(self.longest_over_s, self.underwater_s)

    def after(self, points: Iterable[tuple[float, float]]) -> Drawdown:
        """With these points, which are newer than all before."""
        peak, peak_at, last, last_at = self.peak_usd, self.peak_at, self.last_usd, self.last_at
        deepest, longest, count = self.deepest, self.longest_over_s, self.n
        for last_at, value in points:
            if not count:
                peak_at, last = min(peak_at, last_at), peak
            if value >= peak:
                if last < peak:
                    longest = max(longest, last_at - peak_at)
                peak, peak_at = value, last_at
            elif peak > 0:
                deepest = min(deepest, value / peak - 1.0)
            last = value
            count += 1
        return Drawdown(peak, peak_at, last, last_at, deepest, longest, count)


def drawdown(curve: Curve, span: Span = SEASON) -> Drawdown:
    """Of every point the curve has inside the span, from what the span began with."""
    inside = span.indices(curve.times)
    points = zip(curve.times[inside], curve.values[inside], strict=True)
    known_since = span.bounds[0] if inside.start else inf
    return Drawdown(base_value(curve, span), known_since).after(points)


def extended_drawdown(known: Drawdown, before: Curve, curve: Curve) -> Drawdown:
    """The season's drawdown of `curve`, given that of the curve it grew from."""
    count = len(before)
    if known.n != count or not _grew(before, curve):
        return drawdown(curve)
    return known.after(zip(curve.times[count:], curve.values[count:], strict=True))


def _grew(before: Curve, curve: Curve) -> bool:
    """Whether all that `before` had is there unchanged, with nothing but newer points behind it."""
    count = len(before)
    if before.capital_usd != curve.capital_usd or len(curve) < count:
        return False
    pairs = ((before.times, curve.times), (before.values, curve.values))
    return all(old.tobytes() == new[:count].tobytes() for old, new in pairs)
