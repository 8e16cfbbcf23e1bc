"""Parsing of times and durations as users write them, and ISO 8601 output. All in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

MOMENT_EXAMPLES = "2025-10-27 14:00, 2025-10-27T14:00:00Z, -6h, -2d, -30m, today, yesterday, now"

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_RELATIVE = re.compile(r"-((?:\d{1,9}[wdhms])+)")
_PART = re.compile(r"(\d+)([wdhms])")
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$|Z$)")


class UnknownDuration(ValueError):
    """The text is not a duration. `str()` has examples of valid ones."""


def parse_duration(text: str) -> timedelta:
    """The duration that a text like `90s` or `1h30m` names. Raises UnknownDuration.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    normalised = re.sub(r"\s+", "", text.lower())
    if re.fullmatch(r"(?:\d{1,9}[wdhms])+|0", normalised) is None:
        raise UnknownDuration(f"can't parse duration {text!a}; try 90s, 15m, 1h30m or 2d")
    try:
        return _total(normalised)
    except OverflowError as error:
        raise UnknownDuration(f"duration too long: {text!a}") from error


def _total(normalised: str) -> timedelta:
    parts = (timedelta(**{_UNITS[unit]: int(amount)}) for amount, unit in _PART.findall(normalised))
    return sum(parts, timedelta())


class UnknownMoment(ValueError):
    """The text is not a time. `str()` has examples of valid ones."""


def parse_moment(text: str, now: datetime) -> datetime:
    """The time that a text names, in UTC; relative forms count from `now`, a date alone is its midnight.

    `today` and `yesterday` begin at 00:00 UTC. A time without zone is UTC. Raises UnknownMoment.

    >>> now = datetime(2025, 10, 28, 7, 5, tzinfo=UTC)
    >>> parse_moment("-1d6h", now).isoformat()
    '2025-10-27T01:05:00+00:00'
    >>> parse_moment("2025-10-27 14:00", now).isoformat()
    '2025-10-27T14:00:00+00:00'
    """
    normalised = text.strip()
    try:
        return _relative(normalised.lower(), now.astimezone(UTC)) or _absolute(normalised)
    except (ValueError, OverflowError) as error:
        raise UnknownMoment(f"can't parse {text!a}; try {MOMENT_EXAMPLES}") from error


def _relative(normalised: str, now: datetime) -> datetime | None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if normalised in named:
        return named[normalised]
    match = _RELATIVE.fullmatch(normalised)
    if match is None:
        return None
    return now - _total(match[1])


def _absolute(normalised: str) -> datetime:
    normalised = re.sub(r"\s*UTC$", "Z", normalised, flags=re.IGNORECASE)
    moment = datetime.fromisoformat(_SPACED_OFFSET.sub("", normalised))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`; microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
