"""What a trader has done: its closed trades, its chat and its figures, one tab at a time."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.records import AccountKey, Decision, Feed, Trade
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.tui.chart.series import ChartRange, metrics_span
from nof1tui.tui.columns import trader
from nof1tui.tui.columns.stats import FIGURE_COLUMNS, FigureRow, figure_rows
from nof1tui.tui.panes.activity import tab_at, tab_line
from nof1tui.tui.table.entry_list import EntryList
from nof1tui.tui.table.filtering import matcher
from nof1tui.tui.table.live_table import LiveTable
from nof1tui.tui.text import entries
from nof1tui.tui.text.empty_states import WALLETS_HAVE_NO_CHAT, has_decisions, is_feed_absent, no_match_text

_TRADES_TAB, _CHAT_TAB, _STATS_TAB = 0, 1, 2
_NO_TRADES = "No trade has been closed yet."
_NO_CHAT = "Nothing has been said yet."
_NO_FIGURES = "There are no figures yet."


class HistoryPane(Vertical):
    """Feeds only the tab that is seen."""

    DEFAULT_CSS = """
    PastPane { border: round $frame; }
    PastPane:focus-within { border: round $accent; }
    PastPane LiveTable { height: 1fr; }
    """

    class TabChanged(Message):
        """Another tab was chosen with the mouse and wants to be fed."""

    def __init__(self) -> None:
        super().__init__()
        self.tab = _TRADES_TAB
        self.trades: LiveTable[Trade] = LiveTable(
            trader.TRADE_COLUMNS,
            key=lambda trade: trade.id,
        )
        self.chat = EntryList(empty=_NO_CHAT, body_lines=3, indent=13)
        self.figures: LiveTable[FigureRow] = LiveTable(FIGURE_COLUMNS, key=lambda row: row.key)
        self._book = StatsCache()
        self._titles = ("Trades", "Chat", "Stats")
        self._shown: tuple[object, ...] = ()
        self._decisions: dict[str, Decision] = {}

    def compose(self) -> ComposeResult:
        yield self.trades
        yield self.chat
        yield self.figures

    def on_mount(self) -> None:
        self.choose(_TRADES_TAB)

    @property
    def active_list(self) -> Widget:
        """The list that is seen."""
        return (self.trades, self.chat, self.figures)[self.tab]

    @property
    def trade(self) -> Trade | None:
        """The trade under the highlight."""
        return self.trades.highlighted

    @property
    def decision(self) -> Decision | None:
        """The decision under the highlight."""
        entry = self.chat.highlighted
        return self._decisions.get(entry.key) if entry else None

    @property
    def decisions(self) -> list[Decision]:
        """The decisions that are shown, in their order."""
        return [self._decisions[entry.key] for entry in self.chat.entries]

    def choose(self, tab: int) -> None:
        """Turn to a tab; the caller feeds it."""
        had_focus = self.has_focus_within
        self.tab = tab
        for place, widget in enumerate((self.trades, self.chat, self.figures)):
            widget.display = place == tab
        self.border_title = tab_line(self._titles, tab)
        if had_focus:
            self.active_list.focus()

    def show(self, board: Board, account: AccountKey, pattern: str, chosen: ChartRange) -> None:
        """Show what of this account's past passes the filter; figures are those of the range chosen."""
        log = board.trades.get(account, TradeLog())
        moved = (board.curves, chosen) if self.tab == _STATS_TAB else ()
        shown = (account, log.trades, board.decisions, self.tab, pattern, self.app.theme, moved)
        if shown == self._shown:
            return
        self._shown = shown
        said = [decision for decision in board.decisions if decision.account == account]
        self._decisions = {decision.id: decision for decision in said}
        passes = matcher(pattern)
        filtered = no_match_text(pattern) if pattern else ""
        if self.tab == _TRADES_TAB:
            self.trades.set_empty_state(filtered or _NO_TRADES)
            self.trades.show_rows([t for t in log.trades if passes(trader.trade_filter_text(t))])
        elif self.tab == _STATS_TAB:
            told = self._book.figures(board, metrics_span(board, chosen))
            mine = [row for its in told if its.account == account for row in figure_rows(its)]
            self.figures.set_empty_state(filtered or _NO_FIGURES)
            self.figures.show_rows([row for row in mine if passes(row.filter_text)])
        else:
            chat = (entries.decision_entry(decision, None) for decision in said)
            said_so = [entry for entry in chat if passes(entry.text)]
            silent = WALLETS_HAVE_NO_CHAT if is_feed_absent(board, Feed.DECISIONS) else _NO_CHAT
            self.chat.show_entries(said_so, empty=filtered or silent)
        figures = "Stats" if chosen.seconds is None else f"Stats, {chosen.column_title}"
        chatted = f"Chat ({len(said)})" if has_decisions(account) else "Chat"
        titles = (f"Trades ({len(log.trades)})", chatted, figures)
        if titles != self._titles:
            self._titles = titles
            self.border_title = tab_line(titles, self.tab)

    def on_click(self, event: events.Click) -> None:
        if event.screen_y == self.region.y:
            tab = tab_at(self._titles, event.screen_x - self.region.x - 2)
            if tab is not None:
                self.choose(tab)
                self.post_message(self.TabChanged())
