"""The two themes and the colours of traders."""

from __future__ import annotations

import pytest
from textual.color import Color

from nof1tui.domain.roster import TraderInfo
from nof1tui.tui.theme import themes, trader_color

DARK, LIGHT = themes()


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""

    def luminance(color: str) -> float:
        parts = [part / 255 for part in Color.parse(color).rgb]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", ["gain", "loss", "muted", "accent", "warn"])
def test_every_named_colour_can_be_read_on_the_ground(theme, name: str) -> None:  # type: ignore[no-untyped-def]
    assert contrast(theme.background, theme.variables[name]) >= 4.5


def test_a_person_may_choose_the_colours_of_gain_and_loss() -> None:
    for theme in themes("#0072b2", "#d55e00"):
        assert theme.variables["gain"] == "#0072b2"
        assert theme.variables["loss"] == "#d55e00"


@pytest.mark.parametrize("bad", ["red", "#12", "#12345g", "$gain", "\x1b[31m", "#123456; color: red"])
def test_a_colour_that_is_none_is_replaced(bad: str) -> None:
    color = trader_color(TraderInfo("x", "X", color=bad), 0, dark=True)
    assert Color.parse(color).hex.lower() == color


@pytest.mark.parametrize("place", range(8))
def test_traders_without_a_colour_stand_out_on_both_grounds(place: int) -> None:
    for theme in (DARK, LIGHT):
        color = trader_color(TraderInfo("x", "X"), place, dark=theme.dark)
        assert contrast(theme.background, color) >= 3.5


def test_a_pale_colour_is_darkened_for_the_light_theme() -> None:
    pale = TraderInfo("x", "X", color="#f0f0a0")
    assert trader_color(pale, 0, dark=True) == "#f0f0a0"
    assert contrast(LIGHT.background, trader_color(pale, 0, dark=False)) >= 3.5
