"""What the collector hands over to the store, and how it is written down meanwhile."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from struct import Struct
from typing import Any

import msgspec

from nof1tui.domain.events.event import Event
from nof1tui.domain.records import Batch

HEAD = Struct(">4sIII")
"""Mark, bytes of the body, its CRC-32, records in it."""
MARK = b"nof1"
LONGEST = 2**30
"""Bytes of a body; more is no parcel of ours."""

KINDS = ("accounts", "trades", "decisions", "prices", "analytics", "inceptions", "rejects", "checks")
"""The fields of a batch that hold records."""
RECORD_BYTES, POSITION_BYTES = 600, 700
"""What a record and a position take in memory, roughly, texts not counted."""


class Damaged(Exception):
    """What is written there is no parcel."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch with the events it brought about."""

    batch: Batch
    events: tuple[Event, ...] = ()

    @property
    def records(self) -> int:
        """Records that are lost if this is lost."""
        return self.batch.size + len(self.batch.rejects) + len(self.batch.checks)

    @property
    def is_empty(self) -> bool:
        return not (self.records or self.events)

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        batch = self.batch
        told = [decision.texts for decision in batch.decisions if decision.texts]
        texts = [text for texts in told for text in (texts.prompt, texts.reasoning, texts.answer)]
        texts += [reject.raw for reject in batch.rejects] + [item.tables for item in batch.analytics]
        held = sum(len(row.positions) for row in batch.accounts)
        records = self.records + len(self.events)
        return RECORD_BYTES * records + POSITION_BYTES * held + sum(len(text) for text in texts if text)

    def halves(self) -> tuple[Parcel, ...]:
        """Two parcels that say the same together; none where nothing is left to part."""
        items = [(kind, record) for kind in KINDS for record in getattr(self.batch, kind)]
        items += [("events", event) for event in self.events]
        if len(items) < 2:
            return ()
        middle = len(items) // 2
        return self._with(items[:middle]), self._with(items[middle:])

    def _with(self, items: Sequence[tuple[str, Any]]) -> Parcel:
        kept: dict[str, Any] = {kind: tuple(r for k, r in items if k == kind) for kind in (*KINDS, "events")}
        events = kept.pop("events")
        return Parcel(replace(self.batch, **kept), events)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before a parcel's body."""

    length: int
    crc: int
    records: int


def pack(parcel: Parcel) -> bytes:
    """Head and compressed body."""
    body = zlib.compress(msgspec.msgpack.encode(parcel), 1)
    return HEAD.pack(MARK, len(body), zlib.crc32(body), parcel.records) + body


def read_head(data: bytes) -> Head:
    """Raises Damaged."""
    if len(data) != HEAD.size:
        raise Damaged("it breaks off")
    mark, length, crc, records = HEAD.unpack(data)
    if mark != MARK or length > LONGEST:
        raise Damaged("it is no parcel")
    return Head(length, crc, records)


def unpack(head: Head, body: bytes) -> Parcel:
    """Raises Damaged."""
    if len(body) != head.length:
        raise Damaged("it breaks off")
    if zlib.crc32(body) != head.crc:
        raise Damaged("its checksum is wrong")
    try:
        return msgspec.msgpack.decode(zlib.decompress(body), type=Parcel)
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise Damaged(f"it cannot be read: {error}") from error
