"""Moments as people write them, and as scripts read them. All in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

MOMENT_EXAMPLES = "2025-10-27 14:00, 2025-10-27T14:00:00Z, -6h, -2d, -30m, today, yesterday, now"

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_RELATIVE = re.compile(r"-((?:\d{1,9}[wdhms])+)")
_PART = re.compile(r"(\d+)([wdhms])")
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$|Z$)")


class UnknownDuration(ValueError):
    """The text names no span of time. `str()` says how to write one."""


def parse_duration(text: str) -> timedelta:
    """A span of time as people write it. Raises UnknownDuration.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    words = re.sub(r"\s+", "", text.lower())
    if re.fullmatch(r"(?:\d{1,9}[wdhms])+|0", words) is None:
        raise UnknownDuration(f"{text!a} is no span of time: write it like 90s, 15m, 1h30m or 2d")
    try:
        return _summed(words)
    except OverflowError as error:
        raise UnknownDuration(f"{text!a} is too long a time") from error


def _summed(words: str) -> timedelta:
    parts = (timedelta(**{_UNITS[unit]: int(amount)}) for amount, unit in _PART.findall(words))
    return sum(parts, timedelta())


class UnknownMoment(ValueError):
    """The text names no moment. `str()` says which forms do."""


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment meant, in UTC; relative forms count from `now`, a date alone is its midnight.

    `today` and `yesterday` begin at 00:00 UTC. A time without zone is UTC. Raises UnknownMoment.

    >>> now = datetime(2025, 10, 28, 7, 5, tzinfo=UTC)
    >>> parse_moment("-1d6h", now).isoformat()
    '2025-10-27T01:05:00+00:00'
    >>> parse_moment("2025-10-27 14:00", now).isoformat()
    '2025-10-27T14:00:00+00:00'
    """
    words = text.strip()
    try:
        return _relative(words.lower(), now.astimezone(UTC)) or _absolute(words)
    except (ValueError, OverflowError) as error:
        raise UnknownMoment(f"{text!a} is no moment: write it like {MOMENT_EXAMPLES}") from error


def _relative(words: str, now: datetime) -> datetime | None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if words in named:
        return named[words]
    back = _RELATIVE.fullmatch(words)
    if back is None:
        return None
    return now - _summed(back[1])


def _absolute(words: str) -> datetime:
    words = re.sub(r"\s*UTC$", "Z", words, flags=re.IGNORECASE)
    moment = datetime.fromisoformat(_SPACED_OFFSET.sub("", words))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`; microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
