"""Toasts for recent events: a new leader, a closed trade, a flip, a feed down or recovered."""

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
"""Older events are not shown."""
MIN_NOTICE_PAUSE_S = 8.0
"""Time between two toasts; events in between are shown in the next one."""
_MAX_LINES = 3
MAX_NOTICE_BURST = 12
"""More new events than this in one board are a loaded history and are not shown."""


class EventNotices:
    """Collects new events of successive boards into toasts, at most one per `MIN_NOTICE_PAUSE_S`."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: frozenset[str] | None = None
        self._queued: tuple[Event, ...] = ()
        self._last_notice_s = -MIN_NOTICE_PAUSE_S

    def next_notice(self, board: Board, now: datetime, identities: TraderIdentities) -> str:
        """Text of the toast that is due, or an empty string. Events of the first board are not new."""
        recent = [
            event for event in board.events if event.kind in _NOTICE_KINDS and now - event.at <= _MAX_AGE
        ]
        fresh = [event for event in recent if self._seen is not None and event.id not in self._seen]
        self._seen = frozenset(event.id for event in recent)
        self._queued = (*fresh, *self._queued)
        if len(self._queued) > MAX_NOTICE_BURST:
            self._queued = ()
        if not self._queued or self._monotonic() - self._last_notice_s < MIN_NOTICE_PAUSE_S:
            return ""
        shown, self._queued = self._queued, ()
        self._last_notice_s = self._monotonic()
        lines = [_event_line(event, identities) for event in shown[:_MAX_LINES]]
        if len(shown) > _MAX_LINES:
            lines.append(f"… {len(shown) - _MAX_LINES} more (7)")
        return "\n".join(lines)


def _event_line(event: Event, identities: TraderIdentities) -> str:
    description = describe_event(event, identities)
    if event.feed:
        return f"{description.verb.text}: {description.detail}"
    net = "" if event.net_usd is None else f"  {fmt.gain_usd(event.net_usd, cents=True)}"
    return f"{description.subject} {description.verb.text} {description.detail}{net}"
