"""The status corner: whether the figures are fresh, by the age of the newest record, not of a response."""

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
"""Cells below which only the state and the age are shown."""


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """State of the app that the corner shows beside the board's."""

    badge: str | None = None
    """`DEMO`, `REPLAY ×60`."""
    paused_at: datetime | None = None
    stopped: bool = False
    """The engine has ended; no new board comes."""
    speed: int = 0
    """Speed of play; 0 while not playing."""


def status_parts(board: Board | None, now: datetime, status: MonitorStatus, width: int) -> list[StyledText]:
    """The corner's text at this moment, in about `width` cells at most."""
    parts = [(f"{fmt.sanitise_line(status.badge)} ", "$warn bold")] if status.badge else []
    parts.append(_state(board, now, status, width - sum(len(text) for text, _ in parts)))
    store = _store_text(board)
    if store:
        parts.append((f" {store}", "$loss bold"))
    drift = (
        drift_status(board.reconciliations, width - sum(len(text) for text, _ in parts)) if board else None
    )
    return [*parts, drift] if drift else parts


def _state(board: Board | None, now: datetime, status: MonitorStatus, width: int) -> StyledText:
    if board is None:
        return ("✕ STOPPED", "$loss bold") if status.stopped else ("○ STARTING", "$muted")
    newest = board.newest_at
    server_now = board.health.upstream_time(now) if board.as_of is None else now
    data_age = None if newest is None else fmt.age((server_now - newest).total_seconds())
    if status.stopped:
        return f"✕ STOPPED {data_age or ''}".rstrip(), "$loss bold"
    if status.paused_at is not None:
        return f"⏸ PAUSED {fmt.age((now - status.paused_at).total_seconds())}", "$warn bold"
    if board.as_of is not None:
        distance = fmt.age((now - board.as_of).total_seconds())
        sign = f"▶ ×{status.speed}" if status.speed else "◀"
        suffix = f" (−{distance})" if width >= 28 else ""
        return f"{sign} {fmt.moment(board.as_of)}{suffix}", "$accent bold"
    return _live_state(board, data_age, now, width)


def _live_state(board: Board, data_age: str | None, now: datetime, width: int) -> StyledText:
    """The state of a live board: following, live, stale, loading, waiting, stored or down."""
    state = board.health.state(now)
    if state == "live" and board.health.store.role in ("follower", "viewer"):
        return _following_text(board.health.store.collector, data_age, width), "$gain"
    if state == "live":
        return f"● LIVE {data_age}", "$gain"
    if state == "stale":
        return f"◐ STALE {data_age}", "$warn bold"
    loading = board.health.feed(Feed.ACCOUNTS).loading
    if state == "empty" and loading is not None:
        return f"↓ LOADING {fmt.byte_size(loading.body_bytes)}", "$warn"
    if state == "empty" and data_age is None:
        return "○ WAITING", "$muted"
    if state == "empty":
        return f"◐ STORED {data_age}", "$warn"
    return _down_text(board.health.feed(Feed.ACCOUNTS), data_age, now, width), "$loss bold"


def _following_text(collector: str | None, data_age: str | None, width: int) -> str:
    """`⇄ FOLLOWING 4711@host 3s`, shortened where it does not fit."""
    text = f"⇄ FOLLOWING {fmt.sanitise_line(collector or 'another instance', 24)} {data_age}"
    return text if len(text) <= width else f"⇄ LIVE {data_age}"


def _down_text(feed: FeedHealth, data_age: str | None, now: datetime, width: int) -> str:
    """`○ DOWN 429 · retry 2m · data 4m`, shortened where it does not fit; the retry is left out first."""
    text = "○ DOWN" + (f" {feed.status}" if feed.status else "")
    if width < _MIN_DETAIL_WIDTH:
        return f"{text} {data_age}" if data_age else text
    data = f" · data {data_age}" if data_age else ""
    if feed.retry_at is not None:
        wait = (feed.retry_at - now).total_seconds()
        retry = f" · retry {fmt.age(wait)}" if wait > 0 else " · retrying"
        text += retry if len(text + retry + data) <= width or not data else ""
    return text + data


def _store_text(board: Board | None) -> str:
    if board is None:
        return ""
    store = board.health.store
    if store.pending or (store.failure and not store.rejected):
        return f"db! {store.pending:,}"
    return f"db! {store.rejected:,} aside" if store.rejected else ""


class StatusCorner(Static):
    """Repaints only itself, and only when its text changed."""

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
