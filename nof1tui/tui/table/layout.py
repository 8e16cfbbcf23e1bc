"""The columns that fit a width, and the strip of one line of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from typing import Any, Generic, Literal, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nof1tui.domain.figures.figure import Figure
from nof1tui.tui.style.cells import Cell, CellLike, Palette, muted_cell

RowT = TypeVar("RowT")

_VISIBLE_ON_SPACES = ("reverse", "underline", "strike")

MAX_COLUMN_GAP = 4
"""Most cells between two columns; a wider table leaves space at its right edge."""
_MIN_FLEXIBLE_WIDTH = 8
"""Cells below which the growing column is not shrunk to keep another column."""


def as_read(reading: Any) -> CellLike:
    """A reading that is the cell itself."""
    cell: CellLike = reading
    return cell


@dataclass(frozen=True)
class Column(Generic[RowT]):
    """A column as data: what it reads of a row, how that is painted, its width and its sort value."""

    key: str
    title: str
    width: int
    read: Callable[[RowT], Any]
    """What the cell is painted from; equal readings have equal cells."""
    paint: Callable[[Any], CellLike] = as_read
    """The cell of a reading; by default the reading is the cell."""
    figure: Figure[Any] | None = None
    """The figure shown; None for a column that is put together from several fields."""
    justify: Literal["left", "right"] = "right"
    sort_key: Callable[[RowT], Any] | None = None
    """The value to sort by; None sorts last in either direction."""
    drop_order: float = 0
    """0: never dropped; else the lowest number is dropped first as the table narrows."""
    grows: bool = False
    """Whether the column takes spare width."""
    max_width: int | None = None
    """The width up to which it grows; None for no limit."""
    read_at_width: Callable[[RowT, int], Any] | None = None
    """Reads a row for a width; `read` then serves where no width is known."""
    tooltip: str = ""

    def render(self, row: RowT) -> CellLike:
        """The cell of a row."""
        return self.paint(self.read(row))


@dataclass(frozen=True)
class Layout(Generic[RowT]):
    """The columns that fit, each with its width, the left margin, and the cells between two columns."""

    columns: tuple[Column[RowT], ...]
    left: int
    width: int
    hidden: int = 0
    gap: int = 1

    @cached_property
    def reads(self) -> tuple[Callable[[RowT], Any], ...]:
        """What each column reads of a row."""
        return tuple(column.read for column in self.columns)

    def paints(self, *, muted: bool) -> tuple[Callable[[Any], CellLike], ...]:
        """How each column paints a reading; figures of a muted row lose their tone."""
        return self._muted_paints if muted else self._paints

    @cached_property
    def _paints(self) -> tuple[Callable[[Any], CellLike], ...]:
        return tuple(column.paint for column in self.columns)

    @cached_property
    def _muted_paints(self) -> tuple[Callable[[Any], CellLike], ...]:
        return tuple(
            column.paint if column.figure is None else partial(_painted_muted, column.paint)
            for column in self.columns
        )

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
    """Drop columns in their order until the rest fits.

    Spare cells go to the margins, to the growing columns up to their limit, then between all columns.
    """
    remaining = list(columns)
    while len(remaining) > 1 and _needed(remaining) > width:
        leaving = [column for column in remaining if column.drop_order]
        if leaving:
            remaining.remove(min(leaving, key=lambda column: column.drop_order))
        else:
            remaining = _squeezed(remaining, width)
            break
    spare = width - _needed(remaining)
    if spare < 0:
        if remaining:
            remaining[-1] = replace(remaining[-1], width=remaining[-1].width + spare)
        spare = 0
    left = 1 if spare > 1 else 0
    widened, spare = _widened(remaining, spare - 2 * left)
    between = len(remaining) - 1
    gap = 1 + min(spare // between, MAX_COLUMN_GAP - 1) if between else 1
    spare -= (gap - 1) * between
    if widened and widened[-1].grows and spare < between:
        widened[-1] = replace(widened[-1], width=widened[-1].width + spare)
    fitted = tuple(
        column if column.read_at_width is None else _sized(column, column.read_at_width) for column in widened
    )
    return Layout(fitted, left, width, len(columns) - len(remaining), gap)


def _widened(columns: Sequence[Column[RowT]], spare: int) -> tuple[list[Column[RowT]], int]:
    """The columns with the spare cells added to the growing ones, and the cells that remain."""
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


def _sized(column: Column[RowT], sized: Callable[[RowT, int], Any]) -> Column[RowT]:
    width = column.width
    return replace(column, read=lambda row: sized(row, width))


def _painted_muted(paint: Callable[[Any], CellLike], reading: Any) -> CellLike:
    return muted_cell(paint(reading))


def _needed(columns: Sequence[Column[RowT]]) -> int:
    return sum(column.width for column in columns) + len(columns) - 1


def _squeezed(columns: list[Column[RowT]], width: int) -> list[Column[RowT]]:
    """Columns that are never dropped but do not fit: the growing one shrinks, then the last ones go."""
    remaining = list(columns)
    while True:
        over = _needed(remaining) - width
        growing = next((place for place, column in enumerate(remaining) if column.grows), None)
        if growing is not None:
            least = max(min(_MIN_FLEXIBLE_WIDTH, remaining[growing].width), remaining[growing].width - over)
            over -= remaining[growing].width - least
            squeezed = remaining[:]
            squeezed[growing] = replace(remaining[growing], width=least)
            if over <= 0 or len(remaining) == 1:
                return squeezed
        elif over <= 0 or len(remaining) == 1:
            return remaining
        remaining.pop()


def fit_pieces(cell: CellLike, width: int, justify: str) -> list[tuple[str, str]]:
    """A cell's pieces of text and tone, cut and padded to exactly `width` terminal cells."""
    pieces = (cell,) if isinstance(cell, Cell) else cell
    fitted: list[tuple[str, str]] = []
    available = width
    for piece in pieces:
        size = cell_len(piece.text)
        if size > available:
            if available > 0:
                fitted.append((fit_text(piece.text, available), piece.style))
            available = 0
            break
        if size:
            fitted.append((piece.text, piece.style))
            available -= size
    if available:
        padding = (" " * available, "")
        return [padding, *fitted] if justify == "right" else [*fitted, padding]
    return fitted


def fit_text(text: str, width: int) -> str:
    """Text in exactly `width` terminal cells; an ellipsis marks a cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    if width <= 1:
        return "…"[:width]
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)


def row_strip(cells: Sequence[CellLike], layout: Layout[RowT], palette: Palette, ground: Style) -> Strip:
    """One line of the table: every cell in its column, on `ground`, as wide as the layout."""
    pieces: list[tuple[str, str]] = [(" " * layout.left, "")] if layout.left else []
    gap = " " * layout.gap
    available = layout.width - layout.left
    for place, (column, cell) in enumerate(zip(layout.columns, cells, strict=True)):
        if place:
            pieces.append((gap, ""))
            available -= layout.gap
        pieces.extend(fit_pieces(cell, column.width, column.justify))
        available -= column.width
    if available < 0:
        return strip_of(pieces, layout.width, palette, ground)
    pieces.append((" " * available, ""))
    return Strip(_segments(pieces, palette, ground), layout.width)


def strip_of(pieces: Sequence[tuple[str, str]], width: int, palette: Palette, ground: Style) -> Strip:
    """A strip of pieces of text and tone, cut or padded to `width` cells."""
    return Strip(_segments(pieces, palette, ground)).adjust_cell_length(width, ground)


def _segments(pieces: Sequence[tuple[str, str]], palette: Palette, ground: Style) -> list[Segment]:
    """The pieces on a background, blanks joined to a neighbour."""
    segments: list[Segment] = []
    text, tone, is_blank = "", "", True
    for more, next_tone in pieces:
        if next_tone == tone:
            text += more
            is_blank = is_blank and not more.strip(" ")
        elif not more.strip(" ") and not _is_visible_on_spaces(tone) and not _is_visible_on_spaces(next_tone):
            text += more
        elif is_blank and not _is_visible_on_spaces(tone) and not _is_visible_on_spaces(next_tone):
            text, tone, is_blank = text + more, next_tone, False
        else:
            if text:
                segments.append(Segment(text, _on(ground, palette.style(tone))))
            text, tone, is_blank = more, next_tone, not more.strip(" ")
    if text:
        segments.append(Segment(text, _on(ground, palette.style(tone))))
    return segments


def _on(ground: Style, tone: Style) -> Style:
    """A tone on a background. A reversed background has no colours; a reversed tone on it is not reversed."""
    if not ground.reverse:
        return ground + tone
    return ground + Style(bold=tone.bold, underline=tone.underline, reverse=not tone.reverse)


@lru_cache(maxsize=1_024)
def _is_visible_on_spaces(tone: str) -> bool:
    return any(word in tone for word in _VISIBLE_ON_SPACES)
