"""The corner that tells whether the figures are fresh: the age of the newest record, never of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from nof1tui.domain.board import Board
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import Feed
from nof1tui.tui.columns.reconciliation import drift_status
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import StyledText

_MIN_DETAIL_WIDTH = 18
"""Cells below which only the state and the age are told."""


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """What the corner knows besides the board."""

    badge: str | None = None
    """`DEMO`, `REPLAY ×60`."""
    paused_at: datetime | None = None
    stopped: bool = False
    """The engine has ended by a fault: nothing new will come."""
    speed: int = 0
    """Of the play of the past; 0 while time stands still."""


def status_parts(board: Board | None, now: datetime, condition: MonitorStatus, room: int) -> list[StyledText]:
    """The corner's words for this moment, in at most about `room` cells."""
    parts = [(f"{fmt.sanitise_line(condition.badge)} ", "$warn bold")] if condition.badge else []
    parts.append(_state(board, now, condition, room - sum(len(text) for text, _ in parts)))
    store = _store(board)
    if store:
        parts.append((f" {store}", "$loss bold"))
    drift = drift_status(board.reconciliations, room - sum(len(text) for text, _ in parts)) if board else None
    return [*parts, drift] if drift else parts


def _state(board: Board | None, now: datetime, condition: MonitorStatus, room: int) -> StyledText:
    if board is None:
        return ("✕ STOPPED", "$loss bold") if condition.stopped else ("○ STARTING", "$muted")
    newest = board.newest_at
    theirs = board.health.upstream_time(now) if board.as_of is None else now
    old = None if newest is None else fmt.age((theirs - newest).total_seconds())
    if condition.stopped:
        return f"✕ STOPPED {old or ''}".rstrip(), "$loss bold"
    if condition.paused_at is not None:
        return f"⏸ PAUSED {fmt.age((now - condition.paused_at).total_seconds())}", "$warn bold"
    if board.as_of is not None:
        away = fmt.age((now - board.as_of).total_seconds())
        sign = f"▶ ×{condition.speed}" if condition.speed else "◀"
        return f"{sign} {fmt.moment(board.as_of)}" + (f" (−{away})" if room >= 28 else ""), "$accent bold"
    state = board.health.state(now)
    if state == "live" and board.health.store.role in ("follower", "viewer"):
        return _following(board.health.store.collector, old, room), "$gain"
    if state == "live":
        return f"● LIVE {old}", "$gain"
    if state == "stale":
        return f"◐ STALE {old}", "$warn bold"
    loading = board.health.feed(Feed.ACCOUNTS).loading
    if state == "empty" and loading is not None:
        return f"↓ LOADING {fmt.byte_size(loading.body_bytes)}", "$warn"
    if state == "empty" and old is None:
        return "○ WAITING", "$muted"
    if state == "empty":
        return f"◐ STORED {old}", "$warn"
    return _down(board.health.feed(Feed.ACCOUNTS), old, now, room), "$loss bold"


def _following(holder: str | None, old: str | None, room: int) -> str:
    """`⇄ FOLLOWING 4711@host 3s`, with less where there is no room."""
    text = f"⇄ FOLLOWING {fmt.sanitise_line(holder or 'another instance', 24)} {old}"
    return text if len(text) <= room else f"⇄ LIVE {old}"


def _down(feed: FeedHealth, old: str | None, now: datetime, room: int) -> str:
    """`○ DOWN 429 · retry 2m · data 4m`, with less where there is no room; the data's age goes first."""
    text = "○ DOWN" + (f" {feed.status}" if feed.status else "")
    if room < _MIN_DETAIL_WIDTH:
        return f"{text} {old}" if old else text
    data = f" · data {old}" if old else ""
    if feed.retry_at is not None:
        wait = (feed.retry_at - now).total_seconds()
        retry = f" · retry {fmt.age(wait)}" if wait > 0 else " · retrying"
        text += retry if len(text + retry + data) <= room or not data else ""
    return text + data


def _store(board: Board | None) -> str:
    if board is None:
        return ""
    store = board.health.store
    return f"db! {store.pending:,}" if store.pending or store.failure else ""


class StatusCorner(Static):
    """Repaints itself alone, and only when its words changed."""

    DEFAULT_CSS = """
    StatusCorner { width: 12; height: 1; text-align: right; padding: 0 1 0 0; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.parts: list[StyledText] = []

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.parts)

    def show(self, parts: list[StyledText]) -> None:
        if parts == self.parts:
            return
        self.parts = parts
        self.update(Content.assemble(*parts), layout=False)
        needed = -(-(len(self.text) + 1) // 4) * 4
        if self.styles.width is None or self.styles.width.value != needed:
            self.styles.width = needed
