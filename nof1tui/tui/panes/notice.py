"""The line that describes a fault in full; the status corner shows only a word."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from nof1tui.domain.board import Board
from nof1tui.domain.health import STALE_AFTER, FeedHealth, Health
from nof1tui.domain.records import Feed
from nof1tui.tui.style import format as fmt


def notice_text(board: Board | None, now: datetime, stopped: str | None) -> str:
    """The most important fault at this moment; empty without one."""
    if stopped:
        return stopped
    if board is None:
        return ""
    health = board.health
    order = sorted(health.feeds.values(), key=lambda feed: (feed.feed is not Feed.ACCOUNTS, feed.feed))
    faults = [f"{feed.feed.value}: {_retry_text(feed, now)}{feed.failure}" for feed in order if feed.failure]
    if not faults:
        faults = _stale_data(health, now)
    if health.store.failure:
        queued = f" ({health.store.pending:,} records queued)" if health.store.pending else ""
        faults.insert(1 if faults else 0, f"store: {health.store.failure}{queued}")
    if health.store.dropped:
        faults.insert(0, f"store: {health.store.dropped:,} records dropped (spool full)")
    if health.store.rejected and not health.store.failure:
        faults.append(f"store: {health.store.rejected:,} records set aside. See `nof1-tui db rejected`.")
    if not faults:
        return ""
    more = f"  (+{len(faults) - 1} more)" if len(faults) > 1 else ""
    return fmt.sanitise_line(faults[0], 400) + more


def _retry_text(feed: FeedHealth, now: datetime) -> str:
    """When a failed feed is polled again; empty where that is due."""
    if feed.retry_at is None or feed.retry_at <= now:
        return ""
    return f"retrying in {fmt.age((feed.retry_at - now).total_seconds())}; "


def _stale_data(health: Health, now: datetime) -> list[str]:
    """Why figures are stale though no feed fails; empty where they are not stale."""
    store, accounts = health.store, health.feed(Feed.ACCOUNTS)
    if store.role == "viewer" and store.collector is None and store.failure is None:
        return ["No collector running; data is not updating. Start one: `nof1-tui collect`."]
    if health.state(now) != "stale" or accounts.newest_at is None or accounts.last_ok_at is None:
        return []
    record_age = fmt.age((health.upstream_time(now) - accounts.newest_at).total_seconds())
    response_age_s = (now - accounts.last_ok_at).total_seconds()
    if response_age_s < STALE_AFTER.total_seconds():
        return [f"accounts: the API responds, but its newest figures are {record_age} old."]
    return [f"accounts: no response for {fmt.age(response_age_s)}. 8 feeds · r poll now"]


class Notice(Static):
    """One line, visible only while there is a fault."""

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
