"""Forms in which users may write times and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.time_expressions import UnknownMoment, iso, parse_moment

NOW = datetime(2025, 10, 28, 7, 4, 56, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2025-10-27 14:00", "2025-10-27T14:00:00Z"),
        ("2025-10-27T14:00", "2025-10-27T14:00:00Z"),
        ("2025-10-27", "2025-10-27T00:00:00Z"),
        ("2025-10-27 14:00Z", "2025-10-27T14:00:00Z"),
        ("2025-10-27 14:00 UTC", "2025-10-27T14:00:00Z"),
        ("2025-10-27T14:00:30.25Z", "2025-10-27T14:00:30.250000Z"),
        ("2025-10-27T14:00:00+02:00", "2025-10-27T12:00:00Z"),
        ("2025-10-27 14:00 -05:30", "2025-10-27T19:30:00Z"),
        ("-6h", "2025-10-28T01:04:56.500000Z"),
        ("-30m", "2025-10-28T06:34:56.500000Z"),
        ("-2d", "2025-10-26T07:04:56.500000Z"),
        ("-1w", "2025-10-21T07:04:56.500000Z"),
        ("-1d6h", "2025-10-27T01:04:56.500000Z"),
        ("now", "2025-10-28T07:04:56.500000Z"),
        ("NOW", "2025-10-28T07:04:56.500000Z"),
        (" yesterday ", "2025-10-27T00:00:00Z"),
        ("today", "2025-10-28T00:00:00Z"),
    ],
)
def test_times_are_parsed_in_every_form(text: str, meant: str) -> None:
    assert iso(parse_moment(text, NOW)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "6h",
        "-6",
        "-6y",
        "-h",
        "27.10.2025",
        "2025-13-01",
        "2025-10-27 25:00",
        "-999999999w",
        "0001-01-01T00:00+14:00",
    ],
)
def test_texts_that_are_not_times_are_refused_with_examples(text: str) -> None:
    with pytest.raises(UnknownMoment, match=r"can't parse .*; try 2025-10-27 14:00"):
        parse_moment(text, NOW)


def test_messages_escape_control_characters() -> None:
    with pytest.raises(UnknownMoment) as refused:
        parse_moment("\x1b]52;c;evil\x07\u202e", NOW)
    assert str(refused.value).isascii()
    assert "\x1b" not in str(refused.value)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_iso_output_is_parsed_as_the_same_time(moment: datetime) -> None:
    try:
        formatted = iso(moment)
    except OverflowError:
        return
    assert parse_moment(formatted, NOW) == moment
