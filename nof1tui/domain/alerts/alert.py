"""An alert: its subject, its message and the channels it is sent to."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal, get_args

from msgspec import Struct

from nof1tui.domain.events.event import Event
from nof1tui.domain.records import AccountKey, Feed

Channel = Literal["toast", "bell", "osc9", "osc777", "command", "webhook"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
EXTERNAL_CHANNELS: tuple[Channel, ...] = ("command", "webhook")
"""Sent once, by the collector; the other channels are served by each monitor."""


class Subject(Struct, frozen=True, gc=False):
    """What a figure describes: an account, a position (account and coin), a coin or a feed."""

    account: AccountKey | None = None
    coin: str | None = None
    feed: Feed | None = None

    @property
    def key(self) -> str:
        """The subject as text, equal in every process; empty for no subject."""
        account = self.account
        names = None if account is None else [account.season, account.trader, account.competition]
        parts = [names, self.coin, self.feed]
        return json.dumps(parts) if any(parts) else ""

    @classmethod
    def from_key(cls, key: str) -> Subject:
        """The subject with this key."""
        account, coin, feed = json.loads(key) if key else (None, None, None)
        return cls(AccountKey(*account) if account else None, coin, Feed(feed) if feed else None)


NO_SUBJECT = Subject()


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
