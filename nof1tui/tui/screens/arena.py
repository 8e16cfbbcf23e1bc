"""The home screen: leaderboard, equity chart, recent activity."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from nof1tui.domain.board import Board
from nof1tui.domain.export.documents import LEADERBOARD
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.records import AccountKey
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.tui.chart import series
from nof1tui.tui.columns import arena
from nof1tui.tui.columns.arena import ArenaRow
from nof1tui.tui.columns.looks import tab_separated_row
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.panes.activity import ActivityPane
from nof1tui.tui.panes.equity import EquityPane
from nof1tui.tui.screens.board_screen import BoardScreen, season_title
from nof1tui.tui.table.filtering import matcher
from nof1tui.tui.table.layout import Column
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.text.empty_states import EmptyStateText, no_match_text

_MIN_WIDTH_SIDE_BY_SIDE = 110
"""Cells from which the chart and the activity pane are both shown."""
_MIN_HEIGHT_SHARED = 30
"""Rows from which the height is shared; below, the table takes its rows first."""
_MIN_LOWER_ROWS = 7
"""Rows below which the lower half is hidden."""


class ArenaScreen(BoardScreen):
    """One row per account, the chart of all accounts, and the activity pane."""

    key_scopes = ("arena", "table", "chart")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("arena", "table", "chart")]

    document = LEADERBOARD
    empty_title = "No accounts yet."

    def __init__(self, *, chart: series.ChartStyle) -> None:
        super().__init__()
        self._max_rank = 99
        """Highest rank that fits into the rank column."""
        self._table: LiveTable[ArenaRow] = LiveTable(
            arena.arena_columns(series.CHART_RANGES[-1].column_title),
            key=lambda row: row.slug,
            is_muted=lambda row: row.is_benchmark,
        )
        self.equity = EquityPane("Account value", chart)
        self.activity_pane = ActivityPane()
        self._lower_half = Horizontal(self.equity, self.activity_pane, id="lower")
        self._lower = "auto"
        self._zoomed = False
        self._hidden: frozenset[AccountKey] = frozenset()
        self._only: AccountKey | None = None
        self._drawn: frozenset[AccountKey] = frozenset()
        """Accounts with a line in the chart."""
        self._sparklines = series.Sparklines(chart)
        self._stats_cache = StatsCache()
        self._rows: tuple[ArenaRow, ...] = ()
        self._table_inputs: tuple[object, ...] = ()

    def compose_body(self) -> Iterable[Widget]:
        return self.table, self._lower_half

    @property
    def default_focus(self) -> Widget:
        return self.table

    @property
    def table(self) -> LiveTable[ArenaRow]:
        return self._table

    @property
    def _columns(self) -> tuple[Column[ArenaRow], ...]:
        return arena.arena_columns(self.equity.range.column_title, self._max_rank)

    @property
    def empty_state(self) -> EmptyStateText:
        board = self.context.board
        if self.pattern and board is not None and board.leaderboard:
            return (no_match_text(self.pattern, len(board.leaderboard)),)
        return super().empty_state

    # Painting

    def paint(self, board: Board | None) -> None:
        self.bar.set_heading(season_title(board, self.size.width))
        if board is not None:
            self.bar.ticker.show(board.prices)
            self._update_table(board)
            self.distribute_space()
            if self.equity.display:
                baseline = series.shared_capital(board, self._drawn)
                self.equity.set_caption(_chart_caption(board, self._drawn))
                self.equity.show(board, self.context.identities, self._drawn, baseline=baseline)
            if self.activity_pane.display:
                self.activity_pane.show_board(board, self.context.identities)
        self._update_footer()

    def _update_table(self, board: Board) -> None:
        """Rebuild the rows if anything they are built from changed."""
        inputs = (
            board.leaderboard,
            board.curves,
            board.reconciliations,
            self.context.identities,
            self.equity.range,
            self._hidden,
            self._only,
            self.filter.value,
        )
        if len(inputs) == len(self._table_inputs) and all(
            new is old for new, old in zip(inputs, self._table_inputs, strict=True)
        ):
            return
        self._table_inputs = inputs
        self._drawn = series.charted_accounts(board, self._hidden, self._only)
        rows = self._build_rows(board)
        if self.filter.value:
            passes = matcher(self.filter.value)
            rows = [row for row in rows if passes(arena.arena_filter_text(row))]
        self._rows = tuple(rows)
        if max(len(str(len(board.leaderboard))), 2) != len(str(self._max_rank)):
            self._max_rank = len(board.leaderboard)
            self.table.set_columns(self._columns)
        self.table.show_rows(self._rows)

    def _build_rows(self, board: Board) -> list[ArenaRow]:
        """One row per leaderboard row, unfiltered."""
        identities, window = self.context.identities, series.time_window(board, self.equity.range)
        rows = []
        for view in Views(board, self.context.clock(), self._stats_cache).accounts:
            key = view.row.account
            identity = identities.identity_of(key)
            spark = self._sparklines.renderer_for(key, view.curve, window)
            rows.append(ArenaRow(view, identity.name, identity.color, spark, key not in self._drawn))
        return rows

    def _update_footer(self) -> None:
        hidden = self.table.hidden_columns if self.table.size.width else 0
        rows = len(self._rows)
        pattern = self.pattern
        self.footer.show(
            f"/{pattern} {rows} row{'s' if rows != 1 else ''}" if pattern else "",
            f"+{hidden} column{'s' if hidden > 1 else ''} hidden" if hidden else "",
        )

    # Layout

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._update_footer)

    def distribute_space(self) -> None:
        """Share the height between table and lower half, the width between chart and activity pane."""
        width, height = self.size
        body = height - 2 - self.notice.display - self.filter.display
        all_rows = max(len(self._rows), 2) + 1
        if self._zoomed:
            table = min(all_rows, max(body // 3, 3))
        elif height >= _MIN_HEIGHT_SHARED:
            table = min(all_rows, max(body - 12, body // 2))
        else:
            table = min(all_rows, body)
        has_accounts = self.context.board is not None and bool(self.context.board.accounts)
        lower = has_accounts and body - table >= (3 if self._zoomed else _MIN_LOWER_ROWS)
        self.table.styles.height = table if lower else "1fr"
        wide = width >= _MIN_WIDTH_SIDE_BY_SIDE
        self._lower_half.display = lower
        self.equity.display = lower and (wide or self._lower != "pane")
        self.activity_pane.display = lower and (self._lower == "pane" or (wide and self._lower == "auto"))
        if self.focused is not None and not self.focused.display:
            self.table.focus()

    # Keys

    @on(LiveTable.Selected)
    def open_trader(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        row = self.table.highlighted
        if row is not None:
            self.context.open_trader(row.view.row.account)

    def action_clear(self) -> None:
        """Clear the filter; without one, reset the lower half."""
        if self.filter.value:
            self.filter.close(kept=False)
        else:
            self._lower, self._zoomed, self._only = "auto", False, None
            self.repaint_board()

    def action_next_range(self) -> None:
        self.equity.next_range()
        self.table.set_columns(self._columns)
        self.repaint_board()

    def action_toggle_percent(self) -> None:
        self.equity.toggle_percent()
        self.repaint_board()

    def action_show_chart(self) -> None:
        if not self.equity.display:
            self._lower, self._zoomed = "auto", not self._lower_half.display
        elif self.size.width >= _MIN_WIDTH_SIDE_BY_SIDE:
            self._lower = "auto" if self._lower == "chart" else "chart"
        else:
            self._zoomed = not self._zoomed
        self.repaint_board()

    def action_next_tab(self) -> None:
        if self.activity_pane.display:
            self.activity_pane.choose(self.activity_pane.tab + 1)
        else:
            self._zoomed = self._zoomed or not self._lower_half.display
            self._lower = "auto" if self.size.width >= _MIN_WIDTH_SIDE_BY_SIDE else "pane"
        self.repaint_board()

    @on(ActivityPane.TabChanged)
    def _tab_changed(self) -> None:
        self.repaint_board()

    def action_next_pane(self) -> None:
        if self.activity_pane.display and self.focused is self.table:
            self.activity_pane.entry_list.focus()
        else:
            self.table.focus()

    def action_focus_table(self) -> None:
        self.table.focus()

    def action_focus_pane(self) -> None:
        if self.activity_pane.display:
            self.activity_pane.entry_list.focus()

    def action_hide_line(self) -> None:
        row = self.table.highlighted
        if row is not None:
            self._only = None
            self._hidden ^= {row.view.row.account}
            self.repaint_board()

    def action_only_line(self) -> None:
        row = self.table.highlighted
        if row is not None:
            self._only = None if self._only == row.view.row.account else row.view.row.account
            self.repaint_board()

    def copy_text(self) -> str:
        if self.focused is self.activity_pane.entry_list:
            entry = self.activity_pane.entry_list.highlighted
            return entry.text if entry else ""
        row = self.table.highlighted
        return tab_separated_row(self._columns, row) if row else ""


def _chart_caption(board: Board, drawn: Collection[AccountKey]) -> str:
    """The chart's caption, with the number of lines where the chart cannot show every account."""
    if len(board.accounts) <= series.MAX_CHART_LINES or len(drawn) < series.MAX_CHART_LINES:
        return "Account value"
    return f"Account value, top {series.MAX_CHART_LINES}"
