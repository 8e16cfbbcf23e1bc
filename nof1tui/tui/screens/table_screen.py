"""A screen that is one table with its sums: positions, trades, statistics."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nof1tui.domain.board import Board
from nof1tui.tui.columns.arena import tab_separated_row
from nof1tui.tui.screens.board_screen import BoardScreen, season_title
from nof1tui.tui.table.filtering import matcher
from nof1tui.tui.table.layout import Column, RowT
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.text.empty_states import EmptyStateText, no_match_text


def toned_figure(word: str, figure: str, tone: str) -> Content:
    """A word and its figure, the figure in its tone."""
    return Content.assemble(f"{word} ", (figure, f"${tone}" if tone else "$foreground"))


def fit_summary(parts: Sequence[tuple[int, Content]], width: int) -> Content:
    """These parts with dots between; where there is no room, those of the least weight leave first."""
    kept = list(parts)
    dot = Content.styled(" · ", "$frame")
    while len(kept) > 1 and sum(part.cell_length + 3 for _, part in kept) - 3 > width:
        kept.remove(min(kept, key=lambda part: part[0]))
    return dot.join(part for _, part in kept)


class SummaryLine(Static):
    """One line under a table; repainted only when its words change."""

    DEFAULT_CSS = """
    SumsLine { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; color: $muted; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.text = Content("")

    def show(self, words: Content) -> None:
        if not words.is_same(self.text):
            self.text = words
            self.update(words, layout=False)


class TableScreen(BoardScreen, Generic[RowT]):
    """Filter, order, highlight and sums over rows that a subclass makes of a board."""

    def __init__(
        self, columns: Sequence[Column[RowT]], *, key: Callable[[RowT], str], with_sums: bool = True
    ) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._table: LiveTable[RowT] = LiveTable(self._columns, key=key)
        self._table.styles.height = "1fr"
        self._sums = SummaryLine()
        self._sums.display = with_sums
        self._made_of: tuple[object, ...] = ()
        self._all: tuple[RowT, ...] = ()
        self._rows: tuple[RowT, ...] = ()

    @abstractmethod
    def row_inputs(self, board: Board) -> tuple[object, ...]:
        """What of a board (and of this screen) the rows are made of; compared by identity."""

    @abstractmethod
    def build_rows(self, board: Board) -> Sequence[RowT]:
        """The rows of a board, in the order in which they stand when nothing sorts them."""

    @abstractmethod
    def filter_text(self, row: RowT) -> str:
        """What the filter looks at."""

    def row_predicate(self, pattern: str) -> Callable[[RowT], bool]:
        """Which rows pass this filter."""
        passes = matcher(pattern)
        return lambda row: passes(self.filter_text(row))

    def table_rows(self, rows: Sequence[RowT]) -> Sequence[RowT]:
        """What stands in the table for the rows that pass: they, or lines of their groups as well."""
        return rows

    def summary(self, rows: Sequence[RowT]) -> Content:
        """What the line under the table says about the rows that pass the filter."""
        return Content("")

    def compose_body(self) -> Iterable[Widget]:
        return self._table, self._sums

    @property
    def default_focus(self) -> Widget:
        return self._table

    @property
    def table(self) -> LiveTable[Any]:
        return self._table

    @property
    def shown_rows(self) -> tuple[RowT, ...]:
        """The rows that pass the filter, in the order of the table."""
        return tuple(self._table.shown)

    def paint(self, board: Board | None) -> None:
        self.bar.set_heading(season_title(board, self.size.width))
        if board is not None:
            self.bar.ticker.show(board.prices)
            made_of = (*self.row_inputs(board), self.filter.value, self.size.width)
            if not _same(made_of, self._made_of):
                self._made_of = made_of
                self._all = tuple(self.build_rows(board))
                self._rows = tuple(filter(self.row_predicate(self.filter.value), self._all))
                self._table.show_rows(self.table_rows(self._rows))
                self._sums.show(self.summary(self._rows))
        self._say_state()

    @property
    def empty_state(self) -> EmptyStateText:
        """That there is nothing and why, or that the filter lets nothing pass."""
        if self._all and self.pattern:
            return no_match_text(self.pattern), f"{len(self._all):,} without it."
        return super().empty_state

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._say_state)

    def _say_state(self) -> None:
        hidden = self._table.hidden_columns if self._table.size.width else 0
        pattern, left = self.pattern, len(self._rows)
        self.footer.show(
            f"/{pattern} {left:,} of {len(self._all):,}" if pattern else "",
            *self.status_texts,
            f"+{hidden} column{'s' if hidden > 1 else ''} hidden" if hidden else "",
        )

    @property
    def status_texts(self) -> Sequence[str]:
        """What else the last line says: that something is missing, or on its way."""
        return ()

    # Keys

    def action_move_column(self, steps: int) -> None:
        self._table.move_column_cursor(steps)

    def copy_text(self) -> str:
        row = self._table.highlighted
        return tab_separated_row(self._columns, row) if row is not None else ""

    def open(self, row: RowT) -> None:
        """What enter does on a row."""

    @on(LiveTable.Selected)
    def _selected(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        row = self._table.highlighted
        if row is not None:
            self.open(row)

    def action_back(self) -> None:
        """Undo one thing: the filter, the chosen column, then the screen."""
        if self.filter.value:
            self.filter.close(kept=False)
        elif self._table.has_chosen_column:
            self._table.move_column_cursor(0)
        else:
            self.context.action_show("arena")


def _same(new: tuple[object, ...], old: tuple[object, ...]) -> bool:
    return len(new) == len(old) and all(one is other for one, other in zip(new, old, strict=True))
