"""The themes and the colours of traders."""

from __future__ import annotations

import pytest
from textual.color import Color

from nof1tui.domain.roster import Roster, TraderInfo
from nof1tui.tui.style.colors import HEX_COLOR, color_distance, is_distinct, nearest_ansi_color
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.style.theme import (
    ANSI,
    CONTRAST,
    DARK,
    LIGHT,
    THEME_COLORS,
    THEMES,
    build_themes,
    following_theme,
    resolve_theme,
)
from tests.support.scenes import ROSTER, ScriptedEngine, account, board, make_app

OF_RGB = [theme for theme in build_themes() if theme.name != ANSI]
TERMINAL = next(theme for theme in build_themes() if theme.name == ANSI)
LEAST = {DARK: 4.5, LIGHT: 4.5, CONTRAST: 7.0}
"""WCAG 2: AA, and AAA where high contrast is the point."""


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""

    def luminance(color: str) -> float:
        parts = [part / 255 for part in Color.parse(color).rgb]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def crowd(*colors: str | None) -> Roster:
    """A trader for each of these colours."""
    return Roster(traders=tuple(TraderInfo(f"t{n}", f"T {n}", color=color) for n, color in enumerate(colors)))


def colors_of(roster: Roster, theme: str) -> list[str]:
    identities = TraderIdentities(roster, theme=theme)
    return [identities.identity_of(account(info.id)).color for info in roster.traders]


@pytest.mark.parametrize("theme", OF_RGB, ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", ["gain", "loss", "muted", "accent", "warn"])
def test_every_named_colour_is_readable_on_the_background(theme, name: str) -> None:  # type: ignore[no-untyped-def]
    assert contrast(theme.background, theme.variables[name]) >= LEAST[theme.name]


def test_the_colours_of_gain_and_loss_can_be_set_in_every_theme() -> None:
    for theme in build_themes("#0072b2", "#d55e00"):
        wanted = ("ansi_bright_blue", "ansi_bright_red") if theme.name == ANSI else ("#0072b2", "#d55e00")
        assert (theme.variables["gain"], theme.variables["loss"]) == wanted


def test_the_terminals_theme_names_no_colour_but_the_terminals() -> None:
    named = [TERMINAL.primary, TERMINAL.background, TERMINAL.foreground, *TERMINAL.variables.values()]
    assert not any(color.startswith("#") for color in (*named, *THEME_COLORS[ANSI].lines))


@pytest.mark.parametrize("bad", ["red", "#12", "#12345g", "$gain", "\x1b[31m", "#123456; color: red"])
def test_an_invalid_colour_is_replaced(bad: str) -> None:
    for theme in OF_RGB:
        assert all(HEX_COLOR.fullmatch(color) for color in colors_of(crowd(bad), theme.name))


@pytest.mark.parametrize("theme", OF_RGB, ids=lambda theme: theme.name)
def test_traders_without_a_colour_are_readable_on_the_background(theme) -> None:  # type: ignore[no-untyped-def]
    assert all(contrast(theme.background, color) >= 3.5 for color in THEME_COLORS[theme.name].lines)


@pytest.mark.parametrize("theme", THEMES)
def test_trader_colours_are_distinct_in_every_theme(theme: str) -> None:
    """Seven traders of a season, then ten without a colour or with a used one."""
    names = len(THEME_COLORS[theme].lines)
    like = ("#4d6bfe", "#4285f4", "#4d9fff", "#ff6b35", "#ff7b5a", "#ffffff", "#000001", None, None, None)
    for roster in (ROSTER, crowd(*like), crowd(*[None] * names)):
        colors = colors_of(roster, theme)
        assert len(set(colors)) == len(colors)
        assert all(is_distinct(one, two) for place, one in enumerate(colors) for two in colors[:place])


@pytest.mark.parametrize("theme", THEMES)
def test_more_traders_than_colours_share_them_evenly(theme: str) -> None:
    colors = colors_of(crowd(*[None] * 200), theme)
    counts = [colors.count(color) for color in set(colors)]
    assert max(counts) - min(counts) <= 1


def test_a_trader_keeps_its_colour_when_others_join() -> None:
    identities = TraderIdentities(ROSTER, theme=DARK)
    before = identities.identity_of(account("a newcomer")).color
    assert identities.identity_of(account("another")).color != before
    assert identities.with_theme(LIGHT).with_theme(DARK).identity_of(account("a newcomer")).color == before


def test_a_pale_colour_is_darkened_for_the_light_theme_and_a_dark_one_lightened_for_contrast() -> None:
    assert colors_of(crowd("#f0f0a0"), DARK) == ["#f0f0a0"]
    assert contrast(THEME_COLORS[LIGHT].ground, colors_of(crowd("#f0f0a0"), LIGHT)[0]) >= 3.5
    assert contrast(THEME_COLORS[CONTRAST].ground, colors_of(crowd("#202080"), CONTRAST)[0]) >= 7.0


def test_colour_distances_are_perceptual() -> None:
    assert color_distance("#000000", "#ffffff") == pytest.approx(100, abs=0.1)
    assert color_distance("#ff0000", "#00ff00") == pytest.approx(170.6, abs=0.5)
    assert nearest_ansi_color("#fe0000") == "ansi_bright_red"


@pytest.mark.parametrize(
    ("setting", "colors", "theme"),
    [
        ("auto", "truecolor", DARK),
        ("auto", "256", DARK),
        ("auto", "standard", ANSI),
        ("auto", None, ANSI),
        (LIGHT, "standard", LIGHT),
        ("of another program", "256", DARK),
    ],
)
def test_the_theme_follows_the_terminal_unless_one_is_set(
    setting: str, colors: str | None, theme: str
) -> None:
    assert resolve_theme(setting, colors=colors) == theme


async def test_a_key_goes_through_every_theme_and_the_commands_name_each() -> None:
    app = make_app(ScriptedEngine(board()), theme=DARK)
    async with app.run_test(size=(120, 40)) as pilot:
        seen = [app.theme]
        for _ in THEMES:
            await pilot.press("T")
            seen.append(app.theme)
        assert seen == [*THEMES, DARK]
        assert following_theme("of another program") == DARK
        await pilot.press("ctrl+p", *"theme high", "enter", "enter")
        await pilot.pause()
        assert app.theme == CONTRAST
