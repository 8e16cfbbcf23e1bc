"""Account rows of past hours: serialised, and thinned by age so that memory stays constant."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

MARKER_HOUR_S = 3_600.0
_MAX_ARCHIVE_BYTES = 24_000_000
"""Above this, rows older than `_UNTHINNED_S` are thinned to every second, fourth, eighth … hour."""
_UNTHINNED_S = 48 * MARKER_HOUR_S


class ArchivedRow(NamedTuple):
    """A serialised account row."""

    at: float
    marker: int
    payload: bytes


class RowArchive:
    """Rows in ascending time, thinned above a size limit."""

    def __init__(self, begins_at: float, limit_bytes: int = _MAX_ARCHIVE_BYTES) -> None:
        self._begins_at = begins_at
        self._limit_bytes = limit_bytes
        self._size = 0
        self._stride = 1
        self.rows: list[ArchivedRow] = []

    def add(self, rows: Iterable[ArchivedRow]) -> None:
        """Append rows and thin the archive where it is too large."""
        for row in sorted(rows):
            self.rows.append(row)
            self._size += len(row.payload)
        if self._size > self._limit_bytes:
            self._thin()

    def since(self, marker: int) -> list[ArchivedRow]:
        """Rows with at least this hourly marker."""
        first = bisect_left(self.rows, self._begins_at + marker * MARKER_HOUR_S, key=lambda row: row.at)
        return [row for row in self.rows[first:] if row.marker >= marker]

    def _thin(self) -> None:
        """Remove old rows until a fifth of the limit is free, or no more can be removed."""
        split = bisect_left(self.rows, self.rows[-1].at - _UNTHINNED_S, key=lambda row: row.at)
        old, recent = self.rows[:split], self.rows[split:]
        recent_size = self._size - _size(old)
        while True:
            old = [row for row in old if row.marker % self._stride == 0]
            self._size = recent_size + _size(old)
            if self._size <= 0.8 * self._limit_bytes or not any(row.marker for row in old):
                break
            self._stride *= 2
        self.rows = old + recent


def _size(rows: Iterable[ArchivedRow]) -> int:
    return sum([len(row.payload) for row in rows])
