"""Cells of text with a tone, and palettes that map tones to the colours of a theme."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.color import ANSI_COLOR_NAMES, Color
from rich.style import Style

_HEX = re.compile(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?")
_ANSI = "ansi_"
"""Prefix of Textual's names of the terminal's own colours."""
_ATTRIBUTES = ("bold", "dim", "italic", "reverse", "strike", "underline")


@dataclass(frozen=True, slots=True)
class Cell:
    """Plain text of one cell and its tone.

    `style` holds words with spaces between: `gain`, `loss`, `muted`, `accent`, `warn` or any other
    variable of the theme, `bold`, `dim`, `reverse`, or `#rrggbb`. The text is never parsed.
    """

    text: str
    style: str = ""


CellLike = Cell | tuple[Cell, ...]
"""One cell, or pieces of a cell side by side."""


def muted_cell(cell: CellLike) -> CellLike:
    """The same cell in the muted tone."""
    if isinstance(cell, Cell):
        return Cell(cell.text, "muted")
    return tuple(Cell(piece.text, "muted") for piece in cell)


def cell_text(cell: CellLike) -> str:
    """The text of a cell, its pieces joined."""
    return cell.text if isinstance(cell, Cell) else "".join(piece.text for piece in cell)


def places_that_fit(sizes: Sequence[int], drop_order: Sequence[int], width: int) -> list[int]:
    """Indexes of the pieces that remain in `width` cells when pieces are dropped in this order."""
    excess, dropped = sum(sizes) - width, set[int]()
    for place in drop_order:
        if excess <= 0:
            break
        excess -= sizes[place]
        dropped.add(place)
    return [place for place in range(len(sizes)) if place not in dropped]


class Palette:
    """The tones of one theme as Rich styles without a background."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._styles: dict[str, Style] = {"": Style.null()}

    @staticmethod
    def of(variables: Mapping[str, str]) -> Palette:
        """The palette of these theme variables; the same object for equal ones."""
        return _palette(tuple(sorted(variables.items())))

    def style(self, tone: str) -> Style:
        """The style of a tone; unknown words are ignored."""
        known = self._styles.get(tone)
        if known is None:
            known = self._styles[tone] = self._resolved(tone)
        return known

    def _resolved(self, tone: str) -> Style:
        color: Color | None = None
        attributes: dict[str, bool] = {}
        for word in tone.split():
            if word in _ATTRIBUTES:
                attributes[word] = True
            else:
                color = _color(self._variables.get(word, word)) or color
        return Style(color=color, **attributes)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _palette(variables: tuple[tuple[str, str], ...]) -> Palette:
    return Palette(dict(variables))


def _color(words: str) -> Color | None:
    found = _HEX.match(words)
    if found is not None:
        return Color.parse(found.group()[:7])
    if words.startswith(_ANSI) and words[len(_ANSI) :] in ANSI_COLOR_NAMES:
        return Color.parse(words[len(_ANSI) :])
    return Color.default() if words == "ansi_default" else None
