"""Formatted figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.tui.style import format as fmt

FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("symbol", "width", "text"),
    [("BTC", 5, "BTC"), ("xyz:NVDA", 8, "xyz:NVDA"), ("xyz:NVDA", 5, "NVDA"), ("FARTCOIN", 5, "FARTCOIN")],
)
def test_a_coin_of_a_builders_market_loses_the_markets_name_before_its_own(
    symbol: str, width: int, text: str
) -> None:
    assert fmt.coin(symbol, width) == text


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (fmt.usd, 21_610.74, "$21,610.74"),
        (fmt.usd, -3.5, "-$3.50"),
        (fmt.usd, None, "–"),
        (fmt.gain_usd, 3_511.9, "+$3,512"),
        (fmt.gain_usd, -312.2, "-$312"),
        (fmt.gain_usd, 0.2, "$0"),
        (fmt.compact_usd, 129.4, "$129.40"),
        (fmt.compact_usd, 999.999, "$1,000"),
        (fmt.compact_usd, 1_613.2, "$1,613"),
        (fmt.compact_usd, 21_610.74, "$21.6k"),
        (fmt.compact_usd, 1_250_000, "$1.25M"),
        (fmt.pct, 116.107, "+116.1%"),
        (fmt.pct, -18.4, "-18.4%"),
        (fmt.pct, -0.01, "0.0%"),
        (fmt.points, 64.27, "+64.3pp"),
        (fmt.price, 114_502.5, "114,502.5"),
        (fmt.price, 4_119.7, "4,119.70"),
        (fmt.price, 199.89, "199.89"),
        (fmt.price, 2.6438, "2.6438"),
        (fmt.price, 0.20004, "0.20004"),
        (fmt.price, 0.0000123, "1.23e-05"),
        (fmt.price, float("nan"), "–"),
        (fmt.quantity, -4.87, "4.87"),
        (fmt.quantity, 1_476.0, "1,476"),
        (fmt.quantity, 0.00123, "0.00123"),
        (fmt.multiple, 3.1, "3.1x"),
        (fmt.leverage, 10.0, "10x"),
        (fmt.leverage, 12.5, "12.5x"),
        (fmt.ratio, -0.001, "0.00"),
        (fmt.share, 12.4, "12%"),
        (fmt.risk, 1.79, "+1.8R"),
    ],
)
def test_figures_are_formatted_as_traders_write_them(function, value, text) -> None:  # type: ignore[no-untyped-def]
    assert function(value) == text


@pytest.mark.parametrize(
    ("seconds", "age", "duration"),
    [
        (-5, "0s", "0s"),
        (3.9, "3s", "3s"),
        (59, "59s", "59s"),
        (245, "4m", "4m"),
        (7_300, "2h", "2h 1m"),
        (86_400, "24h", "1d 0h"),
        (68_520, "19h", "19h 2m"),
        (3 * 86_400 + 4 * 3_600, "3d", "3d 4h"),
        (None, "–", "–"),
    ],
)
def test_ages_have_one_unit_and_durations_two(seconds: float | None, age: str, duration: str) -> None:
    assert fmt.age(seconds) == age
    assert fmt.duration(seconds) == duration


def test_moments_are_shown_in_utc() -> None:
    at = datetime(2025, 10, 28, 9, 4, tzinfo=timezone(timedelta(hours=2)))
    assert fmt.time_of_day(at) == "07:04"
    assert fmt.day_and_time(at) == "28 Oct 07:04"
    assert fmt.moment(datetime(2025, 10, 27, 14, tzinfo=UTC)) == "2025-10-27 14:00Z"


@given(FLOATS)
def test_a_gain_always_carries_its_sign_and_colour_agrees_with_it(value: float) -> None:
    for text in (fmt.gain_usd(value, cents=True), fmt.pct(value), fmt.risk(value)):
        if text.startswith("+"):
            assert fmt.tone(value) == "gain"
        elif text.startswith("-"):
            assert fmt.tone(value) == "loss"
        else:
            assert text == "–" or not any(digit in text for digit in "123456789")


@given(FLOATS)
def test_any_float_can_be_formatted(value: float) -> None:
    for function in (fmt.usd, fmt.compact_usd, fmt.price, fmt.quantity, fmt.age, fmt.duration, fmt.ratio):
        assert function(value)
