"""Units of time: UTC seconds since the epoch, days of 86,400 s, years of 365 days."""

from __future__ import annotations

DAY_S = 86_400.0
YEAR_DAYS = 365.0
YEAR_S = YEAR_DAYS * DAY_S


def day_of(at: float) -> int:
    """Days since the epoch of the UTC day that contains the moment."""
    return int(at // DAY_S)


def day_end(day: int) -> float:
    """24:00 UTC of the day, in seconds since the epoch."""
    return (day + 1) * DAY_S
