"""Distance of colours as perceived, and distinct colours for traders."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from math import atan2, degrees, hypot

HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_MIN_COLOR_DISTANCE = 18.0
"""Distance in CIE L*a*b* below which two thin lines look alike."""
_GREY_CHROMA = 12.0
"""Chroma below which a colour counts as grey."""
_TERMINAL = {
    "ansi_red": "#cd0000", "ansi_green": "#00cd00", "ansi_yellow": "#cdcd00", "ansi_blue": "#0000ee",
    "ansi_magenta": "#cd00cd", "ansi_cyan": "#00cdcd",
    "ansi_white": "#e5e5e5", "ansi_bright_black": "#7f7f7f",
    "ansi_bright_red": "#ff0000", "ansi_bright_green": "#00ff00", "ansi_bright_yellow": "#ffff00",
    "ansi_bright_blue": "#5c5cff", "ansi_bright_magenta": "#ff00ff", "ansi_bright_cyan": "#00ffff",
    "ansi_bright_white": "#ffffff",
}  # fmt: skip
"""Textual's names of a terminal's colours, and their values in xterm."""


def nearest_ansi_color(color: str) -> str:
    """The terminal colour with the hue nearest to `#rrggbb`; a grey for a grey."""
    lightness, hue, chroma = _polar(color)

    def unlike(name: str) -> tuple[float, float]:
        other_lightness, other_hue, other_chroma = _polar(name)
        is_other = (chroma < _GREY_CHROMA) is not (other_chroma < _GREY_CHROMA)
        turned = 0.0 if chroma < _GREY_CHROMA else abs((hue - other_hue + 180) % 360 - 180)
        return 360.0 if is_other else round(turned / 15), abs(lightness - other_lightness)

    return min(_TERMINAL, key=unlike)


def color_distance(one: str, other: str) -> float:
    """Perceived distance of two colours: 0 the same, 100 black and white."""
    pairs = zip(_lab(one), _lab(other), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def pick_distinct_color(lines: Sequence[str], used: Collection[str]) -> str:
    """The first colour that is distinct from all in use; else the one used least and most distant."""
    for color in lines:
        if color not in used and all(is_distinct(color, other) for other in used):
            return color
    counts = {color: sum(other == color for other in used) for color in lines}
    least = min(counts.values())
    return max(
        (color for color in lines if counts[color] == least),
        key=lambda color: min(
            (color_distance(color, other) for other in used if other != color), default=0.0
        ),
    )


def is_distinct(one: str, other: str) -> bool:
    """Whether two colours look different; the terminal's own colours do by their names."""
    if HEX_COLOR.fullmatch(one) and HEX_COLOR.fullmatch(other):
        return color_distance(one, other) >= _MIN_COLOR_DISTANCE
    return one != other


def readable_on_light(color: str) -> str:
    """The same hue, darkened until it is readable on a light background."""
    red, green, blue = _parts(color)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    factor = min(1.0, 110.0 / luminance) if luminance else 1.0
    return "#" + "".join(f"{round(part * factor):02x}" for part in (red, green, blue))


def readable_on_black(color: str) -> str:
    """The same hue, lightened until it is readable on black."""
    parts = _parts(color)
    red, green, blue = parts
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    share = max(0.0, (150.0 - luminance) / (255.0 - luminance)) if luminance < 255 else 0.0
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in parts)


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _polar(color: str) -> tuple[float, float, float]:
    """Lightness, hue in degrees and chroma."""
    lightness, a, b = _lab(color)
    return lightness, degrees(atan2(b, a)) % 360, hypot(a, b)


@lru_cache(maxsize=1024)
def _lab(color: str) -> tuple[float, float, float]:
    """sRGB (D65) to CIE L*a*b*; the terminal's names as xterm shows them."""
    values = [part / 255 for part in _parts(_TERMINAL.get(color, color))]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
