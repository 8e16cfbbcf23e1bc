"""Base of the screens of one table with a summary line: positions, trades, statistics."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nof1tui.domain.board import Board
from nof1tui.domain.figures.explanation import explain
from nof1tui.tui.columns.looks import tab_separated_row
from nof1tui.tui.screens.board_screen import BoardScreen, season_title
from nof1tui.tui.style import format as fmt
from nof1tui.tui.table.filtering import matcher
from nof1tui.tui.table.layout import Column, RowT
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.text.empty_states import EmptyStateText, no_match_text
from nof1tui.tui.text.explanation import explanation_parts


def toned_figure(label: str, figure: str, tone: str) -> Content:
    """A label and its figure, the figure in its tone."""
    return Content.assemble(f"{label} ", (figure, f"${tone}" if tone else "$foreground"))


def fit_summary(parts: Sequence[tuple[int, Content]], width: int) -> Content:
    """The (weight, text) parts joined by dots; parts of the lowest weight are dropped to fit `width`."""
    shown = list(parts)
    dot = Content.styled(" · ", "$frame")
    while len(shown) > 1 and sum(part.cell_length + 3 for _, part in shown) - 3 > width:
        shown.remove(min(shown, key=lambda part: part[0]))
    return dot.join(part for _, part in shown)


class SummaryLine(Static):
    """One line under a table; repainted only when its text changes."""

    DEFAULT_CSS = """
    SummaryLine { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; color: $muted; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.text = Content("")

    def show(self, text: Content) -> None:
        if not text.is_same(self.text):
            self.text = text
            self.update(text, layout=False)


class TableScreen(BoardScreen, Generic[RowT]):
    """Filter, sort, highlight and summary of rows that a subclass builds from a board."""

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        *,
        key: Callable[[RowT], str],
        is_muted: Callable[[RowT], bool] = lambda row: False,
        with_summary: bool = True,
    ) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._table: LiveTable[RowT] = LiveTable(self._columns, key=key, is_muted=is_muted)
        self._table.styles.height = "1fr"
        self._summary_line = SummaryLine()
        self._summary_line.display = with_summary
        self._inputs: tuple[object, ...] = ()
        self._all_rows: tuple[RowT, ...] = ()
        self._rows: tuple[RowT, ...] = ()

    @abstractmethod
    def row_inputs(self, board: Board) -> tuple[object, ...]:
        """The parts of the board and of this screen the rows are built from; compared by identity."""

    @abstractmethod
    def build_rows(self, board: Board) -> Sequence[RowT]:
        """The rows of a board, in the order shown when no column sorts them."""

    @abstractmethod
    def filter_text(self, row: RowT) -> str:
        """The text of a row that the filter matches against."""

    def row_predicate(self, pattern: str) -> Callable[[RowT], bool]:
        """Whether a row matches this filter."""
        passes = matcher(pattern)
        return lambda row: passes(self.filter_text(row))

    def table_rows(self, rows: Sequence[RowT]) -> Sequence[RowT]:
        """The table's rows for the rows that match: the same, or with rows for their groups."""
        return rows

    def summary(self, rows: Sequence[RowT]) -> Content:
        """Text of the summary line for the rows that match the filter."""
        return Content("")

    def compose_body(self) -> Iterable[Widget]:
        return self._table, self._summary_line

    @property
    def default_focus(self) -> Widget:
        return self._table

    @property
    def table(self) -> LiveTable[Any]:
        return self._table

    @property
    def shown_rows(self) -> tuple[RowT, ...]:
        """The rows that match the filter, in table order."""
        return tuple(self._table.shown)

    def paint(self, board: Board | None) -> None:
        self.bar.set_heading(season_title(board, self.size.width))
        if board is not None:
            self.bar.ticker.show(board.prices)
            inputs = (*self.row_inputs(board), self.filter.value, self.size.width)
            if not _same(inputs, self._inputs):
                self._inputs = inputs
                self._all_rows = tuple(self.build_rows(board))
                self._rows = tuple(filter(self.row_predicate(self.filter.value), self._all_rows))
                self._table.show_rows(self.table_rows(self._rows))
                self._summary_line.show(self.summary(self._rows))
        self._update_footer()

    @property
    def empty_state(self) -> EmptyStateText:
        """Text of the empty table: why it has no rows, or that no row matches the filter."""
        if self._all_rows and self.pattern:
            return (no_match_text(self.pattern, len(self._all_rows)),)
        return super().empty_state

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._update_footer)

    def _update_footer(self) -> None:
        hidden = self._table.hidden_columns if self._table.size.width else 0
        pattern, matching = self.pattern, len(self._rows)
        self.footer.show(
            f"/{pattern} {matching:,} of {len(self._all_rows):,}" if pattern else "",
            *self.status_texts,
            f"+{hidden} column{'s' if hidden > 1 else ''} hidden" if hidden else "",
        )

    @property
    def status_texts(self) -> Sequence[str]:
        """Further texts of the footer, such as a failed or running read."""
        return ()

    # Keys

    def action_move_column(self, steps: int) -> None:
        self._table.move_column_cursor(steps)

    def copy_text(self) -> str:
        row = self._table.highlighted
        return tab_separated_row(self._columns, row) if row is not None else ""

    def open(self, row: RowT) -> None:
        """Open a row's details; called by enter without a chosen column. Nothing by default."""

    @on(LiveTable.Selected)
    def _selected(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        row = self._table.highlighted
        if row is not None and not self._explain_cell(row):
            self.open(row)

    def _explain_cell(self, row: RowT) -> bool:
        """Open the explanation of the chosen column's number; False where no such column is chosen."""
        column, views = self._table.chosen_column, self.views_of(row)
        if column is None or column.figure is None or not column.figure.is_numeric or not views:
            return False
        figure, view = column.figure, views[0]
        account, context = view.subject.account, self.context
        name = context.identities.identity_of(account).name if account else ""
        title = " › ".join(part for part in (name, fmt.sanitise_line(view.subject.coin or "", 24)) if part)
        text = Content.assemble(*explanation_parts(explain(figure, view)))
        context.detail.show_text(f"explain:{figure.key}", Content(title or figure.title), text, account)
        context.open_page("detail")
        return True

    def action_back(self) -> None:
        """Clear the filter, else the chosen column, else return to the Arena screen."""
        if self.filter.value:
            self.filter.close(kept=False)
        elif self._table.chosen_column is not None:
            self._table.move_column_cursor(0)
        else:
            self.context.action_show("arena")


def _same(new: tuple[object, ...], old: tuple[object, ...]) -> bool:
    return len(new) == len(old) and all(one is other for one, other in zip(new, old, strict=True))
