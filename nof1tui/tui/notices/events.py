"""What just happened, in few words: a new lead, a trade closed, a flip, a feed that went or came back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.tui.columns.events import describe_event
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.identities import TraderIdentities

_NOTICE_KINDS = frozenset({"lead", "closed", "flipped", "down", "up"})
_MAX_AGE = timedelta(minutes=10)
"""An event older than this is history, however new it is to us."""
MIN_NOTICE_PAUSE_S = 8.0
"""Between two toasts; what comes meanwhile is told with the next one."""
_MAX_LINES = 3
MAX_NOTICE_BURST = 12
"""So many at once are a history being read: nothing of it just happened."""


class EventNotices:
    """Hears every board, tells what is new since the one before, and never often."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._heard: frozenset[str] | None = None
        self._waiting: tuple[Event, ...] = ()
        self._told_at = -MIN_NOTICE_PAUSE_S

    def next_notice(self, board: Board, now: datetime, lineup: TraderIdentities) -> str:
        """What to say now, plain; empty for nothing. Of the first board nothing is news."""
        recent = [
            event for event in board.events if event.kind in _NOTICE_KINDS and now - event.at <= _MAX_AGE
        ]
        fresh = [event for event in recent if self._heard is not None and event.id not in self._heard]
        self._heard = frozenset(event.id for event in recent)
        self._waiting = (*fresh, *self._waiting)
        if len(self._waiting) > MAX_NOTICE_BURST:
            self._waiting = ()
        if not self._waiting or self._monotonic() - self._told_at < MIN_NOTICE_PAUSE_S:
            return ""
        told, self._waiting = self._waiting, ()
        self._told_at = self._monotonic()
        lines = [_words(event, lineup) for event in told[:_MAX_LINES]]
        if len(told) > _MAX_LINES:
            lines.append(f"… and {len(told) - _MAX_LINES} more, on the Events screen")
        return "\n".join(lines)


def _words(event: Event, lineup: TraderIdentities) -> str:
    line = describe_event(event, lineup)
    if event.feed:
        return f"{line.verb.text}: {line.detail}"
    net = "" if event.net_usd is None else f"  {fmt.gain_usd(event.net_usd, cents=True)}"
    return f"{line.subject} {line.verb.text} {line.detail}{net}"
