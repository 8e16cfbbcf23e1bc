"""The two themes. Every colour of the screen is one of their variables.

`gain`, `loss`, `muted`, `accent` and `warn` are what cells and widgets name; a person may set the
first two to colours that suit their eyes.
"""

from __future__ import annotations

import re

from textual.theme import Theme

from nof1tui.domain.roster import TraderInfo

DARK, LIGHT = "nof1-dark", "nof1-light"

_HEX = re.compile(r"#[0-9a-fA-F]{6}")

_DARK_LINES = ("#4d9fff", "#f5a623", "#b48cff", "#2fd0c8", "#ff6fae", "#a8d642", "#ff7b5a", "#e6d35c")
_LIGHT_LINES = ("#0b5fd0", "#b26a00", "#6d3fd1", "#007f7a", "#c02673", "#4f7a00", "#c2410c", "#7a6a00")
"""Line colours for traders that bring none; picked to differ in hue and to read on their ground."""


def themes(gain_color: str | None = None, loss_color: str | None = None) -> tuple[Theme, Theme]:
    """The dark and the light theme, with gain and loss in the colours asked for."""
    return (
        Theme(
            name=DARK,
            primary="#5aa9ff",
            secondary="#3d4a5c",
            accent="#5aa9ff",
            warning="#e8b339",
            error="#ff6b6b",
            success="#3fd07f",
            foreground="#d7dde5",
            background="#0e1116",
            surface="#141920",
            panel="#1d2530",
            dark=True,
            variables=_variables(
                gain_color or "#3fd07f",
                loss_color or "#ff6b6b",
                "#7d8896",
                "#5aa9ff",
                "#e8b339",
                "#2b3542",
                "#0e1116",
            ),
        ),
        Theme(
            name=LIGHT,
            primary="#0b5fd0",
            secondary="#c3ccd6",
            accent="#0b5fd0",
            warning="#9a6700",
            error="#c62828",
            success="#13803d",
            foreground="#1b2430",
            background="#fbfbf9",
            surface="#f2f3f1",
            panel="#e4e8ec",
            dark=False,
            variables=_variables(
                gain_color or "#13803d",
                loss_color or "#c62828",
                "#66707c",
                "#0b5fd0",
                "#9a6700",
                "#c3ccd6",
                "#fbfbf9",
            ),
        ),
    )


def _variables(
    gain: str, loss: str, muted: str, accent: str, warn: str, frame: str, ground: str
) -> dict[str, str]:
    return {
        "gain": gain,
        "loss": loss,
        "muted": muted,
        "accent": accent,
        "warn": warn,
        "frame": frame,
        "scrollbar": frame,
        "scrollbar-hover": muted,
        "scrollbar-active": accent,
        "scrollbar-background": ground,
        "scrollbar-background-hover": ground,
        "scrollbar-background-active": ground,
        "scrollbar-corner-color": ground,
        "input-selection-background": f"{accent} 35%",
    }


def trader_color(info: TraderInfo, place: int, *, dark: bool) -> str:
    """A trader's colour as `#rrggbb`: its own if the roster gives one, else the place-th line colour."""
    if info.color is not None and _HEX.fullmatch(info.color):
        return info.color if dark else readable_on_light(info.color)
    lines = _DARK_LINES if dark else _LIGHT_LINES
    return lines[place % len(lines)]


def readable_on_light(color: str) -> str:
    """The same hue, darkened until it stands out on a light ground."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    factor = min(1.0, 110.0 / luminance) if luminance else 1.0
    return "#" + "".join(f"{round(part * factor):02x}" for part in (red, green, blue))
