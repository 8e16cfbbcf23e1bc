"""The lines of a table, each kept as a strip until its cells or its ground are others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from rich.style import Style
from textual.strip import Strip

from nof1tui.tui.style.cells import Cell, CellLike, Palette
from nof1tui.tui.table.layout import Column, Layout, RowT, row_strip
from nof1tui.tui.table.order import SortOrder

_HEADER, _ROW, _WORDS = "header", "row", "words"


@dataclass(frozen=True, slots=True)
class TableStyles:
    """What a theme makes of the table's parts."""

    palette: Palette
    ground: Style
    header: Style
    highlight: Style


@dataclass(slots=True)
class _Line:
    """A line as it was last made, and for which feeding of rows its cells were last looked at."""

    cells: tuple[CellLike, ...]
    ground: Style
    strip: Strip
    fed: int


class TableLineCache(Generic[RowT]):
    """Makes lines, and makes them again only when they have become others."""

    def __init__(self, key: Callable[[RowT], Hashable]) -> None:
        self._key = key
        self._fed = 0
        self._lines: dict[Hashable, _Line] = {}
        self.chosen_column: str | None = None
        """Key of the column whose cells are pointed at; None while none is."""

    def mark_stale(self) -> None:
        """The rows may have become others: their cells must be looked at."""
        self._fed += 1

    def clear(self) -> None:
        """Make every line anew."""
        self._lines.clear()

    def trim(self, height: int) -> None:
        """Of very many lines keep those made last: some views of this height."""
        if len(self._lines) > 4 * height + 64:
            for name in list(self._lines)[: -2 * height]:
                del self._lines[name]

    def header(self, order: SortOrder[RowT], layout: Layout[RowT], tones: TableStyles) -> Strip:
        titles = self._pointing([order.title(column) for column in layout.columns], layout, "underline")
        return self._line((_HEADER,), titles, layout, tones.header, tones.palette)

    def row(self, row: RowT, layout: Layout[RowT], tones: TableStyles, *, highlighted: bool) -> Strip:
        name = (_ROW, self._key(row))
        ground = tones.highlight if highlighted else tones.ground
        kept = self._lines.get(name)
        if kept is not None and kept.fed == self._fed and kept.ground is ground:
            return kept.strip
        cells = tuple(column.render(row) for column in layout.columns)
        if highlighted:
            cells = self._pointing(cells, layout, "reverse")
        return self._line(name, cells, layout, ground, tones.palette)

    def message(self, words: Cell, layout: Layout[RowT], tones: TableStyles) -> Strip:
        """A line that is no row: what stands where there is none."""
        alone = Layout((_message_column(layout.width),), 0, layout.width)
        return self._line((_WORDS, words.text), (words,), alone, tones.ground, tones.palette)

    def _pointing(self, cells: Sequence[CellLike], layout: Layout[RowT], tone: str) -> tuple[CellLike, ...]:
        """The cells, that of the chosen column in this tone as well."""
        return tuple(
            cell if column.key != self.chosen_column else _toned_cell(cell, tone)
            for column, cell in zip(layout.columns, cells, strict=True)
        )

    def _line(
        self,
        name: tuple[Hashable, ...],
        cells: tuple[CellLike, ...],
        layout: Layout[Any],
        ground: Style,
        palette: Palette,
    ) -> Strip:
        """The strip of this line; the one it had, as long as its cells and its ground are the same."""
        kept = self._lines.get(name)
        if kept is not None and kept.ground is ground and kept.cells == cells:
            kept.fed = self._fed
            return kept.strip
        strip = row_strip(cells, layout, palette, ground)
        self._lines.pop(name, None)
        self._lines[name] = _Line(cells, ground, strip, self._fed)
        return strip


def _toned_cell(cell: CellLike, tone: str) -> CellLike:
    pieces = (cell,) if isinstance(cell, Cell) else cell
    return tuple(Cell(piece.text, f"{piece.style} {tone}") for piece in pieces)


def _message_column(width: int) -> Column[Any]:
    return Column("", "", width, lambda words: words, justify="left")
