"""One trader: equity and drawdown, what it holds, what it closed, what it said."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.model import AccountKey, AccountRow, Trade
from nof1tui.tui import columns, curves, details
from nof1tui.tui import format as fmt
from nof1tui.tui.keys import Place, bindings, keys_of
from nof1tui.tui.trader_columns import TRADE_COLUMNS, PositionRow, position_columns
from nof1tui.tui.widgets.equity_pane import EquityPane
from nof1tui.tui.widgets.feed_list import FeedList
from nof1tui.tui.widgets.filter_line import FilterLine
from nof1tui.tui.widgets.footer_line import FooterLine
from nof1tui.tui.widgets.live_table import LiveTable
from nof1tui.tui.widgets.notice import Notice, notice_text
from nof1tui.tui.widgets.past_pane import CHAT, TRADES, PastPane
from nof1tui.tui.widgets.status_corner import status_parts
from nof1tui.tui.widgets.top_bar import TopBar
from nof1tui.tui.widgets.trader_header import header_content

if TYPE_CHECKING:
    from nof1tui.tui.app import ArenaApp

LEAST_CHART = 6
"""Rows, frame included, below which the chart is left out."""
COMFORTABLE = 30
"""Rows from which positions may take up to half of the screen."""


class TraderScreen(Screen[None]):
    """Fed with boards like the arena; shows the part of one account."""

    place: Place = "trader"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("trader")]

    def __init__(self, *, chart: curves.ChartStyle) -> None:
        super().__init__()
        self.account: AccountKey | None = None
        self._row: AccountRow | None = None
        self.bar = TopBar(with_ticker=False)
        self.notice = Notice()
        self.equity = EquityPane("Equity", chart, with_drawdown=True)
        self._position_columns = position_columns(ascii=chart == "ascii")
        self.held: LiveTable[PositionRow] = LiveTable(
            self._position_columns, key=lambda row: row.position.coin, empty="Holds no position."
        )
        self.past = PastPane()
        self.filter = FilterLine()
        self.footer = FooterLine((*keys_of("trader"), *keys_of("everywhere")))
        self._positions = Vertical(id="positions")
        self._positions.border_title = "Positions"

    @property
    def monitor(self) -> ArenaApp:
        return cast("ArenaApp", self.app)

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self.notice
        yield self.equity
        with self._positions:
            yield self.held
        yield self.past
        yield self.filter
        yield self.footer

    def on_mount(self) -> None:
        self.watch(self.app, "board", self.show_board)
        self.held.focus()

    def on_screen_resume(self) -> None:
        self._again()

    def choose(self, account: AccountKey) -> None:
        """Show this account from now on."""
        if account != self.account:
            self.account = account
            if self.is_mounted:
                self.filter.value = ""

    # Painting

    def show_board(self, board: Board | None) -> None:
        """Paint what is new in this board about the account."""
        account = self.account
        if board is None or account is None or self.monitor.shown is not self or not self.is_mounted:
            return
        self._show_header(board, account)
        self._show_positions(board.accounts.get(account))
        self.past.show(board, account, self.filter.value)
        self._arrange()
        if self.equity.display:
            self._show_equity(board, account)
        pattern = fmt.plain_line(self.filter.value, 24)
        self.footer.show(f"/{pattern}" if pattern else "")
        self.tick(self.monitor.clock())

    def tick(self, now: datetime) -> None:
        board, condition = self.monitor.board, self.monitor.condition
        room = max(12, min(40, self.size.width // 4))
        self.bar.corner.show(status_parts(board, now, condition, room))
        shown = self.notice.display
        self.notice.show(notice_text(board, self.monitor.stopped))
        if self.notice.display is not shown:
            self._arrange()

    def _show_header(self, board: Board, account: AccountKey) -> None:
        standing = board.standing(account)
        if standing is not None:
            face = self.monitor.lineup.face(account)
            self.bar.say(header_content(board, standing, face, self.size.width))

    def _show_positions(self, row: AccountRow | None) -> None:
        if row is not self._row:
            self._row = row
            self.held.show_rows([PositionRow(row, position) for position in row.positions] if row else [])

    def _show_equity(self, board: Board, account: AccountKey) -> None:
        curve = board.curves.get(account)
        if curve is None:
            return
        log = board.trades.get(account, TradeLog())
        held = self._row.positions if self._row else ()
        self.equity.show(
            board,
            self.monitor.lineup,
            {account, *(standing.account for standing in board.standings if standing.is_benchmark)},
            baseline=curve.capital_usd,
            markers=lambda: curves.trade_markers(log, curve, held),
            of=(account, log.trades),
        )
        self.equity.show_drawdown(curve)

    # Room

    def on_resize(self) -> None:
        self._again()

    def _arrange(self) -> None:
        """Positions take what they need, trades or chat a third, the chart the rest if it is enough."""
        body = self.size.height - 2 - self.notice.display - self.filter.display
        wanted = max(len(self._row.positions) if self._row else 0, 1) + 3
        positions = min(wanted, body // 2 if body >= COMFORTABLE else max(body // 3, 4))
        past = max(body // 3, 5)
        roomy = body - positions - past >= LEAST_CHART
        self.equity.display = roomy
        self._positions.styles.height = positions
        self.past.styles.height = past if roomy else "1fr"

    # Keys

    def action_back(self) -> None:
        if self.filter.value:
            self.filter.close(kept=False)
        else:
            self.monitor.pop_screen()

    def action_step(self, steps: int) -> None:
        """The next trader by rank, round and round."""
        board = self.monitor.board
        accounts = [standing.account for standing in board.standings] if board else []
        if self.account in accounts:
            self.choose(accounts[(accounts.index(self.account) + steps) % len(accounts)])
            self._again()

    def action_next_tab(self) -> None:
        self.past.choose(TRADES if self.past.tab == CHAT else CHAT)
        self._again()

    @on(PastPane.Turned)
    def _turned(self) -> None:
        self._again()

    def action_next_pane(self) -> None:
        (self.past.front if self.focused is self.held else self.held).focus()

    def action_focus_positions(self) -> None:
        self.held.focus()

    def action_focus_past(self) -> None:
        self.past.front.focus()

    def action_filter(self) -> None:
        self.filter.open()
        self._arrange()

    @on(Input.Changed)
    def _narrow(self) -> None:
        self._again()

    @on(FilterLine.Closed)
    def _filtered(self) -> None:
        self.past.front.focus()
        self._again()

    def action_next_range(self) -> None:
        self.equity.next_range()
        self._again()

    def action_toggle_percent(self) -> None:
        self.equity.toggle_percent()
        self._again()

    def action_sort_next(self) -> None:
        self._table.sort_next()

    def action_sort_reverse(self) -> None:
        self._table.sort_reverse()

    @property
    def _table(self) -> LiveTable[PositionRow] | LiveTable[Trade]:
        return self.past.trades if self.focused is self.past.trades else self.held

    @on(LiveTable.Selected)
    @on(FeedList.Selected)
    def _opened(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """The detail of what is highlighted in the focused pane."""
        held, trade, decision = self.held.highlighted, self.past.trade, self.past.decision
        detail = self.monitor.detail
        if self.focused is self.past.chat and decision is not None:
            detail.tell_decision(decision, self.monitor.engine.history)
        elif self.focused is self.past.trades and trade is not None:
            detail.tell(trade.id, Content("Trade"), Content.assemble(*details.trade_detail(trade)))
        elif self.focused is self.held and held is not None:
            detail.tell(held.coin, Content("Position"), Content.assemble(*details.position_detail(held)))
        else:
            return
        self.monitor.push_screen("detail")

    def action_copy_row(self) -> None:
        entry, trade, held = self.past.chat.highlighted, self.past.trade, self.held.highlighted
        text = ""
        if self.focused is self.past.chat and entry is not None:
            text = entry.text
        elif self.focused is self.past.trades and trade is not None:
            text = columns.copied(TRADE_COLUMNS, trade)
        elif held is not None:
            text = columns.copied(self._position_columns, held)
        if text:
            self.monitor.copy_row(text)

    def _again(self) -> None:
        """Paint the same board after a key changed how."""
        if self.is_mounted:
            self._arrange()
            self.show_board(self.monitor.board)
