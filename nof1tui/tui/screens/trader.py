"""One trader: equity and drawdown, open positions, closed trades, decisions, statistics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.export.documents import CHAT, POSITIONS, STATS, TRADES
from nof1tui.domain.figures.views import DecisionView, Observation, PositionView, TradeView
from nof1tui.domain.records import AccountKey, AccountRow
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.tui.chart import series
from nof1tui.tui.columns.looks import tab_separated_row
from nof1tui.tui.columns.reconciliation import full_chain_status
from nof1tui.tui.columns.stats import FigureRow, account_view
from nof1tui.tui.columns.trader import position_columns
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.panes.equity import EquityPane
from nof1tui.tui.panes.history import HistoryPane
from nof1tui.tui.panes.trader_header import header_content, name_only_header
from nof1tui.tui.screens.board_screen import BoardScreen
from nof1tui.tui.table.entry_list import EntryList
from nof1tui.tui.table.export import TableExport
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.text.empty_states import EmptyStateText, missing_trader_state

_MIN_ROWS_FOR_BOTH = 7
"""Rows below which only one of positions and history is shown."""
_MIN_CHART_ROWS = 6
"""Rows, frame included, below which the chart is hidden."""
_MIN_ROWS_SPACIOUS = 30
"""Rows from which positions take up to half of the screen."""


class TraderScreen(BoardScreen):
    """The part of a board that belongs to one account."""

    key_scopes = ("trader", "table", "chart")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("trader", "table", "chart")]
    empty_title = "No open positions."

    def __init__(self, *, chart: series.ChartStyle) -> None:
        super().__init__(with_ticker=False)
        self.account: AccountKey | None = None
        self._row: AccountRow | None = None
        self._missing = False
        """Whether the account is not on the board."""
        self.equity = EquityPane("Equity", chart, with_drawdown=True)
        self._stats_cache = StatsCache()
        self.positions_table: LiveTable[PositionView] = LiveTable(
            position_columns(ascii=chart == "ascii"), key=lambda view: view.position.coin
        )
        self.history_pane = HistoryPane()
        self._positions = Vertical(self.positions_table, id="positions")
        self._positions.border_title = "Positions"

    def compose_body(self) -> Iterable[Widget]:
        return self.equity, self._positions, self.history_pane

    @property
    def default_focus(self) -> Widget:
        """The list that the filter applies to."""
        return self.history_pane.active_list if self.filter.value else self.positions_table

    def choose(self, account: AccountKey) -> None:
        """Select the account to show."""
        if account != self.account:
            self.account = account
            if self.is_mounted:
                self.filter.value = ""

    # Painting

    def paint(self, board: Board | None) -> None:
        account = self.account
        if board is None or account is None:
            return
        self._missing = account not in board.accounts
        self._show_header(board, account)
        self._show_positions(board.accounts.get(account))
        self.positions_table.set_empty_state(self.empty_state)
        self.history_pane.show(board, account, self.filter.value, self.equity.range, self.context.clock())
        self.distribute_space()
        if self.equity.display:
            self._show_equity(board, account)
        self.footer.show(f"/{self.pattern}" if self.pattern else "")

    @property
    def status_width(self) -> int:
        return max(12, min(40, self.size.width // 4 + 3))

    def _show_header(self, board: Board, account: AccountKey) -> None:
        identity, now = self.context.identities.identity_of(account), self.context.clock()
        view = account_view(board, account, self._stats_cache, now)
        header = (
            header_content(board, view, identity, self.size.width, now)
            if view
            else name_only_header(identity)
        )
        self.bar.set_heading(header)
        status = full_chain_status(board.reconciliations.get(account), now)
        self._positions.border_subtitle = Content.styled(*status) if status else ""

    @property
    def empty_state(self) -> EmptyStateText:
        board = self.context.board
        if board is None or self.account is None:
            return super().empty_state
        if self._missing:
            return missing_trader_state(board, self.context.identities.identity_of(self.account).name)
        return (self.empty_title,)

    def _show_positions(self, row: AccountRow | None) -> None:
        if row is not self._row:
            self._row = row
            views = list[PositionView]()
            if row is not None:
                holder = Observation(row, self.context.identities.trader_of(row.account))
                views = [PositionView(holder, position) for position in row.positions]
            self.positions_table.show_rows(views)

    def _show_equity(self, board: Board, account: AccountKey) -> None:
        curve = board.curves.get(account)
        if curve is None:
            return
        log = board.trades.get(account, TradeLog())
        positions = self._row.positions if self._row else ()
        self.equity.show(
            board,
            self.context.identities,
            {account, *(row.account for row in board.leaderboard if row.is_benchmark)},
            baseline=curve.capital_usd,
            markers=lambda: series.trade_markers(log, curve, positions),
            marker_inputs=(account, log.trades),
        )
        self.equity.show_drawdown(curve)

    # Layout

    def distribute_space(self) -> None:
        """Positions take their rows, the history a third, the chart the rest if that is enough.

        Where positions and history do not both fit, the focused one is shown.
        """
        body = self.size.height - 2 - self.notice.display - self.filter.display
        all_rows = max(len(self._row.positions) if self._row else 0, 1) + 3
        positions = min(all_rows, body // 2 if body >= _MIN_ROWS_SPACIOUS else max(body // 3, 4))
        history = max(body // 3, 5)
        has_chart = body - positions - history >= _MIN_CHART_ROWS and not self._missing
        self.equity.display = has_chart
        only_one, in_history = body < _MIN_ROWS_FOR_BOTH, self.history_pane.has_focus_within
        if self._missing:
            only_one, in_history = True, False
        self._positions.display = not (only_one and in_history)
        self.history_pane.display = not only_one or in_history
        if only_one:
            positions = max(body, 1)
        self._positions.styles.height = positions
        self.history_pane.styles.height = history if has_chart else "1fr"

    def on_descendant_focus(self) -> None:
        self.distribute_space()

    # Keys

    def action_back(self) -> None:
        if self.filter.value:
            self.filter.close(kept=False)
        else:
            self.context.close_page()

    def action_step(self, steps: int) -> None:
        """Show the trader `steps` ranks further, wrapping around at both ends."""
        board = self.context.board
        accounts = [row.account for row in board.leaderboard] if board else []
        if self.account in accounts:
            self.choose(accounts[(accounts.index(self.account) + steps) % len(accounts)])
            self.repaint_board()

    def action_next_tab(self) -> None:
        self.history_pane.choose((self.history_pane.tab + 1) % 3)
        self.repaint_board()

    @on(HistoryPane.TabChanged)
    def _tab_changed(self) -> None:
        self.repaint_board()

    def action_next_pane(self) -> None:
        (
            self.history_pane.active_list if self.focused is self.positions_table else self.positions_table
        ).focus()

    def action_focus_positions(self) -> None:
        self.positions_table.focus()

    def action_focus_past(self) -> None:
        self.history_pane.active_list.focus()

    def action_next_range(self) -> None:
        self.equity.next_range()
        self.repaint_board()

    def action_toggle_percent(self) -> None:
        self.equity.toggle_percent()
        self.repaint_board()

    @property
    def table(self) -> LiveTable[PositionView] | LiveTable[TradeView] | LiveTable[FigureRow]:
        if self.focused is self.history_pane.figures:
            return self.history_pane.figures
        return self.history_pane.trades if self.focused is self.history_pane.trades else self.positions_table

    @on(LiveTable.Selected)
    @on(EntryList.Selected)
    def _opened(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the details of the record highlighted in the focused list."""
        position, trade, decision = (
            self.positions_table.highlighted,
            self.history_pane.trade,
            self.history_pane.decision,
        )
        detail = self.context.detail
        if self.focused is self.history_pane.chat and decision is not None:
            detail.show_decision(decision, self.context.board, self.context.history)
        elif self.focused is self.history_pane.trades and trade is not None:
            detail.show_trade(trade.trade, Content("Trade"), self.context.history)
        elif self.focused is self.positions_table and position is not None:
            detail.show_position(position, Content("Position"), self.context.history)
        else:
            return
        self.context.open_page("detail")

    def build_export(self) -> TableExport:
        """The focused list: positions, trades, chat, or all figures of the account."""
        pane, trader_of = self.history_pane, self.context.identities.trader_of
        if self.focused is pane.trades:
            return TableExport(TRADES, pane.trades.shown)
        if self.focused is pane.chat:
            return TableExport(CHAT, [DecisionView(its, trader_of(its.account)) for its in pane.decisions])
        if self.focused is pane.figures:
            return TableExport(STATS, [pane.view] if pane.view and pane.figures.shown else [])
        return TableExport(POSITIONS, self.positions_table.shown)

    def copy_text(self) -> str:
        entry = self.history_pane.chat.highlighted
        if self.focused is self.history_pane.chat and entry is not None:
            return entry.text
        table: LiveTable[Any] = self.table
        return "" if table.highlighted is None else tab_separated_row(table.columns, table.highlighted)
