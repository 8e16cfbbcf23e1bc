"""The lines of a table as strips, each cached until its cells or its background change."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic

from rich.style import Style
from textual.strip import Strip

from nof1tui.tui.style.cells import Cell, CellLike, Palette
from nof1tui.tui.table.layout import Column, Layout, RowT, row_strip
from nof1tui.tui.table.order import SortOrder

_HEADER, _ROW, _MESSAGE = "header", "row", "message"


@dataclass(frozen=True, slots=True)
class TableStyles:
    """Styles of the table's parts in one theme."""

    palette: Palette
    ground: Style
    header: Style
    highlight: Style


@dataclass(slots=True)
class _Line:
    """A rendered line, and the generation of rows that its readings were last compared with."""

    readings: list[Any]
    """What the cells were painted from."""
    is_muted: bool
    painted: list[CellLike]
    cells: list[CellLike]
    """The painted cells with the chosen one marked."""
    ground: Style
    strip: Strip
    generation: int


class TableLineCache(Generic[RowT]):
    """Renders lines, and formats only the cells whose readings changed.

    Figures of a row for which `is_muted` is true are shown without their tones.
    """

    def __init__(
        self, key: Callable[[RowT], Hashable], is_muted: Callable[[RowT], bool] = lambda row: False
    ) -> None:
        self._key = key
        self._is_muted = is_muted
        self._generation = 0
        self._lines: dict[Hashable, _Line] = {}
        self.chosen_column: str | None = None
        """Key of the chosen column; None without one."""

    def mark_stale(self) -> None:
        """Start a new generation of rows: their readings are compared again."""
        self._generation += 1

    def clear(self) -> None:
        """Drop every line."""
        self._lines.clear()

    def trim(self, height: int) -> None:
        """Keep the lines rendered last when there are more than four views of this height."""
        if len(self._lines) > 4 * height + 64:
            for name in list(self._lines)[: -2 * height]:
                del self._lines[name]

    def header(self, order: SortOrder[RowT], layout: Layout[RowT], tones: TableStyles) -> Strip:
        titles: list[CellLike] = [order.title(column) for column in layout.columns]
        titles = self._with_chosen(titles, layout, "underline")
        return self._line((_HEADER,), titles, layout, tones.header, tones.palette)

    def row(self, row: RowT, layout: Layout[RowT], tones: TableStyles, *, highlighted: bool) -> Strip:
        name = (_ROW, self._key(row))
        ground = tones.highlight if highlighted else tones.ground
        cached = self._lines.get(name)
        if cached is not None and cached.generation == self._generation and cached.ground is ground:
            return cached.strip
        readings, is_muted = [read(row) for read in layout.reads], self._is_muted(row)
        paints = layout.paints(muted=is_muted)
        if cached is None or cached.is_muted is not is_muted:
            painted = [paint(new) for paint, new in zip(paints, readings, strict=True)]
        elif cached.readings == readings:
            painted = cached.painted
        else:
            known = zip(paints, readings, cached.readings, cached.painted, strict=True)
            painted = [cell if new == old else paint(new) for paint, new, old, cell in known]
        cells = self._with_chosen(painted, layout, "reverse") if highlighted else painted
        strip = self._line(name, cells, layout, ground, tones.palette)
        line = self._lines[name]
        line.readings, line.is_muted, line.painted = readings, is_muted, painted
        return strip

    def message(self, text: Cell, layout: Layout[RowT], tones: TableStyles) -> Strip:
        """A line of the text shown in place of rows."""
        alone = Layout((_message_column(layout.width),), 0, layout.width)
        return self._line((_MESSAGE, text.text), [text], alone, tones.ground, tones.palette)

    def _with_chosen(self, cells: list[CellLike], layout: Layout[RowT], tone: str) -> list[CellLike]:
        """The cells, with this tone added to the cell of the chosen column."""
        if self.chosen_column is None:
            return cells
        return [
            cell if column.key != self.chosen_column else _toned_cell(cell, tone)
            for column, cell in zip(layout.columns, cells, strict=True)
        ]

    def _line(
        self,
        name: tuple[Hashable, ...],
        cells: list[CellLike],
        layout: Layout[Any],
        ground: Style,
        palette: Palette,
    ) -> Strip:
        """The strip of this line, cached while its cells and its background are the same."""
        cached = self._lines.get(name)
        if cached is not None and cached.ground is ground and cached.cells == cells:
            cached.generation = self._generation
            return cached.strip
        strip = row_strip(cells, layout, palette, ground)
        self._lines.pop(name, None)
        self._lines[name] = _Line([], False, [], cells, ground, strip, self._generation)
        return strip


def _toned_cell(cell: CellLike, tone: str) -> CellLike:
    pieces = (cell,) if isinstance(cell, Cell) else cell
    return tuple(Cell(piece.text, f"{piece.style} {tone}") for piece in pieces)


def _message_column(width: int) -> Column[Any]:
    return Column("", "", width, lambda cell: cell, justify="left")
