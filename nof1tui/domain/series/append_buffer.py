"""Points behind one another, shared by all generations of a curve: each sees its own first so many."""

from __future__ import annotations

from array import array
from threading import Lock
from typing import TypeAlias, cast

Doubles: TypeAlias = "array[float] | memoryview[float]"
"""Packed doubles, eight bytes a value, in order of time. To be read only."""

LEAST_ROOM = 16


def view(doubles: Doubles) -> memoryview[float]:
    """The same memory, not to be written to; parts of it are views as well."""
    return cast("memoryview[float]", memoryview(doubles)).toreadonly()


def nothing() -> memoryview[float]:
    return view(array("d"))


class Tape:
    """Times and values that are written once, at the end, and never changed.

    Whoever knows all points may write the next one. Who wants to go on from an earlier place is refused
    and takes a tape of his own. Readers have views of what was written before they were given them: they
    need no lock, in whatever thread they are.
    """

    __slots__ = ("_lock", "_times", "_used", "_values")

    def __init__(self, times: Doubles, values: Doubles, room: int) -> None:
        """A copy of these points, with room for so many in all."""
        empty = bytes(8 * max(room, len(times), LEAST_ROOM))
        self._times = cast("memoryview[float]", memoryview(array("d", empty)))
        self._values = cast("memoryview[float]", memoryview(array("d", empty)))
        self._used = 0
        self._lock = Lock()
        self.write(0, times, values)

    def write(self, place: int, times: Doubles, values: Doubles) -> bool:
        """Put these points behind the first `place`; False where there are others, or no room."""
        end = place + len(times)
        with self._lock:
            if place != self._used or end > len(self._times):
                return False
            self._times[place:end] = times
            self._values[place:end] = values
            self._used = end
        return True

    def first(self, count: int) -> tuple[memoryview[float], memoryview[float]]:
        """Times and values of the first so many points."""
        return self._times[:count].toreadonly(), self._values[:count].toreadonly()
