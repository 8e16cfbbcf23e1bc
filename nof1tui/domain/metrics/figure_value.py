"""A figure with what it rests on: how many observations, and why it is missing or weak."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

DAILY_RETURNS = "daily returns"
CLOSED_TRADES = "trades"
RELIABLE_RETURNS = 30
"""Below this many returns a figure of their spread says little: it is shown greyed."""
RELIABLE_TRADES = 30
"""The same for rates and averages of closed trades."""
MIN_PAIRS = 3
"""Two pairs of returns always lie on a line."""
MIN_ANNUALISED_RETURNS = 90
"""Below this many daily returns nothing is told per year (CAGR, Calmar)."""


@dataclass(frozen=True, slots=True)
class FigureValue:
    """A value, or None with the reason; `n` observations of what `counted` names lie behind it."""

    value: float | None
    n: int
    n_of: str
    reason: str | None = None
    """Why there is no value, or why it is weak, in words for people."""
    weak: bool = False
    """There is a value, but fewer observations than make it sound: grey it."""


def figure_value(
    value: float | None, n: int, counted: str, *, least: int = 1, sound: int = 0, missing: str = "unknown"
) -> FigureValue:
    """The value if at least `least` observations carry it, weak below `sound`.

    `missing` is the reason given for a value that does not exist though the observations do.
    """
    if n < least:
        return FigureValue(None, n, counted, f"needs {least} {counted}, has {n}" if n else f"no {counted}")
    if value is None or not isfinite(value):
        return FigureValue(None, n, counted, missing)
    if n < sound:
        return FigureValue(value, n, counted, f"{n} of {sound} {counted}", weak=True)
    return FigureValue(value, n, counted)


def percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100.0 * fraction
