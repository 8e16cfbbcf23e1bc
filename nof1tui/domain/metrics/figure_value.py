"""A figure with its number of observations, and why it is missing or weak."""

from __future__ import annotations

from math import isfinite

from msgspec import Struct

from nof1tui.domain.estimate import MARK_SYMBOLS, Mark

DAILY_RETURNS = "daily returns"
CLOSED_TRADES = "trades"
RELIABLE_RETURNS = 30
"""Figures of dispersion from fewer returns are weak and shown grey."""
RELIABLE_TRADES = 30
"""Rates and averages of fewer closed trades are weak and shown grey."""
MIN_RETURNS = 2
"""Minimum for figures of dispersion."""
MIN_PAIRS = 3
"""Minimum for beta and correlation; two pairs always lie on a line."""
MIN_ANNUALISED_RETURNS = 90
"""Minimum daily returns for figures per year (CAGR, Calmar)."""


class FigureValue(Struct, frozen=True, gc=False):
    """A value, or None with the reason. Its unit is the figure's: percent is 12.5."""

    value: float | None
    n: int | None = None
    """Observations behind it; None for a fact, such as a value as reported."""
    counted: str = ""
    """What the observations are, in the plural: `daily returns`."""
    reason: str | None = None
    """Why the value is missing, weak or incomplete, for display."""
    marks: tuple[Mark, ...] = ()
    ci_low: float | None = None
    """Lower end of the 95 % interval; None where there is none."""
    ci_high: float | None = None

    @property
    def is_weak(self) -> bool:
        """Whether it has fewer observations than it needs to be sound; shown grey."""
        return "weak" in self.marks

    @property
    def symbols(self) -> str:
        """The characters of its marks, each once."""
        return "".join(dict.fromkeys(MARK_SYMBOLS.get(mark, "") for mark in self.marks))

    @property
    def basis_text(self) -> str:
        """The reason, else the observations in words: `31 daily returns`; empty for a sound fact."""
        return self.reason or ("" if self.n is None else f"{self.n:,} {self.counted}")


def figure_value(
    value: float | None, n: int, counted: str, *, least: int = 1, sound: int = 0, missing: str = "unknown"
) -> FigureValue:
    """The value if there are at least `least` observations; weak below `sound`.

    `missing` is the reason if the value is None or not finite despite enough observations.
    """
    if n < least:
        return FigureValue(None, n, counted, f"needs {least} {counted}, has {n}" if n else f"no {counted}")
    if value is None or not isfinite(value):
        return FigureValue(None, n, counted, missing)
    if n < sound:
        return FigureValue(value, n, counted, f"{n} of {sound} {counted}", ("weak",))
    return FigureValue(value, n, counted)


def known_part(value: float | None, known: int, count: int, counted: str, what: str) -> FigureValue:
    """A figure of `count` things of which `known` have what it needs; missing where none has it."""
    if known == count:
        return FigureValue(value, known, counted)
    reason = f"{count - known} of {count} {counted} without {what}"
    if not known:
        return FigureValue(None, 0, counted, reason)
    return FigureValue(value, known, counted, reason, ("incomplete",))


def percent(fraction: float | None) -> float | None:
    """The fraction in percent; None stays None."""
    return None if fraction is None else 100.0 * fraction
