"""Alerts of a board as toasts and terminal notifications, each once, on collector and follower alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nof1tui.domain.alerts.alert import CHANNELS, Channel
from nof1tui.domain.alerts.evaluate import rule_id_of
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.tui.terminal.notifications import notification_sequence

_MAX_LINES = 3
"""Most alerts listed in one toast."""


@dataclass(frozen=True, slots=True)
class TerminalAlertChannels:
    """The terminal channels of each alert rule."""

    by_rule: Mapping[str, Sequence[Channel]] = field(default_factory=dict)
    """Channels of the configured rules, by rule id."""
    default: Sequence[Channel] = ("toast", "bell")
    """Channels of rules that only another instance has configured."""
    in_tmux: bool = False

    def channels_of(self, event: Event) -> Sequence[Channel]:
        return self.by_rule.get(rule_id_of(event), self.default)


class AlertNotices:
    """Returns each alert once. Alerts from before `since`, the start of the app, are ignored."""

    def __init__(self, channels: TerminalAlertChannels, since: datetime) -> None:
        self._channels = channels
        self._since = since
        self._seen: frozenset[str] = frozenset()

    def new_alerts(self, board: Board) -> Sequence[Event]:
        """The board's alerts not returned before, oldest first."""
        alerts = [event for event in board.events if event.kind == "alert" and event.at >= self._since]
        fresh = [event for event in alerts if event.id not in self._seen]
        self._seen |= {event.id for event in fresh}
        return fresh[::-1]

    def toast_text(self, alerts: Sequence[Event]) -> str:
        """Sanitised text of one toast for these alerts; empty where none has the toast channel."""
        shown = [alert for alert in alerts if "toast" in self._channels.channels_of(alert)]
        lines = [sanitise_line(alert.reason or "", 200) for alert in shown[:_MAX_LINES]]
        if len(shown) > _MAX_LINES:
            lines.append(f"… {len(shown) - _MAX_LINES} more (7)")
        return "\n".join(lines)

    def terminal_sequences(self, alerts: Sequence[Event]) -> str:
        """Escape sequences for the terminal: each channel once, for its newest alert."""
        newest = {channel: alert for alert in alerts for channel in self._channels.channels_of(alert)}
        return "".join(
            notification_sequence(channel, newest[channel].reason or "", in_tmux=self._channels.in_tmux)
            for channel in CHANNELS
            if channel in newest
        )
