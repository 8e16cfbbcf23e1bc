"""Where batches are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import Batch


@dataclass(frozen=True, slots=True)
class WriteCounts:
    """What became of the records of one kind."""

    read: int = 0
    new: int = 0
    revised: int = 0
    """Known by key, but with other content than before."""

    @property
    def known(self) -> int:
        return self.read - self.new - self.revised

    def __add__(self, other: WriteCounts) -> WriteCounts:
        return WriteCounts(self.read + other.read, self.new + other.new, self.revised + other.revised)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What one `write` did, by kind (`accounts`, `positions`, `trades`, `decisions`, `prices`,
    `analytics`, `inceptions`, `quarantine`)."""

    counts: Mapping[str, WriteCounts] = field(default_factory=dict)


class Sink(Protocol):
    """Where batches are kept. Exactly once, however often the same is written."""

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        """Commit one batch with the events it brought about, in one transaction.

        Raises StoreUnavailable; the same call may then be repeated. Raises StoreRejected.
        """
        ...

    async def write_health(self, health: FeedHealth) -> None:
        """Keep a feed's health for `status`. Raises StoreUnavailable."""
        ...
