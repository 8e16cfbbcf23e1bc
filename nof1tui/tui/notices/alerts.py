"""Alerts on a screen: heard once each from the boards that come, the leader's and a follower's alike."""

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
"""Alerts in one toast; of more it says how many."""


@dataclass(frozen=True, slots=True)
class TerminalAlertChannels:
    """Which alerts make themselves felt here, and how."""

    by_rule: Mapping[str, Sequence[Channel]] = field(default_factory=dict)
    """The ways of each rule of the settings, by its id."""
    default: Sequence[Channel] = ("toast", "bell")
    """Those of alerts that another instance judged by rules of its own."""
    in_tmux: bool = False

    def channels_of(self, event: Event) -> Sequence[Channel]:
        return self.by_rule.get(rule_id_of(event), self.default)


class AlertNotices:
    """Remembers what it told. Alerts from before `since` are of no news to whoever starts now."""

    def __init__(self, signals: TerminalAlertChannels, since: datetime) -> None:
        self._signals = signals
        self._since = since
        self._heard: frozenset[str] = frozenset()

    def new_alerts(self, board: Board) -> Sequence[Event]:
        """The alerts of this board that were not heard before, oldest first."""
        told = [event for event in board.events if event.kind == "alert" and event.at >= self._since]
        fresh = [event for event in told if event.id not in self._heard]
        self._heard |= {event.id for event in fresh}
        return fresh[::-1]

    def toast_text(self, alerts: Sequence[Event]) -> str:
        """What to show of them, plain; empty for nothing."""
        shown = [alert for alert in alerts if "toast" in self._signals.channels_of(alert)]
        lines = [sanitise_line(alert.reason or "", 200) for alert in shown[:_MAX_LINES]]
        if len(shown) > _MAX_LINES:
            lines.append(f"… and {len(shown) - _MAX_LINES} more, on the Events screen")
        return "\n".join(lines)

    def terminal_sequences(self, alerts: Sequence[Event]) -> str:
        """What to send to the terminal: each signal once, with the newest alert that asks for it."""
        newest = {way: alert for alert in alerts for way in self._signals.channels_of(alert)}
        return "".join(
            notification_sequence(way, newest[way].reason or "", in_tmux=self._signals.in_tmux)
            for way in CHANNELS
            if way in newest
        )
