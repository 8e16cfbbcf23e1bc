"""What the collector hands over to the store, and how it is written down meanwhile."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

import msgspec
from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.events.event import Event

HEADER_STRUCT = Struct(">4sIII")
"""Mark, bytes of the body, its CRC-32, records in it."""
ENVELOPE_MAGIC = b"nof1"
_MAX_BODY_BYTES = 2**30
"""Bytes of a body; more is no parcel of ours."""

RECORD_KINDS = ("accounts", "trades", "decisions", "prices", "analytics", "inceptions", "rejects", "checks")
"""The fields of a batch that hold records."""
_RECORD_BYTES, _POSITION_BYTES = 600, 700
"""What a record and a position take in memory, roughly, texts not counted."""


class CorruptEnvelope(Exception):
    """What is written there is no parcel."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A batch with the events it brought about."""

    batch: Batch
    events: tuple[Event, ...] = ()

    @property
    def record_count(self) -> int:
        """Records that are lost if this is lost."""
        return self.batch.size + len(self.batch.rejects) + len(self.batch.checks)

    @property
    def is_empty(self) -> bool:
        return not (self.record_count or self.events)

    @property
    def size_bytes(self) -> int:
        """Bytes in memory, roughly."""
        batch = self.batch
        told = [decision.texts for decision in batch.decisions if decision.texts]
        texts = [text for texts in told for text in (texts.prompt, texts.reasoning, texts.answer)]
        texts += [reject.raw for reject in batch.rejects] + [item.tables for item in batch.analytics]
        held = sum(len(row.positions) for row in batch.accounts)
        records = self.record_count + len(self.events)
        return _RECORD_BYTES * records + _POSITION_BYTES * held + sum(len(text) for text in texts if text)

    def split(self) -> tuple[Envelope, ...]:
        """Two parcels that say the same together; none where nothing is left to part."""
        items = [(kind, record) for kind in RECORD_KINDS for record in getattr(self.batch, kind)]
        items += [("events", event) for event in self.events]
        if len(items) < 2:
            return ()
        middle = len(items) // 2
        return self._with_items(items[:middle]), self._with_items(items[middle:])

    def _with_items(self, items: Sequence[tuple[str, Any]]) -> Envelope:
        kept: dict[str, Any] = {
            kind: tuple(r for k, r in items if k == kind) for kind in (*RECORD_KINDS, "events")
        }
        events = kept.pop("events")
        return Envelope(replace(self.batch, **kept), events)


@dataclass(frozen=True, slots=True)
class EnvelopeHeader:
    """What stands before a parcel's body."""

    body_bytes: int
    crc: int
    record_count: int


def encode_envelope(parcel: Envelope) -> bytes:
    """Head and compressed body."""
    body = zlib.compress(msgspec.msgpack.encode(parcel), 1)
    return HEADER_STRUCT.pack(ENVELOPE_MAGIC, len(body), zlib.crc32(body), parcel.record_count) + body


def parse_header(data: bytes) -> EnvelopeHeader:
    """Raises Damaged."""
    if len(data) != HEADER_STRUCT.size:
        raise CorruptEnvelope("it breaks off")
    mark, length, crc, records = HEADER_STRUCT.unpack(data)
    if mark != ENVELOPE_MAGIC or length > _MAX_BODY_BYTES:
        raise CorruptEnvelope("it is no parcel")
    return EnvelopeHeader(length, crc, records)


def decode_envelope(head: EnvelopeHeader, body: bytes) -> Envelope:
    """Raises Damaged."""
    if len(body) != head.body_bytes:
        raise CorruptEnvelope("it breaks off")
    if zlib.crc32(body) != head.crc:
        raise CorruptEnvelope("its checksum is wrong")
    try:
        return msgspec.msgpack.decode(zlib.decompress(body), type=Envelope)
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise CorruptEnvelope(f"it cannot be read: {error}") from error
