"""How much an account trades: turnover and time in market, over a window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import fsum
from typing import NamedTuple

from nof1tui.domain.estimate import Estimate, not_available
from nof1tui.domain.returns.dietz import Valuation
from nof1tui.domain.returns.timescale import DAY_S


class TimeSpan(NamedTuple):
    """From one moment to another, seconds since the epoch."""

    begin: float
    end: float


def mean_equity(values: Iterable[Valuation], window: TimeSpan) -> float | None:
    """Equity averaged over time: each value holds until the next. None where the window has none.

    The last value before the window counts from its begin.
    """
    ordered = sorted(values)
    steps = [*pairwise(ordered), *((last, last._replace(at=window.end)) for last in ordered[-1:])]
    parts = [
        (value.usd, min(following.at, window.end) - max(value.at, window.begin))
        for value, following in steps
        if value.at < window.end and following.at > window.begin
    ]
    seconds = fsum(length for _, length in parts)
    return fsum(usd * length for usd, length in parts) / seconds if seconds > 0 else None


def turnover(notionals_usd: Sequence[float], mean_equity_usd: float | None) -> Estimate:
    """Absolute fill notionals over the mean equity of the window: how often equity was turned over."""
    if mean_equity_usd is None or mean_equity_usd <= 0:
        return not_available("mean equity unknown or not above zero", len(notionals_usd))
    return Estimate(fsum(map(abs, notionals_usd)) / mean_equity_usd, len(notionals_usd))


def turnover_per_day(whole: Estimate, window: TimeSpan) -> Estimate:
    """Turnover of the window over its days."""
    days = (window.end - window.begin) / DAY_S
    if whole.value is None or days <= 0:
        return not_available(whole.reason or "empty window", whole.n)
    return Estimate(whole.value / days, whole.n, marks=whole.marks)


class MarketTime(NamedTuple):
    """Hours with any open position, of the hours that are known."""

    hours: float
    known_hours: float

    @property
    def share(self) -> Estimate:
        if self.known_hours <= 0:
            return not_available("no hour is known")
        return Estimate(self.hours / self.known_hours, 1)


def time_in_market(
    held: Iterable[TimeSpan], window: TimeSpan, unknown: Iterable[TimeSpan] = ()
) -> MarketTime:
    """Time with any position inside the window. Overlaps count once; unknown time is left out of both."""
    gaps = _united(unknown, window)
    inside = _united(held, window)
    overlap = fsum(
        max(0.0, min(span.end, gap.end) - max(span.begin, gap.begin)) for span in inside for gap in gaps
    )
    whole = max(0.0, window.end - window.begin)
    return MarketTime((_length(inside) - overlap) / 3_600, (whole - _length(gaps)) / 3_600)


def _length(spans: Iterable[TimeSpan]) -> float:
    return fsum(span.end - span.begin for span in spans)


def _united(spans: Iterable[TimeSpan], window: TimeSpan) -> list[TimeSpan]:
    """The spans cut to the window and merged, in order, without overlap."""
    united: list[TimeSpan] = []
    for span in sorted(spans):
        begin, end = max(span.begin, window.begin), min(span.end, window.end)
        if end <= begin:
            continue
        if united and begin <= united[-1].end:
            united[-1] = TimeSpan(united[-1].begin, max(united[-1].end, end))
        else:
            united.append(TimeSpan(begin, end))
    return united
