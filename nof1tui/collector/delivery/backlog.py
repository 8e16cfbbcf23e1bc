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
        self._capacity_bytes = capacity
        self._envelopes: deque[Envelope] = deque()
        self.size_bytes = 0
        """Bytes that it takes, roughly."""
        self.oldest_since = inf
        """When the oldest became the oldest, by the monotonic clock; never while there is none."""
        self.evicted_records = 0
        """Records lost because there was no room."""
        self.feeds_to_refetch: set[Feed] = set()
        """Feeds of which records were given up: upstream is to be asked for all of them again."""

    def __bool__(self) -> bool:
        return bool(self._envelopes)

    @property
    def record_count(self) -> int:
        return sum(parcel.record_count for parcel in self._envelopes)

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """Oldest first."""
        return tuple(self._envelopes)

    def put(self, parcel: Envelope) -> list[Envelope]:
        """Queue a parcel; returns what had to be given up for it."""
        if not self._envelopes:
            self.oldest_since = monotonic()
        self._envelopes.append(parcel)
        self.size_bytes += parcel.size_bytes
        gone = []
        while len(self._envelopes) > 1 and self.size_bytes > self._capacity_bytes:
            gone.append(self._evict())
        return gone

    def remove(self, parcel: Envelope) -> None:
        """It does not wait here any more; it may have been given up or dropped meanwhile."""
        if self._envelopes and self._envelopes[0] is parcel:
            self._envelopes.popleft()
            self.size_bytes -= parcel.size_bytes
            self.oldest_since = monotonic() if self._envelopes else inf

    def _evict(self) -> Envelope:
        """The oldest of what upstream will serve again, else the oldest of all."""
        candidates = self.envelopes[:-1]
        again = (parcel for parcel in candidates if parcel.batch.feed in REFETCHABLE_FEEDS)
        chosen = next(again, candidates[0])
        index = next(place for place, parcel in enumerate(candidates) if parcel is chosen)
        del self._envelopes[index]
        self.size_bytes -= chosen.size_bytes
        self.evicted_records += chosen.record_count
        self.feeds_to_refetch.add(chosen.batch.feed)
        log.error("%d %s records were given up: the backlog is full", chosen.record_count, chosen.batch.feed)
        return chosen
