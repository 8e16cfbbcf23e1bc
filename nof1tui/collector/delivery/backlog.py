"""A bounded queue of envelopes in memory; when it is full, those that can be fetched again are dropped."""

from __future__ import annotations

import logging
from collections import deque
from math import inf
from time import monotonic

from nof1tui.collector.delivery.envelope import Envelope
from nof1tui.domain.records import Feed

log = logging.getLogger(__name__)

BACKLOG_BYTES = 64 * 2**20
"""Approximate bytes in memory."""
REFETCHABLE_FEEDS = frozenset({Feed.ACCOUNTS, Feed.TRADES, Feed.ANALYTICS, Feed.SEASON})
"""The API serves these later too (account rows hourly); prices and decisions it does not."""


class Backlog:
    """Envelopes that are neither committed nor in the spool, oldest first."""

    def __init__(self, capacity: int = BACKLOG_BYTES) -> None:
        self._capacity_bytes = capacity
        self._envelopes: deque[Envelope] = deque()
        self.size_bytes = 0
        """Approximate bytes in memory."""
        self.oldest_since = inf
        """Monotonic time since which no envelope was removed or partly written; infinite if it is empty."""
        self.evicted_records = 0
        """Records dropped because the backlog was full."""
        self.feeds_to_refetch: set[Feed] = set()
        """Feeds with dropped records: fetch all their records again."""

    def __bool__(self) -> bool:
        return bool(self._envelopes)

    @property
    def record_count(self) -> int:
        return sum(envelope.record_count for envelope in self._envelopes)

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """Oldest first."""
        return tuple(self._envelopes)

    def put(self, envelope: Envelope) -> list[Envelope]:
        """Queue an envelope; returns the envelopes that were dropped for it."""
        if not self._envelopes:
            self.oldest_since = monotonic()
        self._envelopes.append(envelope)
        self.size_bytes += envelope.size_bytes
        dropped = []
        while len(self._envelopes) > 1 and self.size_bytes > self._capacity_bytes:
            dropped.append(self._evict())
        return dropped

    def remove(self, envelope: Envelope) -> bool:
        """Remove an envelope; returns False if it was dropped or removed meanwhile."""
        for index, queued in enumerate(self._envelopes):
            if queued is envelope:
                del self._envelopes[index]
                self.size_bytes -= envelope.size_bytes
                self.note_progress()
                return True
        return False

    def note_progress(self) -> None:
        """Part of an envelope was written: what is queued does not wait for a store that is stuck."""
        self.oldest_since = monotonic() if self._envelopes else inf

    def _evict(self) -> Envelope:
        """Drop the oldest envelope that can be fetched again, else the oldest."""
        candidates = self.envelopes[:-1]
        refetchable = (envelope for envelope in candidates if envelope.batch.feed in REFETCHABLE_FEEDS)
        evicted = next(refetchable, candidates[0])
        index = next(i for i, envelope in enumerate(candidates) if envelope is evicted)
        del self._envelopes[index]
        self.size_bytes -= evicted.size_bytes
        self.evicted_records += evicted.record_count
        self.feeds_to_refetch.add(evicted.batch.feed)
        log.error("%d %s records were dropped: the backlog is full", evicted.record_count, evicted.batch.feed)
        return evicted
