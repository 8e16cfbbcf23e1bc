"""Every open position of every trader, by trader or in one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.export.rows import build_position_row
from nof1tui.tui.chart.series import ChartStyle
from nof1tui.tui.columns.arena import tab_separated_row
from nof1tui.tui.columns.positions import (
    PositionTableRow,
    PositionTotals,
    group_by_trader,
    position_table_columns,
)
from nof1tui.tui.columns.trader import PositionRow
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.table_screen import TableScreen, fit_summary, toned_figure
from nof1tui.tui.style import format as fmt
from nof1tui.tui.table.export import TableExport


class PositionsScreen(TableScreen[PositionTableRow]):
    """Traders in their order of rank, the largest position of each first; a benchmark's counts in no sum."""

    key_scopes = ("positions", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    empty_title = "No trader holds a position."

    def __init__(self, *, chart: ChartStyle) -> None:
        super().__init__(
            position_table_columns(ascii=chart == "ascii"),
            key=lambda line: line.key,
        )
        self._table.unbind_key("g")
        self._grouped = True
        self._table.group_by(_trader)

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return board.accounts, self.context.identities, self._grouped

    def build_rows(self, board: Board) -> Sequence[PositionTableRow]:
        held = list[PositionTableRow]()
        for standing in board.leaderboard:
            row, face = (
                board.accounts[standing.account],
                self.context.identities.identity_of(standing.account),
            )
            largest_first = sorted(row.positions, key=lambda position: -(position.notional_usd or 0.0))
            held += [PositionTableRow(face, row, position) for position in largest_first]
        return held

    def filter_text(self, row: PositionTableRow) -> str:
        return row.filter_text

    def table_rows(self, rows: Sequence[PositionTableRow]) -> Sequence[PositionTableRow]:
        return group_by_trader(rows) if self._grouped else rows

    def summary(self, rows: Sequence[PositionTableRow]) -> Content:
        book = PositionTotals.of(
            [line.position for line in rows if line.position and not line.identity.is_benchmark]
        )
        parts = [
            (5, Content(f"{book.positions:,} position{'s' if book.positions != 1 else ''}")),
            (3, Content(f"long {fmt.compact_usd(book.long_usd)}")),
            (2, Content(f"short {fmt.compact_usd(book.short_usd)}")),
            (4, toned_figure("net", fmt.gain_usd(book.net_usd), "")),
            (1, Content(f"gross {fmt.compact_usd(book.gross_usd)}")),
            (6, toned_figure("unrealised", fmt.gain_usd(book.unrealized_usd), fmt.tone(book.unrealized_usd))),
        ]
        if book.unpriced:
            parts.append((7, Content(f"{book.unpriced} without a price")))
        if any(line.identity.is_benchmark for line in rows):
            parts.append((0, Content("without the benchmark")))
        return fit_summary(parts, self.size.width - 2) if rows else Content("")

    # Keys

    def action_toggle_groups(self) -> None:
        """By trader, or all in one list; the highlight stays with its position."""
        self._grouped = not self._grouped
        self._table.group_by(_trader if self._grouped else None)
        self.repaint_board()

    def open(self, row: PositionTableRow) -> None:
        if row.position is None:
            self.context.open_trader(row.account)
            return
        told = PositionRow(row.account_row, row.position)
        title = Content(f"{row.identity.name}: {told.coin} {row.position.side}")
        self.context.detail.show_position(told, title, self.context.history, row.account)
        self.context.open_page("detail")

    def action_open_trader(self) -> None:
        row = self._table.highlighted
        if row is not None:
            self.context.open_trader(row.account)

    def copy_text(self) -> str:
        row = self._table.highlighted
        return tab_separated_row(self._columns, replace(row, is_indented=False)) if row is not None else ""

    def build_export(self) -> TableExport:
        name, lines = self.context.identities.roster_name, self.shown_rows
        held = ((line.account_row, line.position) for line in lines if line.position is not None)
        return TableExport("positions", [build_position_row(row, it, name(row.account)) for row, it in held])


def _trader(line: PositionTableRow) -> object:
    return line.account
