"""Base of the screens of one table of records, newest first, with older ones read from the store."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic

from textual import on

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History, PageCursor, RecordFilter
from nof1tui.tui.paged_records import PagedRecords, RecordT
from nof1tui.tui.screens.table_screen import TableScreen
from nof1tui.tui.table.layout import Column, RowT
from nof1tui.tui.table.live_table import LiveTable

_PAGE_SIZE = 500
_PAGING_DEBOUNCE_S = 0.15
"""Time a moment of the past stays on the screen before older records are read."""


class RecordScreen(TableScreen[RowT], Generic[RecordT, RowT]):
    """Records of the board; older ones are read page by page as the highlight nears the end."""

    loads_all: ClassVar[bool] = False
    """Whether all older records are read, wherever the highlight is."""

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        *,
        key: Callable[[RowT], str],
        stamp: Callable[[RecordT], PageCursor],
        with_summary: bool = True,
    ) -> None:
        super().__init__(columns, key=key, with_summary=with_summary)
        self._paged: PagedRecords[RecordT] = PagedRecords(stamp)
        self._paging_failure = ""
        self._board: Board | None = None
        """The board shown; None while this screen is not visible."""
        self._record_inputs: tuple[object, object, object] = (None, None, None)

    @abstractmethod
    def record_source(self, board: Board) -> object:
        """The part of a board that holds its records; compared by identity."""

    @abstractmethod
    def board_records(self, board: Board) -> Sequence[RecordT]:
        """The board's records, newest first."""

    @abstractmethod
    async def read_page(
        self, history: History, wanted: RecordFilter, after: PageCursor | None
    ) -> Sequence[RecordT]:
        """A page of the store, newest first. Raises StoreUnavailable."""

    @abstractmethod
    def build_row(self, record: RecordT) -> RowT:
        """The table row of a record."""

    @abstractmethod
    def account_of(self, row: RowT) -> AccountKey | None:
        """The account the record belongs to, or None."""

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return self.update_records(board), self._paged.is_complete, self.context.identities

    def update_records(self, board: Board) -> tuple[RecordT, ...]:
        """All records loaded so far, including the board's."""
        self._board = board
        inputs = (self.record_source(board), board.season, board.as_of)
        if not all(new is old for new, old in zip(inputs, self._record_inputs, strict=True)):
            self._record_inputs = inputs
            season = board.season.slug if board.season else None
            self._paged.update(self.board_records(board), (season, board.as_of))
        return self._paged.records

    def build_rows(self, board: Board) -> Sequence[RowT]:
        return [self.build_row(record) for record in self._paged.records]

    def paint(self, board: Board | None) -> None:
        super().paint(board)
        self._load_older_if_near_end()

    def on_screen_suspend(self) -> None:
        """Drop the board: a hidden screen would keep its curves in memory."""
        self._board = None

    def count_text(self, noun: str, number: int) -> str:
        """`500+ trades`: a count with its noun, with a `+` while the store may have more."""
        more = "" if self._paged.is_complete or self.context.history is None else "+"
        return f"{number:,}{more} {noun}{'' if number == 1 and not more else 's'}"

    @property
    def status_texts(self) -> Sequence[str]:
        return [self._paging_failure] if self._paging_failure else []

    # Older records

    @on(LiveTable.Highlighted)
    def _load_older_if_near_end(self) -> None:
        """Read older records if the highlight is near the end of the loaded ones."""
        history = self.context.history
        reading = any(it.node is self and it.group == "older" and it.is_running for it in self.workers)
        if history is not None and not reading and self._needs_more:
            self.run_worker(self._read_older(history), group="older")

    @property
    def _needs_more(self) -> bool:
        table = self.table
        is_near_end = table.cursor_index + 2 * table.size.height >= len(table.shown)
        is_visible = self._board is not None and self.context.visible_screen is self
        return is_visible and not self._paged.is_complete and (self.loads_all or is_near_end)

    async def _read_older(self, history: History) -> None:
        """Read pages older than the board as long as more are needed."""
        settled: Board | None = None
        while self._needs_more and (board := self._board) is not None:
            if settled is None or settled.as_of != board.as_of:
                settled = board
                await asyncio.sleep(_PAGING_DEBOUNCE_S)
                continue
            after = self._paged.next_page_key
            try:
                page = await self.read_page(history, RecordFilter(until=board.as_of, limit=_PAGE_SIZE), after)
            except StoreUnavailable:
                self._paging_failure = "older records unavailable (store offline)"
                self._update_footer()
                return
            self._paging_failure = ""
            if (
                self._board is not None
                and self._board.as_of == board.as_of
                and self._paged.next_page_key == after
            ):
                self._paged.add_page(page)
                self.repaint_board()

    # Keys

    def action_open_trader(self) -> None:
        row = self.table.highlighted
        account = self.account_of(row) if row is not None else None
        if account is not None:
            self.context.open_trader(account)
