"""Who holds which coin on which side, who stands alone, and how alike the traders move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from nof1tui.domain.board import Board
from nof1tui.domain.figure_book import FigureBook, crowding_of
from nof1tui.domain.model import AccountKey
from nof1tui.tui.coin_columns import CoinLine, CorrelationLine, coin_columns, correlation_columns
from nof1tui.tui.keys import bindings
from nof1tui.tui.lineup import Lineup
from nof1tui.tui.screens.table_screen import TableScreen
from nof1tui.tui.widgets.live_table import LiveTable

WORDS = "Signed notional as a share of equity. Below: correlation of hourly returns, greyed under 30 hours."
LEAST = 20
"""Rows from which the correlations have room."""


class CoinsScreen(TableScreen[CoinLine]):
    """The matrix above, correlations of hourly returns below."""

    places = ("coins", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(*places)]

    def __init__(self) -> None:
        super().__init__((), key=lambda line: line.crowd.coin, empty="No trader holds a position.")
        self._book = FigureBook()
        self._correlations: LiveTable[CorrelationLine] = LiveTable(
            (), key=lambda line: line.account.slug, empty="No returns to compare yet."
        )
        self._columns_of: tuple[Lineup, tuple[AccountKey, ...]] | None = None

    def body(self) -> Iterable[Widget]:
        return (*super().body(), self._correlations)

    def share_room(self) -> None:
        """Coins take what they need, correlations up to half of the rest."""
        height = self.size.height
        self._correlations.display = height >= LEAST
        self._correlations.styles.height = min(len(self._correlations.shown) + 1, (height - 3) // 2)

    def parts(self, board: Board) -> tuple[object, ...]:
        return board.accounts, board.curves, board.prices, board.standings, self.monitor.lineup

    def make(self, board: Board) -> Sequence[CoinLine]:
        lineup = self.monitor.lineup
        self._set_columns(lineup, tuple(standing.account for standing in board.standings))
        self._correlate(board, lineup)
        crowding = crowding_of(board)
        lines = []
        for crowd in crowding.coins:
            quote = board.prices.get(crowd.coin)
            alone = lineup.face(crowd.alone) if crowd.alone else None
            lines.append(CoinLine(crowd, crowding, quote.price.price if quote else None, alone))
        return lines

    def words(self, row: CoinLine) -> str:
        return f"{row.coin} {row.alone.name if row.alone else ''}"

    def sums(self, rows: Sequence[CoinLine]) -> Content:
        return Content(WORDS) if rows else Content("")

    def _set_columns(self, lineup: Lineup, accounts: tuple[AccountKey, ...]) -> None:
        """A column each trader, anew only when there are others or other places."""
        if self._columns_of != (lineup, accounts):
            self._columns_of = (lineup, accounts)
            models = [key for key in accounts if not lineup.face(key).is_benchmark]
            self._columns = coin_columns(lineup, models)
            self._table.set_columns(self._columns)
            self._correlations.set_columns(correlation_columns(lineup, accounts))

    def _correlate(self, board: Board, lineup: Lineup) -> None:
        told = self._book.hourly_correlations(board)
        lines = [
            CorrelationLine(its.account, lineup.face(its.account), partial(told.between, its.account))
            for its in board.standings
        ]
        self._correlations.show_rows(lines)
        self.share_room()
