"""Splits a streamed JSON body into the raw records of its envelope.

Record boundaries are confirmed by a parser, not by a pattern: a chunk counts as whole records when
msgspec reads it as a JSON array. Where that fails (NaN, invalid UTF-8, a truncated body) brackets
outside of strings are counted, so that one bad record does not spoil its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.decoding.envelopes import (
    BOM,
    RAWS,
    RAWS_BY_KEY,
    Deviation,
    KeyedRecord,
    find_records,
    read_envelope,
)
from nof1tui.sources.decoding.errors import DECODE_ERRORS

_STEP_BYTES = 32_768
"""Bytes collected before the next attempt to split."""
_MAX_RECORD_BYTES = 8 * 2**20
_MAX_UNSTREAMED_BYTES = 32 * 2**20
"""Limits of one record, and of a body that cannot be split while it streams in."""
_MAX_BOUNDARY_ATTEMPTS = 3
"""Possible record boundaries that are tried before brackets are counted."""
_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+([{}\[\]])', re.DOTALL)
_BETWEEN = re.compile(rb"[\s,]*+")
_SCALAR = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,\]}"]++', re.DOTALL)
_JOINT = re.compile(rb"\}\s*,\s*\Z")


class RecordStream:
    """The records under `key`: of a list as it streams in, of an object when the body is complete."""

    def __init__(self, key: str, other_keys: Sequence[str] = (), *, keyed: bool = False) -> None:
        self._key = key
        self._other_keys = other_keys
        self._keyed = keyed
        self.deviations: list[Deviation] = []
        """Where and how the envelope differs from the contract."""
        self._buffer = bytearray()
        self._head: bytes | None = None
        """Bytes before the list; None until the list has begun."""
        self._ended = False
        self._next_attempt_at = 0
        self._opening = re.compile(
            rb"\s*\{\s*(?:\"[^\"\\]*+\"\s*:\s*(?:\"[^\"\\]*+\"|[-+.\w]++)\s*,\s*)*+\""
            + re.escape(key.encode())
            + rb'"\s*:\s*\['
        )
        self.record_count = 0

    def feed(self, chunk: bytes) -> Iterator[KeyedRecord]:
        """The records that this chunk completes. Raises SourceMalformed when one exceeds the limit."""
        self._buffer += chunk
        if len(self._buffer) > (_MAX_UNSTREAMED_BYTES if self._head is None else _MAX_RECORD_BYTES):
            self._raise_unterminated()
        if len(self._buffer) < self._next_attempt_at:
            return
        if self._head is None and not self._find_list_start():
            return
        for record in () if self._ended else self._take_whole_records():
            self.record_count += 1
            yield None, record
        self._next_attempt_at = max(self._next_attempt_at, len(self._buffer) + _STEP_BYTES)

    def finish(self) -> tuple[list[KeyedRecord], Mapping[str, Any]]:
        """The remaining records, and the envelope without them. Raises SourceMalformed."""
        if self._head is None and not self._find_list_start():
            return self._parse_whole_body(bytes(self._buffer))
        head = self._head or b""
        try:
            envelope = dict(RAWS_BY_KEY.decode(head + b"[" + self._buffer))
            records = [bytes(raw) for raw in RAWS.decode(envelope.pop(self._key))]
        except DECODE_ERRORS:
            records = [] if self._ended else self._take_by_brackets()
            if not self._ended:
                seen = self.record_count + len(records)
                raise SourceMalformed(
                    f"the answer is not a JSON object: it ends early, after {seen} records"
                ) from None
            envelope = read_envelope(head + b"[]" + self._buffer)
            envelope.pop(self._key, None)
        return [(None, record) for record in records], envelope

    def _raise_unterminated(self) -> None:
        pending = len(self._buffer)
        self._buffer.clear()
        raise SourceMalformed(
            f"no record ends within {pending / 2**20:.0f} MB, the limit, after {self.record_count} records"
        )

    def _find_list_start(self) -> bool:
        """Find the beginning of the list; without one the body is parsed when it is complete."""
        if self._buffer.startswith(BOM):
            del self._buffer[: len(BOM)]
        opening = None if self._keyed else self._opening.match(self._buffer)
        if opening is None:
            self._next_attempt_at = 2 * len(self._buffer) + _STEP_BYTES
            return False
        self._head = bytes(self._buffer[: opening.end() - 1])
        del self._buffer[: opening.end()]
        return True

    def _take_whole_records(self) -> list[bytes]:
        """Whole records from the buffer's beginning."""
        buffer, at = self._buffer, len(self._buffer)
        for _ in range(_MAX_BOUNDARY_ATTEMPTS):
            at, end = _record_boundary_before(buffer, at)
            if end == 0:
                break
            try:
                raws = RAWS.decode(b"[" + buffer[:end] + b"]")
            except DECODE_ERRORS:
                continue
            records = [bytes(raw) for raw in raws]
            del buffer[:at]
            return records
        records = self._take_by_brackets()
        if not records:
            self._next_attempt_at = 2 * len(buffer)
        return records

    def _take_by_brackets(self) -> list[bytes]:
        """Records split by counting brackets, whatever is between them."""
        buffer, records, at = self._buffer, list[bytes](), 0
        while (start := _end_of_match(_BETWEEN, buffer, at)) < len(buffer):
            if buffer[start] == ord("]"):
                self._ended, at = True, start + 1
                break
            is_open = buffer[start] in b"{["
            end = _end_of_value(buffer, start) if is_open else _end_of_match(_SCALAR, buffer, start)
            if end in (0, start) or (end == len(buffer) and not is_open):
                break
            records.append(bytes(buffer[start:end]))
            at = _end_of_match(_BETWEEN, buffer, end)
        if self._ended:
            self._buffer = bytearray(b"" if at == 0 else buffer[at:])
        else:
            del buffer[:at]
        return records

    def _parse_whole_body(self, body: bytes) -> tuple[list[KeyedRecord], Mapping[str, Any]]:
        """Records of an object, or of an envelope that could not be streamed."""
        found = find_records(body, (self._key, *self._other_keys), keyed=self._keyed)
        self.deviations += found.deviations
        return found.records, found.envelope


def _record_boundary_before(buffer: bytearray, at: int) -> tuple[int, int]:
    """The last `}, {` before `at`: beginning of the second record, end of the first; zeros without one."""
    while (at := buffer.rfind(b"{", 0, at)) > 0:
        joint = _JOINT.search(buffer, max(0, at - 32), at)
        if joint is not None:
            return at, joint.start() + 1
    return 0, 0


def _end_of_match(pattern: re.Pattern[bytes], buffer: bytearray, at: int) -> int:
    match = pattern.match(buffer, at)
    return at if match is None else match.end()


def _end_of_value(buffer: bytearray, start: int) -> int:
    """The index after the bracket that closes the one at `start`; 0 while it is open."""
    depth = 0
    while (bracket := _BRACKET.match(buffer, start)) is not None:
        depth += 1 if bracket[1] in b"{[" else -1
        start = bracket.end()
        if depth == 0:
            return start
    return 0
