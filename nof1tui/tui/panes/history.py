"""Closed trades, decisions and statistics of one trader in tabs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.figures.views import AccountView, TradeView
from nof1tui.domain.records import AccountKey, Decision, Feed
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.tui.chart.series import ChartRange, metrics_span
from nof1tui.tui.columns.stats import FIGURE_COLUMNS, FigureRow, account_view, figure_rows
from nof1tui.tui.columns.trader import trade_columns, trade_filter_text
from nof1tui.tui.panes.activity import tab_at, tab_line
from nof1tui.tui.table.entry_list import EntryList
from nof1tui.tui.table.filtering import matcher
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.text import entries
from nof1tui.tui.text.empty_states import WALLETS_HAVE_NO_CHAT, has_decisions, is_feed_absent, no_match_text

_TRADES_TAB, _CHAT_TAB, _STATS_TAB = 0, 1, 2
_NO_TRADES = "No closed trades yet."
_NO_CHAT = "No decisions yet."
_NO_FIGURES = "No figures yet."


class HistoryPane(Vertical):
    """Updates only the visible tab."""

    DEFAULT_CSS = """
    HistoryPane { border: round $frame; }
    HistoryPane:focus-within { border: round $accent; }
    HistoryPane LiveTable { height: 1fr; }
    """

    class TabChanged(Message):
        """Another tab was chosen with the mouse; the screen updates it."""

    def __init__(self) -> None:
        super().__init__()
        self.tab = _TRADES_TAB
        self.trades: LiveTable[TradeView] = LiveTable(trade_columns(), key=lambda view: view.trade.id)
        self.chat = EntryList(empty=_NO_CHAT, body_lines=3, indent=13)
        self.figures: LiveTable[FigureRow] = LiveTable(FIGURE_COLUMNS, key=lambda row: row.key)
        self._stats_cache = StatsCache()
        self.view: AccountView | None = None
        """The account of the listed figures."""
        self._titles = ("Trades", "Chat", "Stats")
        self._inputs: tuple[object, ...] = ()
        self._decisions: dict[str, Decision] = {}

    def compose(self) -> ComposeResult:
        yield self.trades
        yield self.chat
        yield self.figures

    def on_mount(self) -> None:
        self.choose(_TRADES_TAB)

    @property
    def active_list(self) -> Widget:
        """The visible list."""
        return (self.trades, self.chat, self.figures)[self.tab]

    @property
    def trade(self) -> TradeView | None:
        """The highlighted trade."""
        return self.trades.highlighted

    @property
    def decision(self) -> Decision | None:
        """The highlighted decision."""
        entry = self.chat.highlighted
        return self._decisions.get(entry.key) if entry else None

    @property
    def decisions(self) -> list[Decision]:
        """The listed decisions, in list order."""
        return [self._decisions[entry.key] for entry in self.chat.entries]

    def choose(self, tab: int) -> None:
        """Select a tab; the caller updates it."""
        had_focus = self.has_focus_within
        self.tab = tab
        for place, widget in enumerate((self.trades, self.chat, self.figures)):
            widget.display = place == tab
        self.border_title = tab_line(self._titles, tab)
        if had_focus:
            self.active_list.focus()

    def show(
        self, board: Board, account: AccountKey, pattern: str, chosen: ChartRange, now: datetime
    ) -> None:
        """Show this account's rows that pass the filter; figures cover the chosen range."""
        log = board.trades.get(account, TradeLog())
        figure_inputs = (board.curves, chosen) if self.tab == _STATS_TAB else ()
        inputs = (account, log.trades, board.decisions, self.tab, pattern, self.app.theme, figure_inputs)
        if inputs == self._inputs:
            return
        self._inputs = inputs
        decisions = [decision for decision in board.decisions if decision.account == account]
        self._decisions = {decision.id: decision for decision in decisions}
        if self.tab == _TRADES_TAB:
            trader = board.roster.trader(account.trader)
            self._show_trades([TradeView(trade, trader) for trade in log.trades], pattern)
        elif self.tab == _STATS_TAB:
            self._show_figures(board, account, pattern, chosen, now)
        else:
            self._show_chat(decisions, pattern, is_absent=is_feed_absent(board, Feed.DECISIONS))
        self._update_title(len(log.trades), len(decisions) if has_decisions(account) else None, chosen)

    def _show_trades(self, trades: Sequence[TradeView], pattern: str) -> None:
        passes = matcher(pattern)
        self.trades.set_empty_state(no_match_text(pattern, len(trades)) if pattern else _NO_TRADES)
        self.trades.show_rows([trade for trade in trades if passes(trade_filter_text(trade))])

    def _show_figures(
        self, board: Board, account: AccountKey, pattern: str, chosen: ChartRange, now: datetime
    ) -> None:
        passes = matcher(pattern)
        self.view = account_view(board, account, self._stats_cache, now, metrics_span(board, chosen))
        rows = figure_rows(self.view) if self.view else []
        self.figures.set_empty_state(no_match_text(pattern, len(rows)) if pattern else _NO_FIGURES)
        self.figures.show_rows([row for row in rows if passes(row.filter_text)])

    def _show_chat(self, decisions: Sequence[Decision], pattern: str, *, is_absent: bool) -> None:
        passes = matcher(pattern)
        chat = (entries.decision_entry(decision, None) for decision in decisions)
        empty = WALLETS_HAVE_NO_CHAT if is_absent else _NO_CHAT
        self.chat.show_entries(
            [entry for entry in chat if passes(entry.text)],
            empty=no_match_text(pattern, len(decisions)) if pattern else empty,
        )

    def _update_title(self, trades: int, decisions: int | None, chosen: ChartRange) -> None:
        """Put the counts into the tab titles; `decisions` is None for a trader without chat."""
        stats = "Stats" if chosen.seconds is None else f"Stats, {chosen.column_title}"
        chat = "Chat" if decisions is None else f"Chat ({decisions})"
        titles = (f"Trades ({trades})", chat, stats)
        if titles != self._titles:
            self._titles = titles
            self.border_title = tab_line(titles, self.tab)

    def on_click(self, event: events.Click) -> None:
        if event.screen_y == self.region.y:
            tab = tab_at(self._titles, event.screen_x - self.region.x - 2)
            if tab is not None:
                self.choose(tab)
                self.post_message(self.TabChanged())
