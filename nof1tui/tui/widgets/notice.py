"""The line that says in full what is wrong, where the corner has only room for a word."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from nof1tui.domain.board import Board
from nof1tui.domain.model import Feed
from nof1tui.tui import format as fmt


def notice_text(board: Board | None, stopped: str | None) -> str:
    """The most important fault there is, or nothing."""
    if stopped:
        return stopped
    if board is None:
        return ""
    health = board.health
    order = sorted(health.feeds.values(), key=lambda feed: (feed.feed is not Feed.ACCOUNTS, feed.feed))
    faults = [f"{feed.feed.value}: {feed.failure}" for feed in order if feed.failure]
    if health.store.failure:
        waiting = f" ({health.store.waiting:,} records wait)" if health.store.waiting else ""
        faults.insert(1 if faults else 0, f"store: {health.store.failure}{waiting}")
    if health.store.lost:
        faults.insert(0, f"store: {health.store.lost:,} records were lost, the backlog was full")
    if not faults:
        return ""
    more = f"  (+{len(faults) - 1} more)" if len(faults) > 1 else ""
    return fmt.plain_line(faults[0], 400) + more


class Notice(Static):
    """One line, there only while it has something to say."""

    DEFAULT_CSS = """
    Notice { height: 1; display: none; padding: 0 1; background: $warn 18%; color: $warn;
             text-overflow: ellipsis; text-wrap: nowrap;
             &:ansi { background: $background; text-style: reverse; } }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.text = ""

    def show(self, text: str) -> None:
        if text == self.text:
            return
        self.text = text
        self.update(Content(f"⚠ {text}"), layout=False)
        self.display = bool(text)
