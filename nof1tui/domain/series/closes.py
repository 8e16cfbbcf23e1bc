"""Closes and returns: last values by UTC day or hour, seeded with a base value.

Returns are simple. A period without a value has no return; the next return spans the gap, as in every
library that computes returns between neighbouring prices.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import inf

from msgspec import Struct

from nof1tui.domain.series.curve import SECONDS_PER_DAY, Curve

SECONDS_PER_HOUR = 3_600


class Span(Struct, frozen=True, gc=False):
    """A stretch of time `(since, until]`; None is open. Neighbouring spans share no record."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """Start and end in seconds since the epoch; infinite where open."""
        since = -inf if self.since is None else self.since.timestamp()
        return since, inf if self.until is None else self.until.timestamp()

    def contains(self, moment: datetime) -> bool:
        """Whether the moment lies in the span."""
        return (self.since is None or self.since < moment) and (self.until is None or moment <= self.until)

    def indices(self, times: Sequence[float]) -> slice:
        """The slice of these ordered times that lies in the span."""
        since, until = self.bounds
        return slice(bisect_right(times, since), bisect_right(times, until))


WHOLE_SEASON = Span()
"""Unbounded."""


class Closes(Struct, frozen=True):
    """The last value of each period that has one, oldest first, and the base value before them."""

    base_usd: float
    periods: tuple[int, ...] = ()
    """Periods since the epoch: UTC days or hours."""
    values: tuple[float, ...] = ()

    @property
    def returns(self) -> list[float]:
        """Simple returns, the first from the base; a value that is not above zero has no return after it."""
        return simple_returns((self.base_usd, *self.values))

    @property
    def always_positive(self) -> bool:
        """Whether base and values are all above zero, so that each value has a return."""
        return self.base_usd > 0 and min(self.values, default=0.0) > 0

    def by_period(self) -> dict[int, float]:
        """Values by period, the base as the close of the period before the first."""
        if not self.periods:
            return {}
        return {self.periods[0] - 1: self.base_usd, **dict(zip(self.periods, self.values, strict=True))}


def simple_returns(values: tuple[float, ...]) -> list[float]:
    """Simple returns between neighbouring values; none after a value that is not above zero."""
    return [value / before - 1.0 for before, value in pairwise(values) if before > 0]


def base_value(curve: Curve, span: Span = WHOLE_SEASON) -> float:
    """The last value at the start of the span; without one the capital, else the first value."""
    start = span.indices(curve.times).start
    return curve.values[start - 1] if start else curve.base_usd


def is_prefix(before: Curve, curve: Curve) -> bool:
    """Whether `curve` is `before` with newer points appended."""
    count = len(before)
    if before.capital_usd != curve.capital_usd or len(curve) < count:
        return False
    if before.buffer is not None and before.buffer is curve.buffer:
        return True
    pairs = ((before.times, curve.times), (before.values, curve.values))
    return all(old.tobytes() == new[:count].tobytes() for old, new in pairs)


def daily_closes(curve: Curve, span: Span = WHOLE_SEASON) -> Closes:
    """Last value of each UTC day inside the span; of the current day its newest value."""
    base = base_value(curve, span)
    inside = span.indices(curve.times)
    if inside.start >= inside.stop:
        return Closes(base)
    first, last = (int(curve.times[index] // SECONDS_PER_DAY) for index in (inside.start, inside.stop - 1))
    days = slice(bisect_left(curve.days, first), bisect_right(curve.days, last))
    values = curve.closes[days]
    if inside.stop < len(curve.times) and curve.times[inside.stop] < (last + 1) * SECONDS_PER_DAY:
        values[-1] = curve.values[inside.stop - 1]
    return Closes(base, tuple(curve.days[days]), tuple(values))


def hourly_closes(curve: Curve, span: Span = WHOLE_SEASON) -> Closes:
    """Last value of each complete UTC hour inside the span; changes once an hour."""
    base = base_value(curve, span)
    inside = span.indices(curve.times)
    if inside.start >= inside.stop:
        return Closes(base)
    times, hours, values = curve.times, list[int](), list[float]()
    index, end = inside.start, _first_incomplete_hour(curve, inside.stop, span) * SECONDS_PER_HOUR
    while index < inside.stop and times[index] < end:
        hour = int(times[index] // SECONDS_PER_HOUR)
        index = bisect_left(times, (hour + 1) * SECONDS_PER_HOUR, index, inside.stop)
        hours.append(hour)
        values.append(curve.values[index - 1])
    return Closes(base, tuple(hours), tuple(values))


def _first_incomplete_hour(curve: Curve, stop: int, span: Span) -> int:
    """The first hour that is incomplete at the end of the span."""
    known = curve.times[stop] if stop < len(curve.times) else curve.times[stop - 1]
    return int(min(known, span.bounds[1]) // SECONDS_PER_HOUR)


def aligned_returns(one_series: Closes, other_series: Closes) -> tuple[list[float], list[float]]:
    """Returns of two series between the periods that both have, pair by pair."""
    if (
        one_series.periods == other_series.periods
        and one_series.always_positive
        and other_series.always_positive
    ):
        return one_series.returns, other_series.returns
    one_values, other_values = one_series.by_period(), other_series.by_period()
    pairs = [
        (one_values[period], other_values[period])
        for period in sorted(one_values.keys() & other_values.keys())
    ]
    steps = [(old, new) for old, new in pairwise(pairs) if old[0] > 0 and old[1] > 0]
    return [new[0] / old[0] - 1.0 for old, new in steps], [new[1] / old[1] - 1.0 for old, new in steps]
