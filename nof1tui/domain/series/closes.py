"""Return series: last values by UTC day or hour, seeded with what the series began with.

Simple returns. A period without a value gives no return of its own: the next one spans the gap,
as in every library that takes returns between neighbouring prices.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf

from nof1tui.domain.series.curve import SECONDS_PER_DAY, Curve

SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time `(since, until]`; None is open. Neighbouring spans share no record."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """Seconds since the epoch."""
        since = -inf if self.since is None else self.since.timestamp()
        return since, inf if self.until is None else self.until.timestamp()

    def contains(self, moment: datetime) -> bool:
        return (self.since is None or self.since < moment) and (self.until is None or moment <= self.until)

    def indices(self, times: Sequence[float]) -> slice:
        """Where its points are among times in order."""
        since, until = self.bounds
        return slice(bisect_right(times, since), bisect_right(times, until))


WHOLE_SEASON = Span()
"""All there is."""


@dataclass(frozen=True, slots=True)
class Closes:
    """The last value of each period that has one, oldest first, and the value before them."""

    base_usd: float
    periods: tuple[int, ...] = ()
    """Periods since the epoch: UTC days or hours."""
    values: tuple[float, ...] = ()

    @property
    def returns(self) -> list[float]:
        """Simple returns, the first one from the base; none after a value that is not above zero."""
        return simple_returns((self.base_usd, *self.values))

    @property
    def always_positive(self) -> bool:
        """Whether every value has a return: none before the last is lost altogether."""
        return self.base_usd > 0 and min(self.values, default=0.0) > 0

    def by_period(self) -> dict[int, float]:
        """Values by period, the base as the close of the period before the first."""
        if not self.periods:
            return {}
        return {self.periods[0] - 1: self.base_usd, **dict(zip(self.periods, self.values, strict=True))}


def simple_returns(values: tuple[float, ...]) -> list[float]:
    return [value / before - 1.0 for before, value in pairwise(values) if before > 0]


def base_value(curve: Curve, span: Span = WHOLE_SEASON) -> float:
    """What the span began with: the last value at its start, or the capital."""
    start = span.indices(curve.times).start
    return curve.values[start - 1] if start else curve.capital_usd


def is_prefix(before: Curve, curve: Curve) -> bool:
    """Whether all that `before` had is there unchanged, with nothing but newer points behind it."""
    count = len(before)
    if before.capital_usd != curve.capital_usd or len(curve) < count:
        return False
    if before.buffer is not None and before.buffer is curve.buffer:
        return True
    pairs = ((before.times, curve.times), (before.values, curve.values))
    return all(old.tobytes() == new[:count].tobytes() for old, new in pairs)


def daily_closes(curve: Curve, span: Span = WHOLE_SEASON) -> Closes:
    """Last value of each UTC day inside the span; the running day counts with its newest value."""
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
    """Last value of each UTC hour inside the span that is over, so that it changes once an hour."""
    base = base_value(curve, span)
    inside = span.indices(curve.times)
    if inside.start >= inside.stop:
        return Closes(base)
    times, hours, values = curve.times, list[int](), list[float]()
    index, end = inside.start, _running_hour(curve, inside.stop, span) * SECONDS_PER_HOUR
    while index < inside.stop and times[index] < end:
        hour = int(times[index] // SECONDS_PER_HOUR)
        index = bisect_left(times, (hour + 1) * SECONDS_PER_HOUR, index, inside.stop)
        hours.append(hour)
        values.append(curve.values[index - 1])
    return Closes(base, tuple(hours), tuple(values))


def _running_hour(curve: Curve, stop: int, span: Span) -> int:
    """The first hour that is not over at the end of the span."""
    known = curve.times[stop] if stop < len(curve.times) else curve.times[stop - 1]
    return int(min(known, span.bounds[1]) // SECONDS_PER_HOUR)


def aligned_returns(ours: Closes, theirs: Closes) -> tuple[list[float], list[float]]:
    """Returns of both between the periods that both have, pair by pair."""
    if ours.periods == theirs.periods and ours.always_positive and theirs.always_positive:
        return ours.returns, theirs.returns
    our_marks, their_marks = ours.by_period(), theirs.by_period()
    pairs = [(our_marks[mark], their_marks[mark]) for mark in sorted(our_marks.keys() & their_marks.keys())]
    steps = [(old, new) for old, new in pairwise(pairs) if old[0] > 0 and old[1] > 0]
    return [new[0] / old[0] - 1.0 for old, new in steps], [new[1] / old[1] - 1.0 for old, new in steps]
