"""Columns of numbers as PostgreSQL's binary arrays, packed in one call without text per value.

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

_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = pack(">i", -1)


class PackedArray:
    """An array in PostgreSQL's binary format."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Float8Array(PackedArray): ...


class Int8Array(PackedArray): ...


class Int4Array(PackedArray): ...


class TimestamptzArray(PackedArray): ...


class _PackedArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: PackedArray) -> bytes:
        return obj.data


_ARRAY_OIDS: dict[type[PackedArray], int] = {
    Float8Array: 1022,
    Int8Array: 1016,
    Int4Array: 1007,
    TimestamptzArray: 1185,
}
_DUMPERS = {
    kind: type(f"{kind.__name__}Dumper", (_PackedArrayDumper,), {"oid": oid})
    for kind, oid in _ARRAY_OIDS.items()
}


def register_array_dumpers(connection: psycopg.AsyncConnection[Any]) -> None:
    """Register the dumpers of packed arrays on a connection."""
    for kind, dumper in _DUMPERS.items():
        connection.adapters.register_dumper(kind, dumper)


def pack_float8(values: Sequence[float | None]) -> Float8Array:
    return Float8Array(_pack_array(values, 701, "d", 8))


def pack_int8(values: Sequence[int | None]) -> Int8Array:
    return Int8Array(_pack_array(values, 20, "q", 8))


def pack_int4(values: Sequence[int | None]) -> Int4Array:
    return Int4Array(_pack_array(values, 23, "i", 4))


def pack_timestamptz(values: Sequence[datetime | None]) -> TimestamptzArray:
    """Time-zone-aware datetimes, as microseconds since 2000."""
    return TimestamptzArray(
        _pack_array(
            [None if at is None else (at - _POSTGRES_EPOCH) // _MICROSECOND for at in values], 1184, "q", 8
        )
    )


ARRAY_PACKERS: dict[str, Callable[[Sequence[Any]], PackedArray]] = {
    "float8": pack_float8,
    "int8": pack_int8,
    "int4": pack_int4,
    "timestamptz": pack_timestamptz,
}
"""Packing functions by PostgreSQL type of the elements."""


def _pack_array(values: Sequence[Any], oid: int, code: str, size: int) -> bytes:
    count = len(values)
    if not count:
        return pack(">iii", 0, 0, oid)
    if None in values:
        each = f">i{code}"
        body = b"".join(_NULL if value is None else pack(each, size, value) for value in values)
        return pack(">iiiii", 1, 1, oid, count, 1) + body
    return pack(">iiiii", 1, 0, oid, count, 1) + _interleave_lengths(values, code, size)


def _interleave_lengths(values: Sequence[Any], code: str, size: int) -> bytearray:
    """Each value preceded by its length, filled by slices: one per byte of the element type.

    A `struct` format of all pairs would be cached by `struct` per number of rows: megabytes of formats.
    """
    plain = array(code, values)
    if sys.byteorder == "little":
        plain.byteswap()
    data, step = plain.tobytes(), 4 + size
    body = bytearray(step * len(values))
    body[3::step] = bytes((size,)) * len(values)
    for offset in range(size):
        body[4 + offset :: step] = data[offset::size]
    return body
