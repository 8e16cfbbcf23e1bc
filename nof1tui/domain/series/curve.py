"""Equity curves with running figures, extended by appending.

Several generations of a curve exist at a time, one per board, so they share one buffer: each further
point takes sixteen bytes in all.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from nof1tui.domain.series.append_buffer import AppendBuffer, empty_view, read_only_view

SECONDS_PER_DAY = 86_400
MAX_POINTS = 3_072
"""Longer curves are downsampled in their older half; peaks and troughs are kept. The newer half holds more
than a day of points a minute apart, so that a change over 24 hours stays exact."""


class TimeSeries(Struct, frozen=True):
    """Values by time, oldest first, times unique, for charts. Treat the arrays as read-only."""

    times: array[float] = field(default_factory=lambda: array("d"))
    """Seconds since the epoch, UTC."""
    values: array[float] = field(default_factory=lambda: array("d"))

    def __len__(self) -> int:
        return len(self.times)

    def points(self) -> Iterator[tuple[float, float]]:
        """Pairs of time and value."""
        return zip(self.times, self.values, strict=True)

    def until(self, time: float) -> TimeSeries:
        """The points at or before `time`."""
        stop = bisect_right(self.times, time)
        return self if stop == len(self.times) else TimeSeries(self.times[:stop], self.values[:stop])

    def with_point(self, time: float, value: float) -> TimeSeries:
        """With this point, unless there is a point of the same time."""
        place = bisect_left(self.times, time)
        if self.times[place : place + 1] == array("d", (time,)):
            return self
        return TimeSeries(
            self.times[:place] + array("d", (time,)) + self.times[place:],
            self.values[:place] + array("d", (value,)) + self.values[place:],
        )


class CurveBucket(NamedTuple):
    """Summary of neighbouring points, from which a curve's figures follow exactly."""

    last_time: float
    last: float
    low: float
    high: float
    max_drawdown: float
    """Maximum drawdown inside, a fraction ≤ 0."""


class Curve(Struct, frozen=True, eq=False):
    """Equity by time, oldest first, times unique. Immutable, though longer generations share its memory.

    `peak_usd` and `max_drawdown` (a fraction ≤ 0) cover every point ever appended, so downsampling
    does not change them; the peak is seeded with the capital, or with the first value if it is unknown.
    """

    capital_usd: float | None
    times: memoryview[float] = field(default_factory=empty_view)
    """Seconds since the epoch, UTC."""
    values: memoryview[float] = field(default_factory=empty_view)
    peak_usd: float = 0.0
    max_drawdown: float = 0.0
    days: array[int] = field(default_factory=lambda: array("q"))
    """UTC days since the epoch that have a value …"""
    closes: array[float] = field(default_factory=lambda: array("d"))
    """… and the last value of each. Treat these two as read-only."""
    buffer: AppendBuffer | None = None
    """Not compared: where the points are stored and can be appended; None before the first extension."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Curve):
            return NotImplemented
        return bool(_compared_fields(self) == _compared_fields(other))

    def __len__(self) -> int:
        return len(self.times)

    @property
    def base_usd(self) -> float:
        """The value that returns and drawdowns begin with: the capital, else the first value."""
        if self.capital_usd is not None:
            return self.capital_usd
        return self.values[0] if self.times else 0.0

    @classmethod
    def of(cls, capital_usd: float | None, points: Iterable[tuple[float, float]]) -> Curve:
        """The curve of these points, in any order; of points with the same time the last one wins."""
        ordered = sorted(dict(points).items())
        times = array("d", (time for time, _ in ordered))
        values = array("d", (value for _, value in ordered))
        peak, drawdown = capital_usd or 0.0, 0.0
        days, closes = array("q"), array("d")
        for time, value in ordered:
            peak = max(peak, value)
            drawdown = min(drawdown, _drawdown(value, peak))
            _close_day(days, closes, time, value)
        return cls(
            capital_usd, read_only_view(times), read_only_view(values), peak, drawdown, days, closes
        )._downsampled()

    @classmethod
    def from_buckets(
        cls, capital_usd: float | None, line: TimeSeries, buckets: Iterable[CurveBucket]
    ) -> Curve:
        """A curve with the points of `line` and figures computed from `buckets`.

        Buckets come oldest first, do not overlap, and none spans midnight (UTC).
        """
        peak, drawdown = capital_usd or 0.0, 0.0
        days, closes = array("q"), array("d")
        for bucket in buckets:
            drawdown = min(drawdown, bucket.max_drawdown, _drawdown(bucket.low, peak))
            peak = max(peak, bucket.high)
            _close_day(days, closes, bucket.last_time, bucket.last)
        times, values = read_only_view(line.times), read_only_view(line.values)
        return cls(capital_usd, times, values, peak, drawdown, days, closes)._downsampled()

    def extended(self, points: Iterable[tuple[float, float]]) -> Curve:
        """This curve with further points; cheap if all new points are newer than the existing ones."""
        fresh = sorted(dict(points).items())
        if not fresh:
            return self
        if not self.times:
            return Curve.of(self.capital_usd, fresh)
        newest = self.times[-1]
        fresh = [point for point in fresh if point[0] > newest or not self._has(*point)]
        if not fresh:
            return self
        if fresh[0][0] <= newest:
            return self._rebuilt(fresh)
        return self._appended(fresh)._downsampled()

    def _has(self, time: float, value: float) -> bool:
        place = bisect_left(self.times, time)
        return place < len(self.times) and self.times[place] == time and self.values[place] == value

    def _rebuilt(self, fresh: Sequence[tuple[float, float]]) -> Curve:
        """With these points, some of which fall between existing points or replace them."""
        known = dict(zip(self.times, self.values, strict=True))
        rebuilt = Curve.of(self.capital_usd, (*known.items(), *fresh))
        if any(time in known for time, _ in fresh):
            return rebuilt
        peak = max(self.peak_usd, rebuilt.peak_usd)
        return replace(rebuilt, peak_usd=peak, max_drawdown=min(self.max_drawdown, rebuilt.max_drawdown))

    def _appended(self, fresh: Sequence[tuple[float, float]]) -> Curve:
        """With these points, all newer than the existing ones."""
        days, closes = self.days[:], self.closes[:]
        peak, drawdown = max(self.peak_usd, self.base_usd), self.max_drawdown
        for time, value in fresh:
            peak = max(peak, value)
            drawdown = min(drawdown, _drawdown(value, peak))
            _close_day(days, closes, time, value)
        times = array("d", (time for time, _ in fresh))
        values = array("d", (value for _, value in fresh))
        count = len(self)
        end, buffer = count + len(fresh), self.buffer
        if buffer is None or not buffer.append_at(count, times, values):
            buffer = AppendBuffer(self.times, self.values, max(end, min(2 * end, MAX_POINTS)))
            buffer.append_at(count, times, values)
        return Curve(self.capital_usd, *buffer.prefix(end), peak, drawdown, days, closes, buffer)

    def with_capital(self, capital_usd: float | None) -> Curve:
        """The curve computed with another starting capital."""
        if capital_usd == self.capital_usd:
            return self
        return Curve.of(capital_usd, self.points())

    def points(self) -> Iterator[tuple[float, float]]:
        """Pairs of time and value."""
        return zip(self.times, self.values, strict=True)

    def value_at(self, time: float, tolerance_s: float) -> float | None:
        """The last value at or before `time`, if it is at most `tolerance_s` older."""
        index = bisect_right(self.times, time) - 1
        if index < 0 or time - self.times[index] > tolerance_s:
            return None
        return self.values[index]

    def last_before(self, time: float) -> float | None:
        """The last value before `time`, however old."""
        index = bisect_left(self.times, time) - 1
        return self.values[index] if index >= 0 else None

    def since(self, time: float) -> tuple[memoryview[float], memoryview[float]]:
        """Times and values from `time` on, without a copy."""
        start = bisect_left(self.times, time)
        return self.times[start:], self.values[start:]

    def until(self, time: float) -> Curve:
        """The curve as of `time`."""
        end = bisect_right(self.times, time)
        if end == len(self.times):
            return self
        return Curve.of(self.capital_usd, zip(self.times[:end], self.values[:end], strict=True))

    def _downsampled(self) -> Curve:
        count = len(self.times)
        if count <= MAX_POINTS:
            return self
        half = count // 2
        indices = list(_keep_extremes(self.values, half, buckets=MAX_POINTS // 16))
        indices.extend(range(half, count))
        return Curve(
            self.capital_usd,
            read_only_view(array("d", (self.times[index] for index in indices))),
            read_only_view(array("d", (self.values[index] for index in indices))),
            self.peak_usd,
            self.max_drawdown,
            self.days,
            self.closes,
        )


_compared_fields = attrgetter(*(name for name in Curve.__struct_fields__ if name != "buffer"))


def _drawdown(value: float, peak: float) -> float:
    return value / peak - 1.0 if peak > 0 else 0.0


def _close_day(days: array[int], closes: array[float], time: float, value: float) -> None:
    day = int(time // SECONDS_PER_DAY)
    if days and days[-1] == day:
        closes[-1] = value
    else:
        days.append(day)
        closes.append(value)


def _keep_extremes(values: Sequence[float], end: int, buckets: int) -> Iterator[int]:
    """First, lowest, highest and last index of each bucket (M4), in order, without repeats."""
    for bucket in range(buckets):
        low, high = bucket * end // buckets, (bucket + 1) * end // buckets
        if low >= high:
            continue
        span = range(low, high)
        lowest = min(span, key=values.__getitem__)
        highest = max(span, key=values.__getitem__)
        yield from sorted({low, lowest, highest, high - 1})
