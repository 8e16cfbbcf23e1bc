"""Columns of numbers as PostgreSQL's binary arrays: packed in one go, where text would be made of each.

The format is that of `array_send`: dimensions, a flag for nulls, the element's type, length and lower
bound, then each element behind its length.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from struct import pack
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = pack(">i", -1)


class Packed:
    """An array ready for the wire."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Doubles(Packed): ...


class Longs(Packed): ...


class Integers(Packed): ...


class Moments(Packed): ...


class _PackedDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Packed) -> bytes:
        return obj.data


_ARRAY_OIDS: dict[type[Packed], int] = {Doubles: 1022, Longs: 1016, Integers: 1007, Moments: 1185}
_DUMPERS = {
    kind: type(f"{kind.__name__}Dumper", (_PackedDumper,), {"oid": oid}) for kind, oid in _ARRAY_OIDS.items()
}


def understand(connection: psycopg.AsyncConnection[Any]) -> None:
    """Teach a connection to send what is packed here."""
    for kind, dumper in _DUMPERS.items():
        connection.adapters.register_dumper(kind, dumper)


def doubles(values: Sequence[float | None]) -> Doubles:
    return Doubles(_packed(values, 701, "d", 8))


def longs(values: Sequence[int | None]) -> Longs:
    return Longs(_packed(values, 20, "q", 8))


def integers(values: Sequence[int | None]) -> Integers:
    return Integers(_packed(values, 23, "i", 4))


def moments(values: Sequence[datetime | None]) -> Moments:
    """Aware moments, as microseconds since 2000."""
    return Moments(
        _packed([None if at is None else (at - _EPOCH) // _MICROSECOND for at in values], 1184, "q", 8)
    )


PACKERS: dict[str, Callable[[Sequence[Any]], Packed]] = {
    "float8": doubles,
    "int8": longs,
    "int4": integers,
    "timestamptz": moments,
}
"""By the type of the elements."""


def _packed(values: Sequence[Any], oid: int, code: str, size: int) -> bytes:
    count = len(values)
    if not count:
        return pack(">iii", 0, 0, oid)
    if None in values:
        each = f">i{code}"
        body = b"".join(_NULL if value is None else pack(each, size, value) for value in values)
        return pack(">iiiii", 1, 1, oid, count, 1) + body
    return pack(">iiiii", 1, 0, oid, count, 1) + _interleaved(values, code, size)


def _interleaved(values: Sequence[Any], code: str, size: int) -> bytearray:
    """Each value behind its length, laid down byte by byte of all values at once.

    A format of so many pairs would do it as well, but `struct` keeps a hundred formats compiled, and
    each number of rows is another: megabytes that come and go.
    """
    plain = array(code, values)
    if sys.byteorder == "little":
        plain.byteswap()
    data, step = plain.tobytes(), 4 + size
    body = bytearray(step * len(values))
    body[3::step] = bytes((size,)) * len(values)
    for place in range(size):
        body[4 + place :: step] = data[place::size]
    return body
