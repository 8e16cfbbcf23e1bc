"""Records that exceed the size limit: skipped while they stream in; only their beginning is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEPT_BYTES = 16_384
"""Bytes kept of an oversized record."""
_TEXT = rb'[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+"'
BEFORE_BRACKETS = re.compile(rb"(?:%b|\{(?:%b)*+\}|\[(?:%b)*+\])*+" % (_TEXT, _TEXT, _TEXT), re.DOTALL)
"""Everything up to a bracket, or up to a string that has not ended; objects and lists without others in
them are part of it.
"""
BRACKETS = re.compile(rb"[{\[]++|[}\]]++")
"""Brackets that all open, or all close."""
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR_END = re.compile(rb'[\s,\]}"]')


@dataclass(frozen=True, slots=True)
class OversizedRecord:
    """A record that was skipped."""

    beginning: bytes
    size_bytes: int

    @classmethod
    def of(cls, raw: bytes) -> OversizedRecord:
        return cls(raw[:_KEPT_BYTES], len(raw))

    def describe(self, limit_bytes: int) -> str:
        """Why it was skipped."""
        return (
            f"the record has {self.size_bytes / 2**20:.1f} MB, more than the limit of "
            f"{limit_bytes / 2**20:g} MB; only its beginning is kept"
        )


class OversizedValue:
    """Finds the end of one JSON value while it streams in, in constant memory."""

    def __init__(self, beginning: bytes) -> None:
        """`beginning` is not empty: the first byte decides whether it is an object, a list, a string."""
        self.record = OversizedRecord(beginning[:_KEPT_BYTES], 0)
        self._is_scalar = beginning[0] not in b'{["'
        self._is_begun = False
        self._depth = 0
        self._is_in_string = False
        self._tail = b""
        """A backslash at the end of the last chunk, whose next byte is not known yet."""

    def feed(self, chunk: bytes) -> int | None:
        """The number of bytes of this chunk that belong to the value; None where it goes further."""
        before = len(self._tail)
        data, self._tail = self._tail + chunk, b""
        end = self._scalar_end(data) if self._is_scalar else self._value_end(data)
        taken = None if end is None else end - before
        size = self.record.size_bytes + (len(chunk) if taken is None else taken)
        self.record = OversizedRecord(self.record.beginning, size)
        return taken

    @staticmethod
    def _scalar_end(data: bytes) -> int | None:
        match = _SCALAR_END.search(data)
        return None if match is None else match.start()

    def _value_end(self, data: bytes) -> int | None:
        at = 0 if self._is_begun else self._begin(data)
        while at < len(data):
            if self._is_in_string:
                at = self._skip(_IN_STRING, data, at)
                if data[at:] in (b"", b"\\"):
                    self._tail = data[at:]
                    return None
                self._is_in_string, at = False, at + 1
                if self._depth == 0:
                    return at
                continue
            at = self._skip(BEFORE_BRACKETS, data, at)
            brackets = BRACKETS.match(data, at)
            if brackets is None:
                self._is_in_string, at = at < len(data), at + 1
                continue
            change = len(brackets[0]) if brackets[0][0] in b"{[" else -len(brackets[0])
            if self._depth + change <= 0:
                return at + self._depth
            self._depth, at = self._depth + change, brackets.end()
        return None

    def _begin(self, data: bytes) -> int:
        """Note the first byte; returns the index after it."""
        self._is_begun = True
        self._is_in_string = data[:1] == b'"'
        self._depth = int(not self._is_in_string)
        return 1

    @staticmethod
    def _skip(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
        match = pattern.match(data, at)
        return at if match is None else match.end()
