"""The pane beside the chart: events, positions, trades and chat of the whole arena, one tab at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from nof1tui.domain.board import Board
from nof1tui.tui import entries
from nof1tui.tui.entries import Entry
from nof1tui.tui.lineup import Lineup
from nof1tui.tui.widgets.feed_list import FeedList

Tab = tuple[str, Callable[[Board, Lineup], Sequence[Entry]], Callable[[Board], object], str]
"""Title, its entries, the part of a board they depend on, and what an empty list says."""

TABS: tuple[Tab, ...] = (
    ("Events", entries.event_entries, lambda board: board.events, "Nothing has happened yet."),
    ("Positions", entries.position_entries, lambda board: board.accounts, "No trader holds a position."),
    ("Trades", entries.trade_entries, lambda board: board.trades, "No trade has been closed yet."),
    ("Chat", entries.chat_entries, lambda board: board.decisions, "No trader has said anything yet."),
)


def tab_line(titles: Sequence[str], chosen: int) -> Content:
    """Titles of tabs in a frame's upper edge, the chosen one marked by brackets."""
    parts: list[str | tuple[str, str]] = []
    for place, title in enumerate(titles):
        parts.append((f"[{title}]", "$accent bold") if place == chosen else (f" {title} ", "$muted"))
    return Content.assemble(*parts)


def tab_at(titles: Sequence[str], x: int) -> int | None:
    """Which tab lies under the x-th cell of the tab line."""
    for place, title in enumerate(titles):
        if 0 <= x < len(title) + 2:
            return place
        x -= len(title) + 2
    return None


class SidePane(Vertical):
    """Feeds only the tab that is seen, and only when what it shows is new."""

    DEFAULT_CSS = """
    SidePane { border: round $frame; padding: 0 1; }
    SidePane:focus-within { border: round $accent; }
    """

    class Turned(Message):
        """Another tab was chosen with the mouse and wants to be fed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.tab = 0
        self.feed = FeedList(empty=TABS[0][3])
        self._shown: tuple[int, object, Lineup] | None = None

    def compose(self) -> ComposeResult:
        yield self.feed

    def on_mount(self) -> None:
        self.border_title = tab_line([tab[0] for tab in TABS], self.tab)

    def show_board(self, board: Board, lineup: Lineup) -> None:
        _, make, part, empty = TABS[self.tab]
        now = (self.tab, part(board), lineup)
        if self._shown is not None and all(new is old for new, old in zip(now, self._shown, strict=True)):
            return
        self._shown = now
        self.feed.show_entries(make(board, lineup), empty=empty)

    def choose(self, tab: int) -> None:
        """Turn to a tab; the caller feeds it."""
        self.tab = tab % len(TABS)
        self.border_title = tab_line([item[0] for item in TABS], self.tab)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None and event.y == 0:
            tab = tab_at([item[0] for item in TABS], event.x - 2)
            if tab is not None:
                event.stop()
                self.choose(tab)
                self.post_message(self.Turned())
