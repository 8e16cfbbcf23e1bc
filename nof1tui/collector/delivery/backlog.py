"""Parcels in memory, oldest first, as many as fit; when they do not fit, the least loss is chosen."""

from __future__ import annotations

import logging
from collections import deque
from math import inf
from time import monotonic

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.domain.records import Feed

log = logging.getLogger(__name__)

BACKLOG_BYTES = 64 * 2**20
"""Bytes, roughly, that may wait in memory."""
REFETCHABLE_FEEDS = frozenset({Feed.ACCOUNTS, Feed.TRADES, Feed.ANALYTICS, Feed.SEASON})
"""Upstream still has these tomorrow (of account rows one an hour); prices and decisions it has not."""


class Backlog:
    """What was published and is neither committed nor on the disk."""

    def __init__(self, capacity: int = BACKLOG_BYTES) -> None:
        self._capacity = capacity
        self._parcels: deque[Envelope] = deque()
        self.weight = 0
        """Bytes that it takes, roughly."""
        self.moved_at = inf
        """When the oldest became the oldest, by the monotonic clock; never while there is none."""
        self.given_up = 0
        """Records lost because there was no room."""
        self.missed: set[Feed] = set()
        """Feeds of which records were given up: upstream is to be asked for all of them again."""

    def __bool__(self) -> bool:
        return bool(self._parcels)

    @property
    def records(self) -> int:
        return sum(parcel.records for parcel in self._parcels)

    @property
    def parcels(self) -> tuple[Envelope, ...]:
        """Oldest first."""
        return tuple(self._parcels)

    def put(self, parcel: Envelope) -> list[Envelope]:
        """Queue a parcel; returns what had to be given up for it."""
        if not self._parcels:
            self.moved_at = monotonic()
        self._parcels.append(parcel)
        self.weight += parcel.weight
        gone = []
        while len(self._parcels) > 1 and self.weight > self._capacity:
            gone.append(self._give_up())
        return gone

    def drop(self, parcel: Envelope) -> None:
        """It does not wait here any more; it may have been given up or dropped meanwhile."""
        if self._parcels and self._parcels[0] is parcel:
            self._parcels.popleft()
            self.weight -= parcel.weight
            self.moved_at = monotonic() if self._parcels else inf

    def _give_up(self) -> Envelope:
        """The oldest of what upstream will serve again, else the oldest of all."""
        candidates = self.parcels[:-1]
        again = (parcel for parcel in candidates if parcel.batch.feed in REFETCHABLE_FEEDS)
        chosen = next(again, candidates[0])
        index = next(place for place, parcel in enumerate(candidates) if parcel is chosen)
        del self._parcels[index]
        self.weight -= chosen.weight
        self.given_up += chosen.records
        self.missed.add(chosen.batch.feed)
        log.error("%d %s records were given up: the backlog is full", chosen.records, chosen.batch.feed)
        return chosen
