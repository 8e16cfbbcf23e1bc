"""The themes. Every colour of the screen is one of their variables.

Cells and widgets use `gain`, `loss`, `muted`, `accent` and `warn`; the colours of the first two are
settings.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.theme import Theme

from nof1tui.tui.style.colors import nearest_ansi_color

DARK, LIGHT, CONTRAST, ANSI = "nof1-dark", "nof1-light", "nof1-contrast", "nof1-ansi"
AUTO = "auto"
"""Dark, or the terminal's own colours where it has only those."""
THEMES = {
    DARK: "Dark",
    LIGHT: "Light",
    CONTRAST: "High contrast",
    ANSI: "The terminal's own 16 colours",
}
"""Every theme and its title, in the order in which the theme key selects them."""


@dataclass(frozen=True, slots=True)
class ThemeColors:
    """The colours of one theme, as `#rrggbb` or as Textual's names of the terminal's colours."""

    ground: str
    surface: str
    panel: str
    ink: str
    muted: str
    frame: str
    accent: str
    warn: str
    gain: str
    loss: str
    lines: tuple[str, ...]
    """Colours of traders without a distinct colour in the roster; they differ in hue."""
    dark: bool = True


THEME_COLORS = {
    DARK: ThemeColors(
        "#0e1116", "#141920", "#1d2530", "#d7dde5", "#7d8896", "#2b3542",
        accent="#5aa9ff", warn="#e8b339", gain="#3fd07f", loss="#ff6b6b",
        lines=(
            "#4d9fff", "#f5a623", "#b48cff", "#2fd0c8", "#ff6fae", "#a8d642", "#ff7b5a", "#e6d35c",
            "#668547", "#d926d9", "#26d980", "#b87a7a", "#26d926", "#c0f0a8", "#598ca6", "#e8b27d",
        ),
    ),
    LIGHT: ThemeColors(
        "#fbfbf9", "#f2f3f1", "#e4e8ec", "#1b2430", "#66707c", "#c3ccd6",
        accent="#0b5fd0", warn="#9a6700", gain="#13803d", loss="#c62828",
        lines=(
            "#0b5fd0", "#b26a00", "#6d3fd1", "#007f7a", "#c02673", "#4f7a00", "#c2410c", "#7a6a00",
            "#570f0f", "#4b0f57", "#5973a6", "#956750", "#40532d", "#c322c3", "#854766", "#ad1f36",
        ),
        dark=False,
    ),
    CONTRAST: ThemeColors(
        "#000000", "#000000", "#262626", "#ffffff", "#c8c8c8", "#a0a0a0",
        accent="#6fc3ff", warn="#ffd800", gain="#2dff6e", loss="#ff8080",
        lines=(
            "#6fc3ff", "#ffb000", "#c9a8ff", "#3ff5e8", "#ff8fcf", "#c8ff3f", "#ff9e80", "#fff07a",
            "#1fad4e", "#a6c18b", "#26d926", "#bf9540", "#c99cab", "#59a6a6", "#e467e4", "#96ad1f",
        ),
    ),
    ANSI: ThemeColors(
        "ansi_default", "ansi_default", "ansi_default", "ansi_default", "ansi_bright_black",
        "ansi_bright_black",
        accent="ansi_bright_blue", warn="ansi_yellow", gain="ansi_green", loss="ansi_red",
        lines=(
            "ansi_bright_blue", "ansi_yellow", "ansi_magenta", "ansi_cyan", "ansi_bright_red",
            "ansi_bright_green", "ansi_bright_magenta", "ansi_blue", "ansi_bright_yellow", "ansi_bright_cyan",
        ),
    ),
}  # fmt: skip


def build_themes(gain_color: str | None = None, loss_color: str | None = None) -> tuple[Theme, ...]:
    """Every theme, with gain and loss in this `#rrggbb`, or the nearest terminal colour."""
    return tuple(_theme(name, tones, gain_color, loss_color) for name, tones in THEME_COLORS.items())


def resolve_theme(name: str, *, colors: str | None) -> str:
    """The theme at start on a terminal with these colours: `truecolor`, `256`, `standard` or None."""
    if name in THEME_COLORS:
        return name
    return DARK if colors in ("truecolor", "256") else ANSI


def following_theme(name: str) -> str:
    """The theme after this one."""
    names = list(THEMES)
    return names[(names.index(name) + 1) % len(names)] if name in names else DARK


def _theme(name: str, tones: ThemeColors, gain: str | None, loss: str | None) -> Theme:
    is_ansi = name == ANSI
    if is_ansi:
        gain, loss = (color and nearest_ansi_color(color) for color in (gain, loss))
    return Theme(
        name=name,
        primary=tones.accent,
        secondary=tones.frame,
        accent=tones.accent,
        warning=tones.warn,
        error=tones.loss,
        success=tones.gain,
        foreground=tones.ink,
        background=tones.ground,
        surface=tones.surface,
        panel=tones.panel,
        dark=tones.dark,
        ansi=is_ansi,
        variables={
            "gain": gain or tones.gain,
            "loss": loss or tones.loss,
            "muted": tones.muted,
            "accent": tones.accent,
            "warn": tones.warn,
            "frame": tones.frame,
            "scrollbar": tones.frame,
            "scrollbar-hover": tones.muted,
            "scrollbar-active": tones.accent,
            "scrollbar-background": tones.ground,
            "scrollbar-background-hover": tones.ground,
            "scrollbar-background-active": tones.ground,
            "scrollbar-corner-color": tones.ground,
            "input-selection-background": tones.accent if is_ansi else f"{tones.accent} 35%",
            **(_ANSI_EXTRAS if is_ansi else {}),
        },
    )


_ANSI_EXTRAS = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "surface": "ansi_default",
    "panel": "ansi_default",
    "border": "ansi_bright_black",
    "block-cursor-foreground": "ansi_black",
    "block-cursor-background": "ansi_white",
    "border-blurred": "ansi_bright_black",
    "input-cursor-foreground": "ansi_default",
    "input-cursor-background": "ansi_default",
    "input-cursor-text-style": "reverse",
    "input-selection-foreground": "ansi_black",
    "screen-selection-foreground": "ansi_black",
}
