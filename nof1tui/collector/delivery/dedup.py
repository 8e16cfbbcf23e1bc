"""What waits for the store already: a poll that says the same again adds nothing to it.

Upstream serves its newest hundred decisions, texts included, at every poll. In an outage a poll
would weigh half a megabyte, of which one record is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import replace

from nof1tui.collector.delivery.envelope import Envelope

_MAX_REMEMBERED = 100_000
"""Records remembered; beyond, all are forgotten and may wait twice."""

_RECORD_KEYS: dict[str, Callable[[Any], object]] = {
    "accounts": lambda row: (row.account, row.observed_at),
    "trades": lambda trade: trade.id,
    "decisions": lambda decision: decision.id,
    "analytics": lambda item: (item.account, item.updated_at),
    "inceptions": lambda item: item.account,
}
"""Which record of a kind it is. Prices are not among them: they are small and always new."""


class Deduplicator:
    """Remembers the newest content of each record that waits."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, object], bytes] = {}

    def drop_duplicates(self, parcel: Envelope) -> Envelope:
        """The parcel without records whose newest content waits already; remembers the others."""
        if len(self._known) > _MAX_REMEMBERED:
            self.clear()
        fresh = {
            kind: tuple(record for record in records if self._is_new(kind, record))
            for kind, records in _records(parcel)
        }
        return Envelope(replace(parcel.batch, **fresh), parcel.events)

    def forget(self, parcel: Envelope) -> None:
        """It does not wait any more."""
        for kind, records in _records(parcel):
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
    """A digest that tells contents apart, whenever they were fetched."""
    for when in ("seen_at", "fetched_at"):
        if hasattr(record, when):
            record = replace(record, **{when: None})
    return blake2b(msgspec.msgpack.encode(record), digest_size=16).digest()


def _records(parcel: Envelope) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for kind in _RECORD_KEYS:
        yield kind, getattr(parcel.batch, kind)
