"""What the collector delivers to the store, and its binary form in the spool."""

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
"""Magic, length of the body, CRC-32 of the body, number of records."""
ENVELOPE_MAGIC = b"nof1"
_MAX_BODY_BYTES = 2**30
"""Longest body; a header with a larger length is corrupt."""

RECORD_KINDS = ("accounts", "trades", "decisions", "prices", "analytics", "inceptions", "rejects", "checks")
"""The fields of a batch that hold records."""
_RECORD_BYTES, _POSITION_BYTES = 600, 700
"""Approximate bytes in memory of a record and a position, without texts."""


class CorruptEnvelope(Exception):
    """The bytes are not a valid envelope."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A batch with the events derived from it."""

    batch: Batch
    events: tuple[Event, ...] = ()

    @property
    def record_count(self) -> int:
        """Number of records."""
        return self.batch.size + len(self.batch.rejects) + len(self.batch.checks)

    @property
    def is_empty(self) -> bool:
        return not (self.record_count or self.events)

    @property
    def size_bytes(self) -> int:
        """Approximate bytes in memory."""
        batch = self.batch
        decision_texts = [decision.texts for decision in batch.decisions if decision.texts]
        texts = [text for texts in decision_texts for text in (texts.prompt, texts.reasoning, texts.answer)]
        texts += [reject.raw for reject in batch.rejects] + [item.tables for item in batch.analytics]
        positions = sum(len(row.positions) for row in batch.accounts)
        records = self.record_count + len(self.events)
        return (
            _RECORD_BYTES * records + _POSITION_BYTES * positions + sum(len(text) for text in texts if text)
        )

    def split(self) -> tuple[Envelope, ...]:
        """Two envelopes with half of the records each; empty for a single record."""
        items = [(kind, record) for kind in RECORD_KINDS for record in getattr(self.batch, kind)]
        items += [("events", event) for event in self.events]
        if len(items) < 2:
            return ()
        middle = len(items) // 2
        return self._with_items(items[:middle]), self._with_items(items[middle:])

    def _with_items(self, items: Sequence[tuple[str, Any]]) -> Envelope:
        fields: dict[str, Any] = {
            kind: tuple(r for k, r in items if k == kind) for kind in (*RECORD_KINDS, "events")
        }
        events = fields.pop("events")
        return Envelope(replace(self.batch, **fields), events)


@dataclass(frozen=True, slots=True)
class EnvelopeHeader:
    """The header of an encoded envelope."""

    body_bytes: int
    crc: int
    record_count: int


def encode_envelope(envelope: Envelope) -> bytes:
    """Header and compressed body."""
    body = zlib.compress(msgspec.msgpack.encode(envelope), 1)
    return HEADER_STRUCT.pack(ENVELOPE_MAGIC, len(body), zlib.crc32(body), envelope.record_count) + body


def parse_header(data: bytes) -> EnvelopeHeader:
    """The header in these bytes. Raises CorruptEnvelope."""
    if len(data) != HEADER_STRUCT.size:
        raise CorruptEnvelope("the header is incomplete")
    magic, length, crc, records = HEADER_STRUCT.unpack(data)
    if magic != ENVELOPE_MAGIC or length > _MAX_BODY_BYTES:
        raise CorruptEnvelope("not an envelope")
    return EnvelopeHeader(length, crc, records)


def decode_envelope(header: EnvelopeHeader, body: bytes) -> Envelope:
    """The envelope of this header and body. Raises CorruptEnvelope."""
    if len(body) != header.body_bytes:
        raise CorruptEnvelope("the body is incomplete")
    if zlib.crc32(body) != header.crc:
        raise CorruptEnvelope("wrong checksum")
    try:
        return msgspec.msgpack.decode(zlib.decompress(body), type=Envelope)
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise CorruptEnvelope(f"cannot be decoded: {error}") from error
