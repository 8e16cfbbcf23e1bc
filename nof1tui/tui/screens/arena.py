"""The home screen: who leads, how they got there, what they do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from nof1tui.domain.board import Board
from nof1tui.domain.export.rows import build_leaderboard_row
from nof1tui.domain.records import AccountKey
from nof1tui.tui.chart import series
from nof1tui.tui.columns import arena
from nof1tui.tui.columns.arena import ArenaRow
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.panes.activity import ActivityPane
from nof1tui.tui.panes.equity import EquityPane
from nof1tui.tui.screens.board_screen import BoardScreen, season_title
from nof1tui.tui.table.export import TableExport
from nof1tui.tui.table.filtering import matcher
from nof1tui.tui.table.layout import Column
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.text.empty_states import EmptyStateText, no_match_text

_MIN_WIDTH_SIDE_BY_SIDE = 110
"""From here on chart and side pane stand side by side."""
_MIN_HEIGHT_SHARED = 30
"""Below, the table takes what it needs and the rest gets what is left."""
_MIN_LOWER_ROWS = 7
"""Rows below which a chart is not worth its frame."""


class ArenaScreen(BoardScreen):
    """One row an account, the chart of all, and a pane of what happens."""

    key_scopes = ("arena", "table", "chart")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("arena", "table", "chart")]

    empty_title = "No trader has an account yet."

    def __init__(self, *, chart: series.ChartStyle) -> None:
        super().__init__()
        self._places = 99
        """As many have room in the column of ranks."""
        self._table: LiveTable[ArenaRow] = LiveTable(
            arena.arena_columns(series.CHART_RANGES[-1].column_title),
            key=lambda row: row.slug,
        )
        self.equity = EquityPane("Account value", chart)
        self.activity_pane = ActivityPane()
        self._lower_half = Horizontal(self.equity, self.activity_pane, id="lower")
        self._lower = "auto"
        self._zoomed = False
        self._hidden: frozenset[AccountKey] = frozenset()
        self._only: AccountKey | None = None
        self._drawn: frozenset[AccountKey] = frozenset()
        """The accounts whose lines are in the chart."""
        self._sparklines = series.Sparklines(chart)
        self._rows: tuple[ArenaRow, ...] = ()
        self._table_of: tuple[object, ...] = ()

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
        return arena.arena_columns(self.equity.range.column_title, self._places)

    @property
    def empty_state(self) -> EmptyStateText:
        board = self.context.board
        if self.pattern and board is not None and board.leaderboard:
            return no_match_text(self.pattern), f"{len(board.leaderboard):,} without it."
        return super().empty_state

    # Painting

    def paint(self, board: Board | None) -> None:
        self.bar.set_heading(season_title(board, self.size.width))
        if board is not None:
            self.bar.ticker.show(board.prices)
            self._show_table(board)
            self.distribute_space()
            if self.equity.display:
                baseline = board.season.capital_usd if board.season else None
                self.equity.set_caption(_chart_words(board, self._drawn))
                self.equity.show(board, self.context.identities, self._drawn, baseline=baseline)
            if self.activity_pane.display:
                self.activity_pane.show_board(board, self.context.identities)
        self._say_state()

    def _show_table(self, board: Board) -> None:
        of = (
            board.leaderboard,
            board.curves,
            board.reconciliations,
            self.context.identities,
            self.equity.range,
            self._hidden,
            self._only,
            self.filter.value,
        )
        if len(of) == len(self._table_of) and all(
            new is old for new, old in zip(of, self._table_of, strict=True)
        ):
            return
        self._table_of = of
        lineup, shown = self.context.identities, series.time_window(board, self.equity.range)
        drawn = self._drawn = series.charted_accounts(board, self._hidden, self._only)
        rows = []
        for standing in board.leaderboard:
            key = standing.account
            face = lineup.identity_of(key)
            spark = self._sparklines.renderer_for(key, board.curves.get(key), shown)
            check = board.reconciliations.get(key)
            drifts = check is not None and check.since is not None
            rows.append(ArenaRow(standing, face.name, face.color, spark, key not in drawn, drifts))
        if self.filter.value:
            passes = matcher(self.filter.value)
            rows = [row for row in rows if passes(arena.arena_filter_text(row))]
        self._rows = tuple(rows)
        if max(len(str(len(board.leaderboard))), 2) != len(str(self._places)):
            self._places = len(board.leaderboard)
            self.table.set_columns(self._columns)
        self.table.show_rows(self._rows)

    def _say_state(self) -> None:
        hidden = self.table.hidden_columns if self.table.size.width else 0
        left = len(self._rows)
        pattern = self.pattern
        self.footer.show(
            f"/{pattern} {left} row{'s' if left != 1 else ''}" if pattern else "",
            f"+{hidden} column{'s' if hidden > 1 else ''} hidden" if hidden else "",
        )

    # Room

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._say_state)

    def distribute_space(self) -> None:
        """Share the height between table and lower half, the width between chart and pane."""
        width, height = self.size
        body = height - 2 - self.notice.display - self.filter.display
        wanted = max(len(self._rows), 2) + 1
        if self._zoomed:
            table = min(wanted, max(body // 3, 3))
        elif height >= _MIN_HEIGHT_SHARED:
            table = min(wanted, max(body - 12, body // 2))
        else:
            table = min(wanted, body)
        known = self.context.board is not None and bool(self.context.board.accounts)
        lower = known and body - table >= (3 if self._zoomed else _MIN_LOWER_ROWS)
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
            self.context.open_trader(row.standing.account)

    def action_clear(self) -> None:
        """Undo one thing: the filter, then what was done to the lower half."""
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
    def _turned(self) -> None:
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
            self._hidden ^= {row.standing.account}
            self.repaint_board()

    def action_only_line(self) -> None:
        row = self.table.highlighted
        if row is not None:
            self._only = None if self._only == row.standing.account else row.standing.account
            self.repaint_board()

    def build_export(self) -> TableExport:
        return TableExport("leaderboard", [build_leaderboard_row(row.standing) for row in self.table.shown])

    def copy_text(self) -> str:
        if self.focused is self.activity_pane.entry_list:
            entry = self.activity_pane.entry_list.highlighted
            return entry.text if entry else ""
        row = self.table.highlighted
        return arena.tab_separated_row(self._columns, row) if row else ""


def _chart_words(board: Board, drawn: Collection[AccountKey]) -> str:
    """The chart's title, and how many of the models it has where they are too many for it."""
    if len(board.accounts) <= series.MAX_CHART_LINES or len(drawn) < series.MAX_CHART_LINES:
        return "Account value"
    return f"Account value of the best {series.MAX_CHART_LINES}"
