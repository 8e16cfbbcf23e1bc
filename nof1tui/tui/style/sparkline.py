"""Sparklines: a curve in one line of text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import floor
from typing import Literal

from nof1tui.tui.style.time_grid import TimeGrid

_BLOCK_RAMP = "▁▂▃▄▅▆▇█"
_ASCII_RAMP = "_.-=*#"


def resample(
    times: Sequence[float], values: Sequence[float], start: float, end: float, width: int
) -> list[float | None]:
    """The last value in each of `width` equal slices of time, in which `start` to `end` lie.

    `times` ascend. Slices are cut at absolute times and the last contains `end`, so that all but the
    last stay the same as time passes. A slice without a value is a gap: None.
    """
    if width <= 0:
        return []
    step = TimeGrid.over(start, end, width).step_s
    first = floor(end / step) - width + 1
    sampled: list[float | None] = []
    place, stop = bisect_left(times, first * step), bisect_right(times, end)
    for column in range(1, width + 1):
        until = bisect_left(times, (first + column) * step, place, stop)
        sampled.append(values[until - 1] if until > place else None)
        place = until
    return sampled


def forward_fill(values: Sequence[float | None]) -> list[float | None]:
    """The values with gaps filled by the value before, for data sampled less often than once in a cell."""
    filled: list[float | None] = []
    for value in values:
        filled.append(filled[-1] if value is None and filled else value)
    return filled


def spark(
    values: Sequence[float | None], style: Literal["braille", "block", "ascii"] | str = "braille"
) -> str:
    """One character for each value, scaled to the lowest and highest; gaps are spaces.

    `ascii` uses ASCII characters; a constant curve is at half height.
    """
    ramp = _ASCII_RAMP if style == "ascii" else _BLOCK_RAMP
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(values)
    low, high = min(known), max(known)
    top = len(ramp) - 1
    if not high > low:
        level = ramp[top // 2]
        return "".join(" " if value is None else level for value in values)
    span, steps = high - low, top + 1
    ramp += ramp[-1]
    return "".join([" " if value is None else ramp[int((value - low) / span * steps)] for value in values])
