"""Rows as tables for people: numbers to the right, every sign told by a character, no markup parsed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from nof1tui.domain.export.rows import ExportRow
from nof1tui.domain.sanitisation import sanitise

PIPE_WIDTH = 10_000
"""Width where nobody looks but a pipe: nothing is cut, nothing left out."""
_COLUMN_GAP = 2
"""Cells between columns."""
_MIN_TEXT_WIDTH = 24
"""Cells that a text column needs to be of use."""


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """One column: its title and what it says of a row."""

    title: str
    cell: Callable[[ExportRow], str]
    drop_order: int = 100
    """Columns of the least weight leave first when there is no room."""
    align_right: bool = True
    signed: bool = False
    """Coloured by its sign; the sign itself is always told."""
    wraps: bool = False
    """A text that may take several lines."""
    style_of: Callable[[ExportRow], str | None] | None = None
    """The colour of a row's own."""


class Printer:
    """Writes to stdout, as wide as the terminal; in a pipe as wide as it takes."""

    def __init__(self, width: int | None = None) -> None:
        self._piped = width is None and not sys.stdout.isatty()
        self._console = Console(
            file=sys.stdout,
            width=PIPE_WIDTH if self._piped else width,
            markup=False,
            highlight=False,
            emoji=False,
        )

    def print_line(self, words: str) -> None:
        self._print(Text(sanitise(words)))

    def print_table(self, columns: Sequence[PrintedColumn], rows: Sequence[ExportRow]) -> None:
        """The columns that fit, and how many do not."""
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
            dim = "dim" if row.get("rank", 0) is None else ""
            cells = (_styled(column, texts[column.title][index], row) for column in shown)
            table.add_row(*cells, style=dim)
        self._print(table)
        hidden = len(columns) - len(shown)
        if hidden:
            self.print_line(f"+{hidden} columns hidden for lack of room; --json has all.")

    def _print(self, what: RenderableType) -> None:
        """Without the blanks that fill a table's last column."""
        with self._console.capture() as printed:
            self._console.print(what)
        lines = (line.rstrip() for line in printed.get().splitlines())
        sys.stdout.write("".join(f"{line}\n" for line in lines))


def _styled(column: PrintedColumn, text: str, row: ExportRow) -> Text:
    if column.style_of is not None:
        return Text(text, style=column.style_of(row) or "")
    styles = {"+": "green", "-": "red"} if column.signed else {}
    return Text(text, style=styles.get(text[:1], ""))


def _fitting(
    columns: Sequence[PrintedColumn], texts: dict[str, list[str]], width: int
) -> list[PrintedColumn]:
    """Leave out the columns of least weight until the rest fits."""
    needs = {
        column.title: min(
            max(cell_len(text) for text in (column.title, *texts[column.title])),
            _MIN_TEXT_WIDTH if column.wraps else PIPE_WIDTH,
        )
        for column in columns
    }
    shown = list(columns)
    while sum(needs[column.title] + _COLUMN_GAP for column in shown) - _COLUMN_GAP > width:
        lightest = min(shown, key=lambda column: (column.drop_order, -columns.index(column)))
        if lightest.drop_order >= 100:
            break
        shown.remove(lightest)
    return shown
