"""Drops records that are already queued for the store.

The API serves its newest hundred decisions with texts at every poll. In an outage every poll would queue
half a megabyte, with one new record in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import replace

from nof1tui.collector.delivery.envelope import UNENCODABLE_ERRORS, Envelope

_MAX_REMEMBERED = 100_000
"""Records; above it all are forgotten, and may be queued twice."""

_RECORD_KEYS: dict[str, Callable[[Any], object]] = {
    "accounts": lambda row: (row.account, row.observed_at),
    "trades": lambda trade: trade.id,
    "decisions": lambda decision: decision.id,
    "analytics": lambda item: (item.account, item.updated_at),
    "inceptions": lambda item: item.account,
}
"""Key of a record by kind. Prices are missing: they are small and always new."""


class Deduplicator:
    """Remembers the newest content of each queued record."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, object], bytes] = {}

    def drop_duplicates(self, envelope: Envelope) -> Envelope:
        """The envelope without records whose newest content is queued; remembers the others."""
        if len(self._known) > _MAX_REMEMBERED:
            self.clear()
        fresh = {
            kind: tuple(record for record in records if self._is_new(kind, record))
            for kind, records in _records(envelope)
        }
        return Envelope(replace(envelope.batch, **fresh), envelope.events)

    def forget(self, envelope: Envelope) -> None:
        """Forget the records of an envelope that is no longer queued."""
        for kind, records in _records(envelope):
            for record in records:
                self._known.pop((kind, _RECORD_KEYS[kind](record)), None)

    def clear(self) -> None:
        self._known.clear()

    def _is_new(self, kind: str, record: Any) -> bool:
        key, content = (kind, _RECORD_KEYS[kind](record)), content_digest(record)
        if self._known.get(key) == content:
            return False
        self._known[key] = content
        return True


def content_digest(record: Any) -> bytes:
    """A digest of the content, without the time of the fetch."""
    for when in ("seen_at", "fetched_at"):
        if hasattr(record, when):
            record = replace(record, **{when: None})
    try:
        content = msgspec.msgpack.encode(record)
    except UNENCODABLE_ERRORS:
        content = repr(record).encode("utf-8", "backslashreplace")
    return blake2b(content, digest_size=16).digest()


def _records(envelope: Envelope) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for kind in _RECORD_KEYS:
        yield kind, getattr(envelope.batch, kind)
