"""How the value of a figure is painted: its text by its unit, its tone by its sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nof1tui.domain.figures.figure import TEXTUAL_UNITS, Figure, Reading, Unit
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike

Painter = Callable[[Any], CellLike]
NOT_AVAILABLE = Cell("n/a", "muted")
"""Of a computed figure without a value, which has a reason; an unknown fact is `–`."""
_UNKNOWN = Cell(fmt.UNKNOWN)
_TEXT_LIMIT = 28
# fmt: off
_UNITS: Mapping[Unit, tuple[int, Callable[[Any], str], Callable[[Any], str]]] = {
    "usd": (9, fmt.compact_usd, fmt.gain_usd),
    "pct": (7, fmt.share, fmt.pct),
    "pp": (9, fmt.points, fmt.points),
    "ratio": (7, fmt.ratio, fmt.ratio),
    "fraction": (5, fmt.ratio, fmt.ratio),
    "multiple": (6, fmt.leverage, lambda value: f"{value:+.1f}x"),
    "price": (10, fmt.price, fmt.price),
    "coins": (8, fmt.quantity, fmt.quantity),
    "seconds": (7, fmt.duration, fmt.duration),
    "bytes": (8, fmt.byte_size, fmt.byte_size),
    "count": (6, fmt.number, lambda value: f"{value:+,}"),
    "counter": (8, fmt.number, fmt.number),
    "time": (12, fmt.day_and_time, fmt.day_and_time),
    "flag": (4, *(lambda value: "yes" if value else "no",) * 2),
}
"""Width of a column, text of a value, and text where the sign matters; the other units are text."""
# fmt: on


def unit_width(figure: Figure[Any]) -> int:
    """Cells of a column of this figure: its usual values and its title fit."""
    return max(_UNITS[figure.unit][0] if figure.unit in _UNITS else 16, len(figure.title))


def is_left_aligned(figure: Figure[Any]) -> bool:
    """Whether its values are text."""
    return figure.unit in TEXTUAL_UNITS and figure.unit not in _UNITS


def value_of(reading: Reading) -> Any:
    """The plain value of a reading."""
    return reading.value if isinstance(reading, FigureValue) else reading


def unit_text(figure: Figure[Any]) -> Callable[[Any], str]:
    """Text of a value that is not None."""
    if figure.unit not in _UNITS:
        return lambda value: fmt.sanitise_line(str(value), _TEXT_LIMIT)
    _, plain, signed = _UNITS[figure.unit]
    return signed if figure.signed else plain


def painter(
    figure: Figure[Any],
    text: Callable[[Any], str] | None = None,
    *,
    style: str = "",
    toned: bool | None = None,
) -> Painter:
    """Paints readings of this figure: muted where weak or without a value, by sign if `toned`.

    `text` replaces the text of the unit; `toned` is whether the figure is signed, if not given.
    """
    written = text or unit_text(figure)
    by_sign = figure.signed if toned is None else toned

    def paint(reading: Any) -> CellLike:
        value = reading
        if isinstance(reading, FigureValue):
            value = reading.value
            if value is None:
                return NOT_AVAILABLE
            if reading.is_weak:
                return Cell(written(value), "muted")
        elif value is None:
            return _UNKNOWN
        return Cell(written(value), (fmt.tone(value) or style) if by_sign else style)

    return paint
