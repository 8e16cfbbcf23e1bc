"""The pane beside the chart: events, positions, trades and chat of all traders in tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.style.list_entry import ListEntry
from nof1tui.tui.table.entry_list import EntryList
from nof1tui.tui.text import entries
from nof1tui.tui.text.empty_states import FEED_NOUNS, WALLETS_HAVE_NO_CHAT, is_feed_absent


@dataclass(frozen=True, slots=True)
class ActivityTab:
    """One list of the pane."""

    title: str
    build_entries: Callable[[Board, TraderIdentities], Sequence[ListEntry]]
    source_of: Callable[[Board], object]
    """The part of a board that its entries are built from; compared by identity."""
    feed: Feed
    empty_text: str
    """Shown when the feed has responded without entries."""

    def empty_text_for(self, board: Board) -> str:
        """The text shown without entries: for a failed feed, that it is not responding."""
        if is_feed_absent(board, self.feed):
            return WALLETS_HAVE_NO_CHAT
        if board.as_of is None and board.health.feed(self.feed).failure is not None:
            return f"No {FEED_NOUNS[self.feed]}: the API is not responding. 8 feeds"
        return self.empty_text


ACTIVITY_TABS = (
    ActivityTab("Events", entries.event_entries, attrgetter("events"), Feed.ACCOUNTS, "No events yet."),
    ActivityTab(
        "Positions",
        entries.position_entries,
        attrgetter("accounts"),
        Feed.ACCOUNTS,
        "No open positions.",
    ),
    ActivityTab("Trades", entries.trade_entries, attrgetter("trades"), Feed.TRADES, "No closed trades yet."),
    ActivityTab(
        "Chat",
        entries.chat_entries,
        attrgetter("decisions"),
        Feed.DECISIONS,
        "No decisions yet.",
    ),
)
_TAB_TITLES = tuple(tab.title for tab in ACTIVITY_TABS)


def tab_line(titles: Sequence[str], chosen: int) -> Content:
    """Tab titles for a frame's upper edge, the chosen one in brackets."""
    parts: list[str | tuple[str, str]] = []
    for place, title in enumerate(titles):
        parts.append((f"[{title}]", "$accent bold") if place == chosen else (f" {title} ", "$muted"))
    return Content.assemble(*parts)


def tab_at(titles: Sequence[str], x: int) -> int | None:
    """Index of the tab under the x-th cell of the tab line; None beside the tabs."""
    for place, title in enumerate(titles):
        if 0 <= x < len(title) + 2:
            return place
        x -= len(title) + 2
    return None


class ActivityPane(Vertical):
    """Updates only the visible tab, and only when its records changed."""

    DEFAULT_CSS = """
    ActivityPane { border: round $frame; padding: 0 1; }
    ActivityPane:focus-within { border: round $accent; }
    """

    class TabChanged(Message):
        """Another tab was chosen with the mouse; the screen updates it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.tab = 0
        self.entry_list = EntryList(empty=ACTIVITY_TABS[0].empty_text)
        self._inputs: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield self.entry_list

    def on_mount(self) -> None:
        self.border_title = tab_line(_TAB_TITLES, self.tab)

    def show_board(self, board: Board, identities: TraderIdentities) -> None:
        """Show the board's entries of the chosen tab."""
        tab = ACTIVITY_TABS[self.tab]
        inputs = (tab, tab.source_of(board), identities, board.as_of, board.health.feed(tab.feed).failure)
        if self._inputs and all(new is old for new, old in zip(inputs, self._inputs, strict=True)):
            return
        self._inputs = inputs
        self.entry_list.show_entries(tab.build_entries(board, identities), empty=tab.empty_text_for(board))

    def choose(self, tab: int) -> None:
        """Select a tab; the caller updates it."""
        self.tab = tab % len(ACTIVITY_TABS)
        self.border_title = tab_line(_TAB_TITLES, self.tab)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None and event.y == 0:
            tab = tab_at(_TAB_TITLES, event.x - 2)
            if tab is not None:
                event.stop()
                self.choose(tab)
                self.post_message(self.TabChanged())
