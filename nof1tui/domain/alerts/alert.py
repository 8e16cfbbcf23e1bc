"""An alert: what it is of, what it says, which ways it goes out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from nof1tui.domain.events.event import Event
from nof1tui.domain.records import AccountKey, Feed

Channel = Literal["toast", "bell", "osc9", "osc777", "command", "webhook"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
EXTERNAL_CHANNELS: tuple[Channel, ...] = ("command", "webhook")
"""Sent by whoever collects, once; the others are seen to by each screen."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a figure is of."""

    account: AccountKey | None = None
    coin: str | None = None
    feed: Feed | None = None

    @property
    def key(self) -> str:
        """As text, the same in every process; empty for no subject in particular."""
        account = self.account
        named = None if account is None else [account.season, account.trader, account.competition]
        told = [named, self.coin, self.feed]
        return json.dumps(told) if any(told) else ""

    @classmethod
    def from_key(cls, key: str) -> Subject:
        account, coin, feed = json.loads(key) if key else (None, None, None)
        return cls(AccountKey(*account) if account else None, coin, Feed(feed) if feed else None)


NO_SUBJECT = Subject()


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that came true."""

    id: str
    """Rule, subject and the moment of what it was seen in: the same in every process."""
    at: datetime
    """When it was told."""
    rule: str
    """Name of the rule."""
    rule_id: str
    message: str
    channels: tuple[Channel, ...]
    subject: Subject = NO_SUBJECT
    observed_at: datetime | None = None
    """Time of the record or the event that it was seen in."""
    metric: str | None = None
    value: float | None = None
    threshold: float | None = None
    event: Event | None = None
    is_test: bool = False
    """Sent by hand to try the ways out."""

    @property
    def text(self) -> str:
        """Rule and words in one line."""
        return f"{self.rule}: {self.message}"
