"""Tables for people: numbers to the right, gains and losses marked by a sign, no markup parsed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from nof1tui.domain.sanitisation import sanitise

PIPE_WIDTH = 10_000
"""Cells of a line in a pipe: nothing is cut, no column is left out."""
_COLUMN_GAP = 2
"""Cells."""
_MIN_TEXT_WIDTH = 24
"""Cells that a wrapped text column needs."""


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """Title and cell text of a column, and how it is laid out."""

    title: str
    cell: Callable[[Any], str]
    drop_order: float = 100
    """Columns with the lowest number are left out first where the terminal is narrow; 100 and above never."""
    align_right: bool = True
    signed: bool = False
    """Coloured by its sign, which is part of the text."""
    wraps: bool = False
    """Whether the text may take several lines."""
    style_of: Callable[[Any], str | None] | None = None
    """Style of a cell by its row."""


class Printer:
    """Prints to stdout, in the width of the terminal; without a limit in a pipe."""

    def __init__(self, width: int | None = None) -> None:
        self._piped = width is None and not sys.stdout.isatty()
        self._console = Console(
            file=sys.stdout,
            width=PIPE_WIDTH if self._piped else width,
            markup=False,
            highlight=False,
            emoji=False,
        )

    def print_line(self, text: str) -> None:
        self._print(Text(sanitise(text)))

    def print_table(
        self,
        columns: Sequence[PrintedColumn],
        rows: Sequence[Any],
        *,
        muted: Callable[[Any], bool] = lambda row: False,
    ) -> None:
        """Print the columns that fit, and how many are left out; muted rows are dim."""
        texts = {column.title: [sanitise(column.cell(row)) for row in rows] for column in columns}
        shown = _fitting(columns, texts, self._console.width)
        table = Table(
            box=None if self._piped else box.SIMPLE_HEAD,
            padding=(0, _COLUMN_GAP, 0, 0) if self._piped else (0, _COLUMN_GAP - 1, 0, 0),
            pad_edge=False,
            show_edge=False,
            header_style="bold",
        )
        for column in shown:
            table.add_column(
                Text(column.title),
                justify="right" if column.align_right else "left",
                no_wrap=not column.wraps,
                overflow="fold" if column.wraps else "ellipsis",
            )
        for index, row in enumerate(rows):
            cells = (_styled(column, texts[column.title][index], row) for column in shown)
            table.add_row(*cells, style="dim" if muted(row) else "")
        self._print(table)
        hidden = len(columns) - len(shown)
        if hidden:
            self.print_line(f"+{hidden} columns left out; --json has all.")

    def _print(self, renderable: RenderableType) -> None:
        """Print without trailing blanks."""
        with self._console.capture() as capture:
            self._console.print(renderable)
        lines = (line.rstrip() for line in capture.get().splitlines())
        sys.stdout.write("".join(f"{line}\n" for line in lines))


def _styled(column: PrintedColumn, text: str, row: Any) -> Text:
    if column.style_of is not None:
        return Text(text, style=column.style_of(row) or "")
    styles = {"+": "green", "-": "red"} if column.signed else {}
    return Text(text, style=styles.get(text[:1], ""))


def _fitting(
    columns: Sequence[PrintedColumn], texts: dict[str, list[str]], width: int
) -> list[PrintedColumn]:
    """The columns that fit into the width, in order."""
    widths = {
        column.title: min(
            max(cell_len(text) for text in (column.title, *texts[column.title])),
            _MIN_TEXT_WIDTH if column.wraps else PIPE_WIDTH,
        )
        for column in columns
    }
    shown = list(columns)
    while sum(widths[column.title] + _COLUMN_GAP for column in shown) - _COLUMN_GAP > width:
        first_to_drop = min(shown, key=lambda column: (column.drop_order, -columns.index(column)))
        if first_to_drop.drop_order >= 100:
            break
        shown.remove(first_to_drop)
    return shown
