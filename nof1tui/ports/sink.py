"""Where batches are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct, field

from nof1tui.domain.batch import Batch
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth


class WriteCounts(Struct, frozen=True, gc=False):
    """Counts of the records of one kind in one write."""

    read: int = 0
    new: int = 0
    revised: int = 0
    """Records whose key was stored with other content."""

    @property
    def known(self) -> int:
        """Records that were stored already, unchanged."""
        return self.read - self.new - self.revised

    def __add__(self, other: WriteCounts) -> WriteCounts:
        return WriteCounts(self.read + other.read, self.new + other.new, self.revised + other.revised)


class WriteResult(Struct, frozen=True):
    """Counts of one `write`, by kind (`accounts`, `positions`, `trades`, `decisions`, `prices`,
    `analytics`, `inceptions`, `quarantine`)."""

    counts: Mapping[str, WriteCounts] = field(default_factory=dict)


class Sink(Protocol):
    """Stores batches. Writing a batch again has no effect."""

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        """Commit one batch with its events, in one transaction.

        Raises StoreUnavailable, after which the call may be repeated, and BatchRejected.
        """
        ...

    async def write_health(self, health: FeedHealth) -> None:
        """Save a feed's health for `status`. Raises StoreUnavailable."""
        ...
