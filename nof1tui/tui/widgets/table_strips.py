"""From columns and cells to the strips of a table: which columns fit, and how a line is laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nof1tui.tui.cells import Cell, CellLike, Palette

R = TypeVar("R")

_SEEN_ON_SPACES = ("reverse", "underline", "strike")

LEAST_GROWING = 8
"""Cells below which the growing column is not squeezed to keep another."""


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column as data: what it shows of a row, how wide, and how it sorts."""

    key: str
    title: str
    width: int
    render: Callable[[R], CellLike]
    justify: Literal["left", "right"] = "right"
    sort: Callable[[R], Any] | None = None
    """The value to sort by; None sorts last either way."""
    leaves: int = 0
    """0: never leaves; else the lowest number leaves first as the table narrows."""
    grows: bool = False
    """Gets the spare width."""
    tooltip: str = ""


@dataclass(frozen=True)
class Layout(Generic[R]):
    """The columns that fit, each with its width, and where the first begins."""

    columns: tuple[Column[R], ...]
    left: int
    width: int
    hidden: int = 0

    def column_at(self, x: int) -> Column[R] | None:
        """The column at this cell of a line; the space before a column belongs to it."""
        end = self.left
        for column in self.columns:
            end += column.width
            if x < end:
                return column
            end += 1
        return None


def fit_columns(columns: Sequence[Column[R]], width: int) -> Layout[R]:
    """Let columns leave in their order until the rest fits; spare cells go to margins and growing columns."""
    kept = list(columns)
    while len(kept) > 1 and _needed(kept) > width:
        leaving = [column for column in kept if column.leaves]
        if leaving:
            kept.remove(min(leaving, key=lambda column: column.leaves))
        else:
            kept = _squeezed(kept, width)
            break
    spare = width - _needed(kept)
    if spare < 0:
        kept, spare = [*kept[:-1], replace(kept[-1], width=kept[-1].width + spare)] if kept else [], 0
    left = 1 if spare > 1 else 0
    growing = [column for column in kept if column.grows]
    shares = dict.fromkeys((column.key for column in growing), 0)
    for place in range(spare - 2 * left if growing else 0):
        shares[growing[place % len(growing)].key] += 1
    widened = (
        replace(column, width=column.width + shares[column.key]) if column.grows else column
        for column in kept
    )
    return Layout(tuple(widened), left, width, len(columns) - len(kept))


def _needed(columns: Sequence[Column[R]]) -> int:
    return sum(column.width for column in columns) + len(columns) - 1


def _squeezed(columns: list[Column[R]], width: int) -> list[Column[R]]:
    """Columns that never leave, in too little room: the growing one gives, then the last ones go."""
    kept = list(columns)
    while True:
        over = _needed(kept) - width
        growing = next((place for place, column in enumerate(kept) if column.grows), None)
        if growing is not None:
            least = max(min(LEAST_GROWING, kept[growing].width), kept[growing].width - over)
            over -= kept[growing].width - least
            squeezed = [*kept[:growing], replace(kept[growing], width=least), *kept[growing + 1 :]]
            if over <= 0 or len(kept) == 1:
                return squeezed
        elif over <= 0 or len(kept) == 1:
            return kept
        kept.pop()


def fit_pieces(cell: CellLike, width: int, justify: str) -> list[tuple[str, str]]:
    """A cell's pieces of text and tone, cut and padded to exactly `width` terminal cells."""
    pieces = (cell,) if isinstance(cell, Cell) else cell
    fitted: list[tuple[str, str]] = []
    room = width
    for piece in pieces:
        size = cell_len(piece.text)
        if size > room:
            if room > 0:
                fitted.append((cut(piece.text, room), piece.style))
            room = 0
            break
        if size:
            fitted.append((piece.text, piece.style))
            room -= size
    if room:
        padding = (" " * room, "")
        return [padding, *fitted] if justify == "right" else [*fitted, padding]
    return fitted


def cut(text: str, width: int) -> str:
    """Text in exactly `width` terminal cells; where something is lost, an ellipsis says so."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    if width <= 1:
        return "…"[:width]
    return set_cell_size(text, width - 1) + "…"


def row_strip(cells: Sequence[CellLike], layout: Layout[R], palette: Palette, ground: Style) -> Strip:
    """One line of the table: every cell in its column, on `ground`, as wide as the layout."""
    pieces: list[tuple[str, str]] = [(" " * layout.left, "")] if layout.left else []
    for place, (column, cell) in enumerate(zip(layout.columns, cells, strict=True)):
        if place:
            pieces.append((" ", ""))
        pieces.extend(fit_pieces(cell, column.width, column.justify))
    return strip_of(pieces, layout.width, palette, ground)


def strip_of(pieces: Sequence[tuple[str, str]], width: int, palette: Palette, ground: Style) -> Strip:
    """Pieces of text and tone side by side, blanks joined to a neighbour, padded to `width`."""
    segments: list[Segment] = []
    text, tone = "", ""
    for more, next_tone in pieces:
        if next_tone == tone or (_is_blank(more, next_tone) and _is_blank("", tone)):
            text += more
        elif _is_blank(text, tone) and _is_blank("", next_tone):
            text, tone = text + more, next_tone
        else:
            segments.append(Segment(text, ground + palette.style(tone)))
            text, tone = more, next_tone
    if text:
        segments.append(Segment(text, ground + palette.style(tone)))
    return Strip(segments).adjust_cell_length(width, ground)


def _is_blank(text: str, tone: str) -> bool:
    """Whether nothing of this is seen, so that its tone does not matter."""
    return not text.strip(" ") and not any(word in tone for word in _SEEN_ON_SPACES)
