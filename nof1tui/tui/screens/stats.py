"""Every figure of every trader, with the number of observations behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.figure_book import FigureBook
from nof1tui.tui import curves
from nof1tui.tui.export import Export
from nof1tui.tui.keys import bindings
from nof1tui.tui.screens.table_screen import TableScreen
from nof1tui.tui.stats_columns import POSITION_STATS, STAT_COLUMNS, STATS, StatLine, stat_detail

WORDS = (
    "Greyed: fewer than 30 observations. n/a: enter tells why. Daily closes, 365 periods a year, risk-free 0."
)
RANGED = "t changes the range; positions are those held now."


class StatsScreen(TableScreen[StatLine]):
    """One row a trader; enter tells what each figure rests on."""

    places = ("stats", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(*places)]

    def __init__(self) -> None:
        super().__init__(STAT_COLUMNS, key=lambda line: line.figures.account.slug, empty="No trader yet.")
        self._book = FigureBook()
        self._range = curves.RANGES[-1]

    def parts(self, board: Board) -> tuple[object, ...]:
        return board.standings, board.curves, board.trades, self.monitor.lineup, self._range

    def make(self, board: Board) -> Sequence[StatLine]:
        lineup = self.monitor.lineup
        told = zip(board.standings, self._book.read(board, curves.span(board, self._range)), strict=True)
        return [StatLine(lineup.face(its.account), its.rank, figures) for its, figures in told]

    def words(self, row: StatLine) -> str:
        return f"{row.face.name} {row.figures.account.slug}"

    def sums(self, rows: Sequence[StatLine]) -> Content:
        if not rows:
            return Content("")
        if self._range.seconds is None:
            return Content(WORDS)
        return Content.assemble((f"The last {self._range.column}. ", "$accent"), f"{RANGED} {WORDS}")

    def open(self, row: StatLine) -> None:
        detail = self.monitor.detail
        account = row.figures.account
        of = "" if self._range.seconds is None else f", the last {self._range.column}"
        detail.tell(account.slug, Content(row.face.name + of), Content.assemble(*stat_detail(row)), account)
        self.monitor.push_screen("detail")

    def action_next_range(self) -> None:
        self._range = curves.next_range(self._range)
        self.again()

    def action_open_trader(self) -> None:
        row = self._table.highlighted
        if row is not None:
            self.monitor.open_trader(row.figures.account)

    def exported(self) -> Export:
        rows = [
            {"trader": line.figures.account.slug, "name": line.face.name}
            | {stat.key: stat.read(line.figures).value for stat in (*STATS, *POSITION_STATS)}
            for line in self.shown_rows
        ]
        return Export("stats", rows)
