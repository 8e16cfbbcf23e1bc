"""Base of the monitor's screens: shows boards, handles filter, copy and export; never fetches."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from nof1tui.domain.board import Board
from nof1tui.domain.export.documents import Document
from nof1tui.domain.records import Feed
from nof1tui.tui.context import ScreenContext
from nof1tui.tui.keys import KeyScope, key_bindings_in
from nof1tui.tui.panes.filter_input import FilterInput
from nof1tui.tui.panes.footer import FooterLine
from nof1tui.tui.panes.notice import Notice, notice_text
from nof1tui.tui.panes.status import status_parts
from nof1tui.tui.panes.top_bar import TopBar
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import cell_text
from nof1tui.tui.table.export import TableExport, write_export
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.text.empty_states import EmptyStateText, empty_state, stopped_state


class BoardScreen(Screen[None]):
    """Top bar, notice, body, filter and footer. A subclass provides and paints the body.

    There is one instance per app; only the visible screen is painted.
    """

    key_scopes: ClassVar[tuple[KeyScope, ...]]
    """Scopes of its key bindings; the first is the screen's name."""
    ALLOW_SELECT = False

    def __init__(self, *, with_ticker: bool = True) -> None:
        super().__init__()
        self.bar = TopBar(with_ticker=with_ticker)
        self.notice = Notice()
        self.filter = FilterInput()
        self.footer = FooterLine(
            (*key_bindings_in(*self.key_scopes), *key_bindings_in("everywhere")), here=self.key_scopes[0]
        )

    @abstractmethod
    def compose_body(self) -> Iterable[Widget]:
        """The widgets between the notice and the filter."""

    @property
    @abstractmethod
    def default_focus(self) -> Widget:
        """The widget with the initial focus, and after the filter is closed."""

    @property
    @abstractmethod
    def table(self) -> LiveTable[Any]:
        """The table that sort, copy and export apply to."""

    @abstractmethod
    def copy_text(self) -> str:
        """The highlighted row as text; empty without one."""

    @abstractmethod
    def paint(self, board: Board | None) -> None:
        """Update the body from this board, where it changed."""

    feed: ClassVar[Feed] = Feed.ACCOUNTS
    """The feed of the table's records; its health explains an empty table."""
    document: ClassVar[Document]
    """The document that the table's rows are exported as."""
    empty_title: ClassVar[str]
    """Headline of the empty table when the feed has responded without records."""

    @property
    def empty_state(self) -> EmptyStateText:
        """Text of the table while it has no row."""
        context = self.context
        board, stopped = context.board, context.stopped
        if stopped is not None and (board is None or board.as_of is None):
            return stopped_state(self.empty_title, stopped)
        if board is None:
            return context.waiting_text
        return empty_state(board, self.feed, self.empty_title, context.waiting_text, context.clock())

    def distribute_space(self) -> None:
        """Set the sizes of the body's widgets; nothing by default."""

    @property
    def context(self) -> ScreenContext:
        """The app as screens see it."""
        return cast("ScreenContext", self.app)

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.notice
        yield from self.compose_body()
        yield self.filter
        yield self.footer

    def on_mount(self) -> None:
        self.watch(self.app, "board", self.show_board)
        self.default_focus.focus()

    def on_screen_resume(self) -> None:
        self.repaint_board()

    def on_resize(self) -> None:
        self.repaint_board()

    def show_board(self, board: Board | None) -> None:
        """Paint this board if this screen is visible."""
        if self.context.visible_screen is self and self.is_mounted:
            self.paint(board)
            self.tick(self.context.clock())

    def repaint_board(self) -> None:
        """Paint the current board again, after a change of the screen's own state."""
        if self.is_mounted:
            self.distribute_space()
            self.show_board(self.context.board)

    def tick(self, now: datetime) -> None:
        """Update status corner, price ages, notice and empty state for this moment."""
        board = self.context.board
        self.bar.status_corner.show(status_parts(board, now, self.context.status, self.status_width))
        if board is not None:
            self.bar.ticker.update_age(board.health.upstream_time(now), live=board.as_of is None)
        had_notice = self.notice.display
        self.notice.show(notice_text(self.context.newest, now, self.context.stopped))
        if not self.table.shown:
            self.table.set_empty_state(self.empty_state)
        if self.notice.display is not had_notice:
            self.distribute_space()

    @property
    def status_width(self) -> int:
        """Cells that the status corner may take."""
        width = self.size.width
        return max(12, width * 2 // 5 if width >= 60 else width - 7)

    @property
    def pattern(self) -> str:
        """The filter in force, shortened for the footer; empty without one."""
        return fmt.sanitise_line(self.filter.value.strip(), 24)

    # Keys

    def action_sort_next(self) -> None:
        self.table.sort_next()

    def action_sort_reverse(self) -> None:
        self.table.sort_reverse()

    def action_copy_row(self) -> None:
        if text := self.copy_text():
            self.context.copy_to_terminal(text, "Row")

    def action_copy_cell(self) -> None:
        """Copy the cell of the chosen column; in a list without columns its whole entry."""
        table = self.table
        if self.focused is not table:
            self.action_copy_row()
        elif table.highlighted is not None and (column := table.active_column) is not None:
            title = fmt.sanitise_line(column.title) or column.key
            self.context.copy_to_terminal(cell_text(column.render(table.highlighted)).strip(), title)

    def build_export(self) -> TableExport:
        """The rows of the filtered table, as `show --json` has them."""
        return TableExport(self.document, [view for row in self.table.shown for view in self.views_of(row)])

    def views_of(self, row: Any) -> Sequence[Any]:
        """The views of a row of the table: that of its record, none for a row of totals."""
        return () if row.view is None else (row.view,)

    def action_export(self) -> None:
        export = self.build_export()
        if export.views:
            self.run_worker(self._write(export), group="export")
        else:
            self.context.show_message("Nothing to export.")

    async def _write(self, export: TableExport) -> None:
        board, now = self.context.board, self.context.clock()
        export = replace(export, as_of=board.as_of if board else None, source=self.context.source)
        try:
            path = await asyncio.to_thread(write_export, export, Path.cwd(), now)
        except FileExistsError as error:
            self.context.show_message(f"Not exported: {error.filename} already exists.")
        except OSError as error:
            self.context.show_message(f"Not exported: {error.strerror or error}.")
        else:
            count = len(export.views)
            self.context.show_message(f"{count:,} row{'s' if count != 1 else ''} in {path} and .json")

    def action_filter(self) -> None:
        self.filter.open()
        self.distribute_space()

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self.repaint_board()

    @on(FilterInput.Closed)
    def _filter_closed(self) -> None:
        self.default_focus.focus()
        self.repaint_board()


def season_title(board: Board | None, width: int) -> Content:
    """Program name, season and day of the season; the program name alone when narrow."""
    parts: list[str | tuple[str, str]] = [("nof1", "$accent bold")]
    if board is not None and board.season is not None and width >= _MIN_WIDTH_FOR_SEASON:
        parts += ["  ", fmt.sanitise_line(board.season.name, 28)]
        starts_at = _starts_at(board)
        if starts_at is not None and board.newest_at is not None:
            day = (board.newest_at - starts_at).days + 1
            if day > 0:
                parts.append((f" · day {day}", "$muted"))
    return Content.assemble(*parts)


def _starts_at(board: Board) -> datetime | None:
    """Start of the season: as reported, else its first account's inception, else its first record."""
    if board.season is not None and board.season.starts_at is not None:
        return board.season.starts_at
    starts = [inception.inception_at for inception in board.inceptions.values()]
    starts = starts or [
        datetime.fromtimestamp(curve.times[0], UTC) for curve in board.curves.values() if curve.times
    ]
    return min(starts, default=None)


_MIN_WIDTH_FOR_SEASON = 56
