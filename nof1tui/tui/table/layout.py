"""From columns and cells to the strips of a table: which columns fit, and how a line is laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nof1tui.tui.style.cells import Cell, CellLike, Palette

RowT = TypeVar("RowT")

_SEEN_ON_SPACES = ("reverse", "underline", "strike")

MAX_COLUMN_GAP = 4
"""Cells between two columns, at most; a table wider than that ends before its right edge."""
_MIN_FLEXIBLE_WIDTH = 8
"""Cells below which the growing column is not squeezed to keep another."""


@dataclass(frozen=True)
class Column(Generic[RowT]):
    """One column as data: what it shows of a row, how wide, and how it sorts."""

    key: str
    title: str
    width: int
    render: Callable[[RowT], CellLike]
    justify: Literal["left", "right"] = "right"
    sort_key: Callable[[RowT], Any] | None = None
    """The value to sort by; None sorts last either way."""
    drop_order: int = 0
    """0: never leaves; else the lowest number leaves first as the table narrows."""
    grows: bool = False
    """Gets the spare width, …"""
    max_width: int | None = None
    """… but grows no wider than this."""
    render_at_width: Callable[[RowT, int], CellLike] | None = None
    """Renders a cell to the width the column came to have; `render` is then for where there is none."""
    tooltip: str = ""


@dataclass(frozen=True)
class Layout(Generic[RowT]):
    """The columns that fit, each with its width, where the first begins, and the cells between two."""

    columns: tuple[Column[RowT], ...]
    left: int
    width: int
    hidden: int = 0
    gap: int = 1

    def column_at(self, x: int) -> Column[RowT] | None:
        """The column at this cell of a line; the space before a column belongs to it."""
        end = self.left
        for column in self.columns:
            end += column.width
            if x < end:
                return column
            end += self.gap
        return None


def fit_columns(columns: Sequence[Column[RowT]], width: int) -> Layout[RowT]:
    """Let columns leave in their order until the rest fits.

    Spare cells go to the margins, to the growing columns up to their most, then between all columns.
    """
    kept = list(columns)
    while len(kept) > 1 and _needed(kept) > width:
        leaving = [column for column in kept if column.drop_order]
        if leaving:
            kept.remove(min(leaving, key=lambda column: column.drop_order))
        else:
            kept = _squeezed(kept, width)
            break
    spare = width - _needed(kept)
    if spare < 0:
        kept, spare = [*kept[:-1], replace(kept[-1], width=kept[-1].width + spare)] if kept else [], 0
    left = 1 if spare > 1 else 0
    widened, spare = _widened(kept, spare - 2 * left)
    between = len(kept) - 1
    gap = 1 + min(spare // between, MAX_COLUMN_GAP - 1) if between else 1
    spare -= (gap - 1) * between
    if widened and widened[-1].grows and spare < between:
        widened[-1] = replace(widened[-1], width=widened[-1].width + spare)
    fitted = tuple(
        column if column.render_at_width is None else _sized(column, column.render_at_width)
        for column in widened
    )
    return Layout(fitted, left, width, len(columns) - len(kept), gap)


def _widened(columns: Sequence[Column[RowT]], spare: int) -> tuple[list[Column[RowT]], int]:
    """The columns with the spare cells dealt out among the growing ones, and what is left of them."""
    widened = list(columns)
    while spare > 0:
        growing = [
            place
            for place, column in enumerate(widened)
            if column.grows and (column.max_width is None or column.width < column.max_width)
        ]
        if not growing:
            break
        for place in growing[:spare]:
            widened[place] = replace(widened[place], width=widened[place].width + 1)
        spare -= len(growing[:spare])
    return widened, spare


def _sized(column: Column[RowT], sized: Callable[[RowT, int], CellLike]) -> Column[RowT]:
    width = column.width
    return replace(column, render=lambda row: sized(row, width))


def _needed(columns: Sequence[Column[RowT]]) -> int:
    return sum(column.width for column in columns) + len(columns) - 1


def _squeezed(columns: list[Column[RowT]], width: int) -> list[Column[RowT]]:
    """Columns that never leave, in too little room: the growing one gives, then the last ones go."""
    kept = list(columns)
    while True:
        over = _needed(kept) - width
        growing = next((place for place, column in enumerate(kept) if column.grows), None)
        if growing is not None:
            least = max(min(_MIN_FLEXIBLE_WIDTH, kept[growing].width), kept[growing].width - over)
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
                fitted.append((fit_text(piece.text, room), piece.style))
            room = 0
            break
        if size:
            fitted.append((piece.text, piece.style))
            room -= size
    if room:
        padding = (" " * room, "")
        return [padding, *fitted] if justify == "right" else [*fitted, padding]
    return fitted


def fit_text(text: str, width: int) -> str:
    """Text in exactly `width` terminal cells; where something is lost, an ellipsis says so."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    if width <= 1:
        return "…"[:width]
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)


def row_strip(cells: Sequence[CellLike], layout: Layout[RowT], palette: Palette, ground: Style) -> Strip:
    """One line of the table: every cell in its column, on `ground`, as wide as the layout."""
    pieces: list[tuple[str, str]] = [(" " * layout.left, "")] if layout.left else []
    gap = " " * layout.gap
    room = layout.width - layout.left
    for place, (column, cell) in enumerate(zip(layout.columns, cells, strict=True)):
        if place:
            pieces.append((gap, ""))
            room -= layout.gap
        pieces.extend(fit_pieces(cell, column.width, column.justify))
        room -= column.width
    if room < 0:
        return strip_of(pieces, layout.width, palette, ground)
    pieces.append((" " * room, ""))
    return Strip(_segments(pieces, palette, ground), layout.width)


def strip_of(pieces: Sequence[tuple[str, str]], width: int, palette: Palette, ground: Style) -> Strip:
    """Pieces of text and tone side by side, cut or padded to `width`."""
    return Strip(_segments(pieces, palette, ground)).adjust_cell_length(width, ground)


def _segments(pieces: Sequence[tuple[str, str]], palette: Palette, ground: Style) -> list[Segment]:
    """The pieces on their ground, blanks joined to a neighbour."""
    segments: list[Segment] = []
    text, tone, is_blank = "", "", True
    for more, next_tone in pieces:
        if next_tone == tone:
            text += more
            is_blank = is_blank and not more.strip(" ")
        elif not more.strip(" ") and not _is_seen_on_spaces(tone) and not _is_seen_on_spaces(next_tone):
            text += more
        elif is_blank and not _is_seen_on_spaces(tone) and not _is_seen_on_spaces(next_tone):
            text, tone, is_blank = text + more, next_tone, False
        else:
            if text:
                segments.append(Segment(text, _on(ground, palette.style(tone))))
            text, tone, is_blank = more, next_tone, not more.strip(" ")
    if text:
        segments.append(Segment(text, _on(ground, palette.style(tone))))
    return segments


def _on(ground: Style, tone: Style) -> Style:
    """A tone on its ground. Reversed it is one bar without colours, with a hole for what is chosen in it."""
    if not ground.reverse:
        return ground + tone
    return ground + Style(bold=tone.bold, underline=tone.underline, reverse=not tone.reverse)


@lru_cache(maxsize=1_024)
def _is_seen_on_spaces(tone: str) -> bool:
    return any(word in tone for word in _SEEN_ON_SPACES)
