"""What the collector delivers to the store, and its binary form in the spool."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
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

UNENCODABLE_ERRORS = (OverflowError, UnicodeEncodeError)
"""What encoding a huge integer or a lone surrogate raises."""
_encode = msgspec.msgpack.Encoder().encode

RECORD_KINDS = ("accounts", "trades", "decisions", "prices", "analytics", "inceptions", "rejects", "checks")
"""The fields of a batch that hold records."""
PIECE_BYTES = 2**20
"""Approximate size up to which an envelope is written in one transaction: some tenths of a second."""
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
    def item_count(self) -> int:
        """Number of records and events: of one, nothing can be split off."""
        return self.record_count + len(self.events)

    @property
    def size_bytes(self) -> int:
        """Approximate bytes in memory."""
        return sum(_item_bytes(item) for _, item in self._items())

    def split(self) -> tuple[Envelope, ...]:
        """Two envelopes with half of the records each; empty for a single record."""
        items = self._items()
        if len(items) < 2:
            return ()
        middle = len(items) // 2
        return self._with_items(items[:middle]), self._with_items(items[middle:])

    def without_unencodable(self) -> tuple[Envelope, Envelope]:
        """The envelope, and the records that have no binary form: huge integers, lone surrogates.

        No database can store them either.
        """
        if _is_encodable(self):
            return self, Envelope(replace(self.batch, **dict.fromkeys(RECORD_KINDS, ())))
        return self.filtered(_is_encodable), self.filtered(lambda item: not _is_encodable(item))

    def take(self, index: int) -> tuple[Envelope, Envelope]:
        """One record or event as an envelope, and the others."""
        items = self._items()
        return self._with_items([items[index]]), self._with_items([*items[:index], *items[index + 1 :]])

    def filtered(self, is_kept: Callable[[Any], bool]) -> Envelope:
        """The envelope with these records and events only; itself where all are kept."""
        items = self._items()
        kept = [(kind, item) for kind, item in items if is_kept(item)]
        return self if len(kept) == len(items) else self._with_items(kept)

    def pieces(self, max_bytes: int = PIECE_BYTES) -> tuple[Envelope, ...]:
        """Envelopes up to this size, which only a single record exceeds.

        Account rows are in the order of time: events are derived from them in that order.
        """
        if self.size_bytes <= max_bytes:
            return (self,)
        rows = sorted(self.batch.accounts, key=lambda row: (row.observed_at, row.account))
        ordered = Envelope(replace(self.batch, accounts=tuple(rows)), self.events)
        pieces, begin, size = list[Envelope](), 0, 0
        items = ordered._items()
        for index, (_, item) in enumerate(items):
            item_bytes = _item_bytes(item)
            if index > begin and size + item_bytes > max_bytes:
                pieces.append(ordered._with_items(items[begin:index]))
                begin, size = index, 0
            size += item_bytes
        return (*pieces, ordered._with_items(items[begin:]))

    def _items(self) -> list[tuple[str, Any]]:
        """Each record and event with its kind."""
        items = [(kind, record) for kind in RECORD_KINDS for record in getattr(self.batch, kind)]
        return [*items, *(("events", event) for event in self.events)]

    def _with_items(self, items: Sequence[tuple[str, Any]]) -> Envelope:
        fields: dict[str, Any] = {
            kind: tuple(r for k, r in items if k == kind) for kind in (*RECORD_KINDS, "events")
        }
        events = fields.pop("events")
        return Envelope(replace(self.batch, **fields), events)


def merge_envelopes(envelopes: Sequence[Envelope]) -> Envelope:
    """One envelope with the records of parts of the same batch."""
    return envelopes[0]._with_items([item for envelope in envelopes for item in envelope._items()])


def _is_encodable(value: object) -> bool:
    try:
        _encode(value)
    except UNENCODABLE_ERRORS:
        return False
    return True


def _item_bytes(item: Any) -> int:
    """Approximate bytes in memory of a record or an event."""
    texts = getattr(item, "texts", None)
    parts = (texts.prompt, texts.reasoning, texts.answer) if texts else ()
    long_texts = (*parts, getattr(item, "raw", None), getattr(item, "tables", None))
    positions = getattr(item, "positions", ())
    return _RECORD_BYTES + _POSITION_BYTES * len(positions) + sum(len(text) for text in long_texts if text)


@dataclass(frozen=True, slots=True)
class EnvelopeHeader:
    """The header of an encoded envelope."""

    body_bytes: int
    crc: int
    record_count: int


def encode_envelope(envelope: Envelope) -> bytes:
    """Header and compressed body."""
    body = zlib.compress(_encode(envelope), 1)
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
