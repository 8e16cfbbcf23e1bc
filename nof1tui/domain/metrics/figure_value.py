"""A figure with its number of observations, and why it is missing or weak."""

from __future__ import annotations

from math import isfinite

from msgspec import Struct

DAILY_RETURNS = "daily returns"
CLOSED_TRADES = "trades"
RELIABLE_RETURNS = 30
"""Figures of dispersion from fewer returns are weak and shown grey."""
RELIABLE_TRADES = 30
"""Rates and averages of fewer closed trades are weak and shown grey."""
MIN_PAIRS = 3
"""Minimum for beta and correlation; two pairs always lie on a line."""
MIN_ANNUALISED_RETURNS = 90
"""Minimum daily returns for figures per year (CAGR, Calmar)."""


class FigureValue(Struct, frozen=True, gc=False):
    """A value, or None with the reason, computed from `n` observations of the kind `n_of`."""

    value: float | None
    n: int
    n_of: str
    reason: str | None = None
    """Why the value is missing or weak, for display."""
    weak: bool = False
    """Whether the value has fewer observations than it needs to be sound; shown grey."""


def figure_value(
    value: float | None, n: int, n_of: str, *, least: int = 1, sound: int = 0, missing: str = "unknown"
) -> FigureValue:
    """The value if there are at least `least` observations; weak below `sound`.

    `missing` is the reason if the value is None or not finite despite enough observations.
    """
    if n < least:
        return FigureValue(None, n, n_of, f"needs {least} {n_of}, has {n}" if n else f"no {n_of}")
    if value is None or not isfinite(value):
        return FigureValue(None, n, n_of, missing)
    if n < sound:
        return FigureValue(value, n, n_of, f"{n} of {sound} {n_of}", weak=True)
    return FigureValue(value, n, n_of)


def percent(fraction: float | None) -> float | None:
    """The fraction in percent; None stays None."""
    return None if fraction is None else 100.0 * fraction
