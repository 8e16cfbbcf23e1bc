"""Points behind one another, shared by all generations of a curve: each sees its own first so many."""

from __future__ import annotations

from array import array
from threading import Lock
from typing import TypeAlias, cast

FloatArray: TypeAlias = "array[float] | memoryview[float]"
"""Packed doubles, eight bytes a value, in order of time. To be read only."""

_MIN_CAPACITY = 16


def read_only_view(doubles: FloatArray) -> memoryview[float]:
    """The same memory, not to be written to; parts of it are views as well."""
    return cast("memoryview[float]", memoryview(doubles)).toreadonly()


def empty_view() -> memoryview[float]:
    return read_only_view(array("d"))


class AppendBuffer:
    """Times and values that are written once, at the end, and never changed.

    Whoever knows all points may write the next one. Who wants to go on from an earlier place is refused
    and takes a tape of his own. Readers have views of what was written before they were given them: they
    need no lock, in whatever thread they are.
    """

    __slots__ = ("_lock", "_times", "_used", "_values")

    def __init__(self, times: FloatArray, values: FloatArray, room: int) -> None:
        """A copy of these points, with room for so many in all."""
        empty = bytes(8 * max(room, len(times), _MIN_CAPACITY))
        self._times = cast("memoryview[float]", memoryview(array("d", empty)))
        self._values = cast("memoryview[float]", memoryview(array("d", empty)))
        self._used = 0
        self._lock = Lock()
        self.append_at(0, times, values)

    def append_at(self, place: int, times: FloatArray, values: FloatArray) -> bool:
        """Put these points behind the first `place`; False where there are others, or no room."""
        end = place + len(times)
        with self._lock:
            if place != self._used or end > len(self._times):
                return False
            self._times[place:end] = times
            self._values[place:end] = values
            self._used = end
        return True

    def prefix(self, count: int) -> tuple[memoryview[float], memoryview[float]]:
        """Times and values of the first so many points."""
        return self._times[:count].toreadonly(), self._values[:count].toreadonly()
