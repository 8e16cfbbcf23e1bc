"""An alert: its subject, its message and the channels it is sent to."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from msgspec import Struct

from nof1tui.domain.events.event import Event
from nof1tui.domain.figures.subjects import NO_SUBJECT, Subject

Channel = Literal["toast", "bell", "osc9", "osc777", "command", "webhook"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
EXTERNAL_CHANNELS: tuple[Channel, ...] = ("command", "webhook")
"""Sent once, by the collector; the other channels are served by each monitor."""


class Alert(Struct, frozen=True):
    """A rule whose condition was met, or whose event occurred."""

    id: str
    """Rule, subject and time of the record behind it; equal in every process."""
    at: datetime
    """When it was raised."""
    rule: str
    """Name of the rule."""
    rule_id: str
    message: str
    channels: tuple[Channel, ...]
    subject: Subject = NO_SUBJECT
    observed_at: datetime | None = None
    """Time of the record or the event behind it."""
    metric: str | None = None
    value: float | None = None
    threshold: float | None = None
    event: Event | None = None
    is_test: bool = False
    """Sent by the user to test the channels."""

    @property
    def text(self) -> str:
        """Rule and message in one line."""
        return f"{self.rule}: {self.message}"
