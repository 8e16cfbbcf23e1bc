"""Times as servers write them: seconds, milliseconds or finer, and ISO 8601. Raises InvalidRecord."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from nof1tui.sources.decoding.errors import InvalidRecord

_SECONDS_BELOW = 1e12
"""Larger values count milliseconds, microseconds or nanoseconds (contract 2)."""
EARLIEST_S, LATEST_S = 1_230_768_000.0, 4_102_444_800.0
"""The years 2009, before which no coin was traded, to 2100; times outside are rejected."""
_ISO_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[-+]\d\d:?\d\d))?)?"
)
_LONGEST_ISO_TIME = 40
_UNKNOWN_BEFORE_YEAR = 1971
"""Zero values of clocks: 1 January 1970 and, in Go, the year 1."""


def is_finer_than_seconds(value: float) -> bool:
    """Whether a number of this size counts milliseconds or a smaller unit."""
    return abs(value) > _SECONDS_BELOW


def parse_timestamp(value: float, name: str) -> datetime:
    """Seconds (or a smaller unit, by its size) since the epoch as an aware time. Raises InvalidRecord."""
    seconds = value
    while abs(seconds) > _SECONDS_BELOW and math.isfinite(seconds):
        seconds /= 1000
    if not EARLIEST_S <= seconds <= LATEST_S:
        raise InvalidRecord(f"{name}: {value!r} is not a time between 2009 and 2100")
    return datetime.fromtimestamp(seconds, UTC)


def parse_iso_time(text: str) -> float | None:
    """Seconds since the epoch of an ISO 8601 time, UTC without a zone; 0 for a clock's zero value.

    None for any other text.
    """
    text = text.strip()
    if len(text) > _LONGEST_ISO_TIME or _ISO_TIME.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.removesuffix("UTC").strip())
    except ValueError:
        return None
    if moment.year < _UNKNOWN_BEFORE_YEAR:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def parse_timestamp_or_none(value: object) -> datetime | None:
    """A time in any form, or None for any other value: for envelope fields, which never cause a reject."""
    try:
        if isinstance(value, str):
            moment = parse_iso_time(value)
            value = float(value) if moment is None else moment
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return parse_timestamp(float(value), "serverTime")
    except (InvalidRecord, OverflowError, ValueError):
        return None
