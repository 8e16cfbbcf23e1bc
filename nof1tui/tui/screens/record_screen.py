"""A screen of one table of records, newest first, that goes back as far as the store does."""

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
"""So long a board must stand before the store is asked for what lies behind it."""


class RecordScreen(TableScreen[RowT], Generic[RecordT, RowT]):
    """Records of the board at once; older ones from the store as the highlight comes near the end."""

    loads_all: ClassVar[bool] = False
    """Asks for older records until there are none, whatever is highlighted."""

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        *,
        key: Callable[[RowT], str],
        stamp: Callable[[RecordT], PageCursor],
        with_sums: bool = True,
    ) -> None:
        super().__init__(columns, key=key, with_sums=with_sums)
        self._shelf: PagedRecords[RecordT] = PagedRecords(stamp)
        self._missing = ""
        self._board: Board | None = None
        """The board that is shown; None while this screen is not seen."""
        self._taken_of: tuple[object, object, object] = (None, None, None)

    @abstractmethod
    def record_source(self, board: Board) -> object:
        """What of a board its records are taken of; compared by identity."""

    @abstractmethod
    def board_records(self, board: Board) -> Sequence[RecordT]:
        """The records that a board has, newest first."""

    @abstractmethod
    async def read_page(
        self, history: History, wanted: RecordFilter, after: PageCursor | None
    ) -> Sequence[RecordT]:
        """A page of the store."""

    @abstractmethod
    def build_row(self, record: RecordT) -> RowT:
        """The line of a record."""

    @abstractmethod
    def account_of(self, row: RowT) -> AccountKey | None:
        """Whose record it is; None of what is nobody's."""

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return self.update_records(board), self._shelf.is_complete, self.context.identities

    def update_records(self, board: Board) -> tuple[RecordT, ...]:
        """All records known, those of the board among them."""
        self._board = board
        of = (self.record_source(board), board.season, board.as_of)
        if not all(new is old for new, old in zip(of, self._taken_of, strict=True)):
            self._taken_of = of
            season = board.season.slug if board.season else None
            self._shelf.update(self.board_records(board), (season, board.as_of))
        return self._shelf.records

    def build_rows(self, board: Board) -> Sequence[RowT]:
        return [self.build_row(record) for record in self._shelf.records]

    def paint(self, board: Board | None) -> None:
        super().paint(board)
        self._look_further()

    def on_screen_suspend(self) -> None:
        """Hold no board that grows old: all its curves would stay in memory with it."""
        self._board = None

    def count_text(self, things: str, number: int) -> str:
        """So many things; with a `+` while the store may have more of them."""
        more = "" if self._shelf.is_complete or self.context.history is None else "+"
        return f"{number:,}{more} {things}{'' if number == 1 and not more else 's'}"

    @property
    def status_texts(self) -> Sequence[str]:
        return [self._missing] if self._missing else []

    # Older records

    @on(LiveTable.Highlighted)
    def _look_further(self) -> None:
        """Ask the store for more if what is shown comes to its end."""
        history = self.context.history
        reading = any(it.node is self and it.group == "older" and it.is_running for it in self.workers)
        if history is not None and not reading and self._wants_more:
            self.run_worker(self._read_on(history), group="older")

    @property
    def _wants_more(self) -> bool:
        table = self.table
        near = table.cursor_index + 2 * table.size.height >= len(table.shown)
        seen = self._board is not None and self.context.visible_screen is self
        return seen and not self._shelf.is_complete and (self.loads_all or near)

    async def _read_on(self, history: History) -> None:
        """Read pages behind the board that is shown, as long as more is wanted."""
        settled: Board | None = None
        while self._wants_more and (board := self._board) is not None:
            if settled is None or settled.as_of != board.as_of:
                settled = board
                await asyncio.sleep(_PAGING_DEBOUNCE_S)
                continue
            after = self._shelf.next_page_key
            try:
                page = await self.read_page(history, RecordFilter(until=board.as_of, limit=_PAGE_SIZE), after)
            except StoreUnavailable:
                self._missing = "older records: the store is away"
                self._say_state()
                return
            self._missing = ""
            if (
                self._board is not None
                and self._board.as_of == board.as_of
                and self._shelf.next_page_key == after
            ):
                self._shelf.add_page(page)
                self.repaint_board()

    # Keys

    def action_open_trader(self) -> None:
        row = self.table.highlighted
        account = self.account_of(row) if row is not None else None
        if account is not None:
            self.context.open_trader(account)
