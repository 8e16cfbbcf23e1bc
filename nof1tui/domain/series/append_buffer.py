"""An append-only buffer of points, shared by all generations of a curve; each has a view of a prefix."""

from __future__ import annotations

from array import array
from threading import Lock
from typing import TypeAlias, cast

FloatArray: TypeAlias = "array[float] | memoryview[float]"
"""Packed doubles, eight bytes each, in order of time. Treat as read-only."""

_MIN_CAPACITY = 16


def read_only_view(doubles: FloatArray) -> memoryview[float]:
    """A read-only view of the same memory; slices of it are views as well."""
    return cast("memoryview[float]", memoryview(doubles)).toreadonly()


def empty_view() -> memoryview[float]:
    """A read-only view without values."""
    return read_only_view(array("d"))


class AppendBuffer:
    """Times and values, appended at the end and never changed.

    Only the owner of the longest prefix can append; an append after a shorter one is refused, and that
    curve needs a buffer of its own. Readers hold views of values written earlier, so they need no lock.
    """

    __slots__ = ("_lock", "_times", "_used", "_values")

    def __init__(self, times: FloatArray, values: FloatArray, capacity: int) -> None:
        """A copy of these points, with space for `capacity` points in all."""
        empty = bytes(8 * max(capacity, len(times), _MIN_CAPACITY))
        self._times = cast("memoryview[float]", memoryview(array("d", empty)))
        self._values = cast("memoryview[float]", memoryview(array("d", empty)))
        self._used = 0
        self._lock = Lock()
        self.append_at(0, times, values)

    def append_at(self, place: int, times: FloatArray, values: FloatArray) -> bool:
        """Append points after the first `place`; False if there are others already, or no space."""
        end = place + len(times)
        with self._lock:
            if place != self._used or end > len(self._times):
                return False
            self._times[place:end] = times
            self._values[place:end] = values
            self._used = end
        return True

    def prefix(self, count: int) -> tuple[memoryview[float], memoryview[float]]:
        """Times and values of the first `count` points."""
        return self._times[:count].toreadonly(), self._values[:count].toreadonly()
