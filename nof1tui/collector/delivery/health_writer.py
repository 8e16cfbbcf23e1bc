"""Writes the newest health of each feed, and ignores that it fails while records are stored."""

from __future__ import annotations

import logging

from nof1tui.collector.delivery.sink_writer import SinkWriter
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import Feed
from nof1tui.ports.errors import StoreUnavailable

log = logging.getLogger(__name__)


class HealthWriter:
    """The health of each feed that is not stored yet, the newest only."""

    def __init__(self, writer: SinkWriter) -> None:
        self._writer = writer
        self._healths: dict[Feed, FeedHealth] = {}
        self._stored_at_failure: int | None = None
        """Envelopes that were stored before the last failure; None after a success."""

    def __bool__(self) -> bool:
        return bool(self._healths)

    def put(self, health: FeedHealth) -> None:
        self._healths[health.feed] = health

    async def write_next(self, stored: int) -> bool:
        """Write one; returns whether it was stored. `stored` counts the envelopes stored so far.

        Raises StoreUnavailable, but not again while records are stored.
        """
        feed, health = next(iter(self._healths.items()))
        try:
            await self._writer.write_health(health)
        except StoreUnavailable as error:
            known, self._stored_at_failure = self._stored_at_failure, stored
            if known is None or known == stored:
                raise
            log.debug("the health of %s was not stored: %s", feed, error)
            del self._healths[feed]
            return False
        self._stored_at_failure = None
        if self._healths.get(feed) is health:
            del self._healths[feed]
        return True
