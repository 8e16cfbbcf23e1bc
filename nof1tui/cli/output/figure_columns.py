"""Figures as text by their unit, and as columns of printed tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nof1tui.cli.output.tables import PrintedColumn
from nof1tui.domain.figures.figure import TEXTUAL_UNITS, Figure, Reading, Unit
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.tui.style import format as fmt

MISSING = "n/a"
"""Of a computed figure without a value; an unknown fact is `–`."""
TEXT_LIMIT = 28
# fmt: off
_TEXTS: Mapping[Unit, tuple[Callable[[Any], str], Callable[[Any], str]]] = {
    "usd": (fmt.usd, lambda value: fmt.gain_usd(value, cents=True)),
    "pct": (fmt.share, fmt.pct),
    "pp": (fmt.points, fmt.points),
    "ratio": (fmt.ratio, fmt.ratio),
    "fraction": (fmt.ratio, fmt.ratio),
    "multiple": (fmt.leverage, lambda value: f"{value:+.2f}x"),
    "price": (fmt.price, fmt.price),
    "coins": (fmt.quantity, fmt.quantity),
    "seconds": (fmt.duration, fmt.duration),
    "bytes": (fmt.byte_size, fmt.byte_size),
    "count": (fmt.number, lambda value: f"{value:+,}"),
    "counter": (fmt.number, fmt.number),
    "time": (fmt.moment, fmt.moment),
    "flag": (lambda value: "yes" if value else "no",) * 2,
}
"""Text of a value by its unit, and where it is coloured by its sign."""
# fmt: on


def figure_text(figure: Figure[Any], reading: Reading) -> str:
    """The reading as text: `n/a` without a value, followed by the symbols of its marks."""
    value, symbols = reading, ""
    if isinstance(reading, FigureValue):
        value, symbols = reading.value, reading.symbols
        if value is None:
            return MISSING
    if value is None or value in ("", []):
        return fmt.UNKNOWN
    if isinstance(value, list | tuple):
        return sanitise_line(", ".join(str(item) for item in value))
    texts = _TEXTS.get(figure.unit)
    text = texts[figure.signed](value) if texts else sanitise_line(str(value))
    return text + symbols


def figure_column(figure: Figure[Any], drop_order: float = 100, *, wraps: bool = False) -> PrintedColumn:
    """A column whose cells are the figure, read from views."""

    def cell(view: Any) -> str:
        text = figure_text(figure, figure.read(view))
        return text.upper() if figure.key == "side" else sanitise_line(text, None if wraps else TEXT_LIMIT)

    return PrintedColumn(
        figure.title,
        cell,
        drop_order,
        align_right=figure.unit not in TEXTUAL_UNITS,
        signed=figure.signed,
        wraps=wraps,
    )
