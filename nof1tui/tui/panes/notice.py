"""The line that says in full what is wrong, where the corner has only room for a word."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from nof1tui.domain.board import Board
from nof1tui.domain.health import STALE_AFTER, FeedHealth, Health
from nof1tui.domain.records import Feed
from nof1tui.tui.style import format as fmt


def notice_text(board: Board | None, now: datetime, stopped: str | None) -> str:
    """The most important fault there is at this moment, or nothing."""
    if stopped:
        return stopped
    if board is None:
        return ""
    health = board.health
    order = sorted(health.feeds.values(), key=lambda feed: (feed.feed is not Feed.ACCOUNTS, feed.feed))
    faults = [f"{feed.feed.value}: {_again(feed, now)}{feed.failure}" for feed in order if feed.failure]
    if not faults:
        faults = _standing_still(health, now)
    if health.store.failure:
        waiting = f" ({health.store.pending:,} records wait)" if health.store.pending else ""
        faults.insert(1 if faults else 0, f"store: {health.store.failure}{waiting}")
    if health.store.dropped:
        faults.insert(0, f"store: {health.store.dropped:,} records were lost, the backlog was full")
    if not faults:
        return ""
    more = f"  (+{len(faults) - 1} more)" if len(faults) > 1 else ""
    return fmt.sanitise_line(faults[0], 400) + more


def _again(feed: FeedHealth, now: datetime) -> str:
    """When a feed that has failed is asked again, where that is a while away."""
    if feed.retry_at is None or feed.retry_at <= now:
        return ""
    return f"asked again in {fmt.age((feed.retry_at - now).total_seconds())}; "


def _standing_still(health: Health, now: datetime) -> list[str]:
    """Figures that grow old though nothing fails."""
    store, accounts = health.store, health.feed(Feed.ACCOUNTS)
    if store.role == "viewer" and store.collector is None and store.failure is None:
        return ["nobody collects now: the figures stand still. `nof1-tui collect` goes on."]
    if health.state(now) != "stale" or accounts.newest_at is None or accounts.last_ok_at is None:
        return []
    theirs = health.upstream_time(now)
    old = fmt.age((theirs - accounts.newest_at).total_seconds())
    answered = (now - accounts.last_ok_at).total_seconds()
    if answered < STALE_AFTER.total_seconds():
        return [f"accounts: upstream answers, but its newest figures are {old} old. They stand still there."]
    return [f"accounts: no answer has come for {fmt.age(answered)}. r asks now, 8 shows every feed."]


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
