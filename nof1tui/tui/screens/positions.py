"""Every open position of every trader, grouped by trader or as a flat list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.export.documents import POSITIONS
from nof1tui.domain.figures.views import Observation, PositionView
from nof1tui.tui.chart.series import ChartStyle
from nof1tui.tui.columns.looks import tab_separated_row
from nof1tui.tui.columns.positions import (
    PositionTableRow,
    PositionTotals,
    group_by_trader,
    position_table_columns,
)
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.table_screen import TableScreen, fit_summary, toned_figure
from nof1tui.tui.style import format as fmt


class PositionsScreen(TableScreen[PositionTableRow]):
    """Traders by rank, their positions by notional; the sums exclude benchmarks."""

    key_scopes = ("positions", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    document = POSITIONS
    empty_title = "No open positions."

    def __init__(self, *, chart: ChartStyle) -> None:
        super().__init__(
            position_table_columns(ascii=chart == "ascii"),
            key=lambda line: line.key,
            is_muted=lambda line: line.identity.is_benchmark,
        )
        self._table.unbind_key("g")
        self._grouped = True
        self._table.group_by(_trader)

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return board.accounts, self.context.identities, self._grouped

    def build_rows(self, board: Board) -> Sequence[PositionTableRow]:
        rows = list[PositionTableRow]()
        for leaderboard_row in board.leaderboard:
            key = leaderboard_row.account
            identity = self.context.identities.identity_of(key)
            holder = Observation(board.accounts[key], leaderboard_row.trader)
            for position in sorted(holder.row.positions, key=lambda its: -(its.notional_usd or 0.0)):
                rows.append(PositionTableRow(identity, key, PositionView(holder, position)))
        return rows

    def filter_text(self, row: PositionTableRow) -> str:
        return row.filter_text

    def table_rows(self, rows: Sequence[PositionTableRow]) -> Sequence[PositionTableRow]:
        return group_by_trader(rows) if self._grouped else rows

    def summary(self, rows: Sequence[PositionTableRow]) -> Content:
        totals = PositionTotals.of(
            [row.view.position for row in rows if row.view and not row.identity.is_benchmark]
        )
        parts = [
            (5, Content(f"{totals.positions:,} position{'s' if totals.positions != 1 else ''}")),
            (3, Content(f"long {fmt.compact_usd(totals.long_usd)}")),
            (2, Content(f"short {fmt.compact_usd(totals.short_usd)}")),
            (4, toned_figure("net", fmt.gain_usd(totals.net_usd), "")),
            (1, Content(f"gross {fmt.compact_usd(totals.gross_usd)}")),
            (
                6,
                toned_figure(
                    "unrealised", fmt.gain_usd(totals.unrealized_usd), fmt.tone(totals.unrealized_usd)
                ),
            ),
        ]
        if totals.unpriced:
            parts.append((7, Content(f"{totals.unpriced} without price")))
        if any(row.identity.is_benchmark for row in rows):
            parts.append((0, Content("excl. benchmark")))
        return fit_summary(parts, self.size.width - 2) if rows else Content("")

    # Keys

    def action_toggle_groups(self) -> None:
        """Toggle between grouped by trader and flat; the highlight stays on its position."""
        self._grouped = not self._grouped
        self._table.group_by(_trader if self._grouped else None)
        self.repaint_board()

    def open(self, row: PositionTableRow) -> None:
        if row.view is None:
            self.context.open_trader(row.account)
            return
        position = row.view.position
        title = Content(f"{row.identity.name} › {fmt.sanitise_line(position.coin, 24)} {position.side}")
        self.context.detail.show_position(row.view, title, self.context.history, row.account)
        self.context.open_page("detail")

    def action_open_trader(self) -> None:
        row = self._table.highlighted
        if row is not None:
            self.context.open_trader(row.account)

    def copy_text(self) -> str:
        row = self._table.highlighted
        return tab_separated_row(self._columns, replace(row, is_indented=False)) if row is not None else ""


def _trader(row: PositionTableRow) -> object:
    return row.account
