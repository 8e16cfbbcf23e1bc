"""Envelopes whose write fails while others are stored: who is to blame, the records or the store?

An error that is not about values cannot say so. One record that alone keeps failing is to blame; several
that fail with the same SQLSTATE are not: then part of the store is away (a renamed table, a revoked right).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf

from nof1tui.collector.delivery.pending_queue import PendingItem
from nof1tui.ports.errors import StoreUnavailable

MAX_TRIES = 5
"""Failures of a single record, others stored between them, after which it is set aside."""


@dataclass(slots=True)
class Suspect:
    """An envelope that waits for another try while others are written."""

    item: PendingItem
    state: str | None
    """SQLSTATE of its last failure."""
    reason: str
    due_at: float
    """When it is tried again."""
    stored_before: int
    """Envelopes stored before its last failure."""
    tries: int = 1
    """Failures between which other envelopes were stored."""


class Suspects:
    """The envelopes that wait. Pure: `now` is any clock, `stored` counts stored envelopes."""

    def __init__(self, delay_s: Callable[[int], float]) -> None:
        """`delay_s` is the delay after a number of failures."""
        self._delay_s = delay_s
        self._by_item: dict[PendingItem, Suspect] = {}

    def __contains__(self, item: PendingItem) -> bool:
        return item in self._by_item

    def __iter__(self) -> Iterator[PendingItem]:
        return iter(self._by_item)

    def __bool__(self) -> bool:
        return bool(self._by_item)

    @property
    def reason(self) -> str | None:
        """Why records wait, the longest waiting first; None without any."""
        for suspect in self._by_item.values():
            count = sum(other.item.envelope.item_count for other in self._by_item.values())
            return f"{count:,} records cannot be stored for now: {suspect.reason}"
        return None

    @property
    def next_due_at(self) -> float:
        """When the next one is tried; infinite without any."""
        return min((suspect.due_at for suspect in self._by_item.values()), default=inf)

    def waiting(self, now: float) -> list[PendingItem]:
        """Items that are not due yet."""
        return [item for item, suspect in self._by_item.items() if suspect.due_at > now]

    def has_state(self, state: str | None) -> bool:
        """Whether one of them failed with this SQLSTATE."""
        return state is not None and any(suspect.state == state for suspect in self._by_item.values())

    def add(self, item: PendingItem, error: StoreUnavailable, *, now: float, stored: int) -> None:
        """An item failed while others were stored."""
        due_at = now + self._delay_s(1)
        self._by_item[item] = Suspect(item, error.state, str(error), due_at, stored)

    def is_to_blame(self, item: PendingItem, error: StoreUnavailable, *, now: float, stored: int) -> bool:
        """Note another failure; returns whether the record, and nothing else, is at fault."""
        suspect = self._by_item[item]
        if stored > suspect.stored_before:
            suspect.tries += 1
        suspect.state, suspect.reason, suspect.stored_before = error.state, str(error), stored
        suspect.due_at = now + self._delay_s(suspect.tries)
        records = sum(
            other.item.envelope.item_count for other in self._by_item.values() if other.state == suspect.state
        )
        return suspect.tries >= MAX_TRIES and records == 1

    def remove(self, item: PendingItem) -> bool:
        """Forget an item; returns whether it was suspect."""
        return self._by_item.pop(item, None) is not None

    def make_due(self) -> None:
        """Try all of them now."""
        for suspect in self._by_item.values():
            suspect.due_at = -inf

    def keep(self, is_kept: Callable[[PendingItem], bool]) -> None:
        """Forget the other items."""
        self._by_item = {item: suspect for item, suspect in self._by_item.items() if is_kept(item)}
