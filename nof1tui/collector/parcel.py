"""What the collector hands over to the store, and how it is written down meanwhile."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from struct import Struct

import msgspec

from nof1tui.domain.events import Event
from nof1tui.domain.model import Batch

HEAD = Struct(">4sIII")
"""Mark, bytes of the body, its CRC-32, records in it."""
MARK = b"nof1"
LONGEST = 2**30
"""Bytes of a body; more is no parcel of ours."""


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
        return self.batch.size + len(self.batch.rejects)


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
