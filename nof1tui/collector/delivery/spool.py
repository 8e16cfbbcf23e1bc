"""Envelopes on disk while the store is away: appended, synced to disk, read back in order.

Each process has its own files, locked while it runs; files of killed processes are taken over by the
next. Envelopes may be read back after they were committed: the store takes each record once. Calls block
and are meant for a thread.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from nof1tui.collector.delivery.envelope import CorruptEnvelope, Envelope, decode_envelope, encode_envelope
from nof1tui.collector.delivery.spool_segment import SpoolEntry, SpoolSegment

log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_R = TypeVar("_R")

SPOOL_SUFFIX = ".spool"
CORRUPT_SUFFIX = ".bad"
REJECTED_FILE = "rejected.jsonl"
DEFAULT_SPOOL_BYTES = 256 * 2**20
SEGMENT_BYTES = 8 * 2**20
"""Size at which the next file begins; committed envelopes are removed file by file."""
MAX_REJECTED_BYTES = 16 * 2**20
"""Size of the file of rejected records; the first ones show the reason."""


class SpoolFull(OSError):
    """The spool has reached its size limit."""


def _synchronized(method: Callable[Concatenate[Spool, _P], _R]) -> Callable[Concatenate[Spool, _P], _R]:
    @wraps(method)
    def locked(self: Spool, /, *arguments: _P.args, **options: _P.kwargs) -> _R:
        with self._lock:
            return method(self, *arguments, **options)

    return locked


class Spool:
    """The envelopes of a folder: those of killed processes first, then those of this process."""

    def __init__(
        self, folder: Path, *, max_bytes: int = DEFAULT_SPOOL_BYTES, file_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._segment_bytes = file_bytes
        self._segments: deque[SpoolSegment] = deque()
        self._own_segment: SpoolSegment | None = None
        """The last file, to which envelopes are appended."""
        self._read_segment: SpoolSegment | None = None
        """The file of the envelope that `read_oldest` returned."""
        self._sequence = count()
        self._lock = threading.RLock()
        """A thread whose caller was cancelled may still be running."""
        self._reported_paths: set[Path] = set()
        self.record_count = 0
        """Records in the spool."""
        self.size_bytes = 0
        self.corrupt_envelopes = 0
        """Envelopes that were set aside because they are corrupt."""
        self.lost_records = 0
        """Records in corrupt envelopes, as far as is known."""

    @property
    def is_empty(self) -> bool:
        return not self.size_bytes

    @_synchronized
    def adopt_orphans(self) -> int:
        """Take over the files of killed processes; returns their number of records. Raises OSError."""
        if not self._folder.is_dir():
            return 0
        known, orphans = {file.path for file in self._segments}, list[SpoolSegment]()
        for path in sorted(self._folder.glob(f"*{SPOOL_SUFFIX}")):
            if path not in known and (file := self._open_orphan(path)) is not None:
                orphans.append(file)
        position = len(self._segments) - (self._own_segment is not None)
        for file in reversed(orphans):
            self._segments.insert(position, file)
        for entry in (entry for file in orphans for entry in file.entries):
            self._adjust_totals(entry, 1)
        self._remove_empty()
        return sum(entry.header.record_count for file in orphans for entry in file.entries)

    @_synchronized
    def append(self, *envelopes: Envelope) -> int:
        """Append as many envelopes as fit; returns their number. They are on disk on return.

        Raises SpoolFull when the first one does not fit, or OSError.
        """
        free_bytes, encoded_envelopes = self._max_bytes - self.size_bytes, list[bytes]()
        for envelope in envelopes:
            encoded = encode_envelope(envelope)
            free_bytes -= len(encoded)
            if free_bytes < 0:
                break
            encoded_envelopes.append(encoded)
        if not encoded_envelopes:
            raise SpoolFull(f"the limit of {self._max_bytes / 2**20:g} MB is reached (NOF1_SPOOL_MB)")
        file = self._ensure_own_segment()
        try:
            entries = file.append(encoded_envelopes)
        except OSError:
            self._remove_empty()
            raise
        for entry in entries:
            self._adjust_totals(entry, 1)
        return len(entries)

    @_synchronized
    def read_oldest(self) -> Envelope | None:
        """The oldest envelope; None if the spool is empty. Corrupt ones are set aside. Raises OSError."""
        for file in list(self._segments):
            while file.entries:
                entry = file.entries[0]
                body = file.read(entry)
                try:
                    envelope = decode_envelope(entry.header, body)
                except CorruptEnvelope as error:
                    self._save_corrupt(file.path, body, str(error), entry.header.record_count)
                    self._remove_first(file)
                else:
                    self._read_segment = file
                    return envelope
        self._remove_empty()
        return None

    @_synchronized
    def remove_oldest(self) -> None:
        """Remove the envelope that `read_oldest` returned, once it is committed. Raises OSError."""
        file, self._read_segment = self._read_segment, None
        if file is not None and file.entries:
            self._remove_first(file)
        self._remove_empty()

    @_synchronized
    def write_rejected(self, envelope: Envelope, reason: str) -> None:
        """Append an envelope that the store rejected to a file, for people to inspect. Raises OSError."""
        self._make_folder()
        line = {
            "at": datetime.now(UTC).isoformat(),
            "reason": reason,
            "parcel": msgspec.to_builtins(envelope),
        }
        written = (json.dumps(line) + "\n").encode()
        with (self._folder / REJECTED_FILE).open("ab") as file:
            if file.tell() + len(written) > MAX_REJECTED_BYTES:
                raise SpoolFull(f"{REJECTED_FILE} has reached its limit of {MAX_REJECTED_BYTES // 2**20} MB")
            file.write(written)
            file.flush()
            os.fdatasync(file.fileno())

    @_synchronized
    def close(self) -> None:
        """Close the files and release them to the next process."""
        self._remove_empty()
        for file in self._segments:
            file.close()
        self._segments.clear()
        self._own_segment = self._read_segment = None
        self.record_count = self.size_bytes = 0

    def _ensure_own_segment(self) -> SpoolSegment:
        if self._own_segment is None or self._own_segment.end_offset >= self._segment_bytes:
            self._make_folder()
            name = (
                f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}-{next(self._sequence):04}{SPOOL_SUFFIX}"
            )
            self._own_segment = SpoolSegment.create(self._folder / name)
            self._segments.append(self._own_segment)
        return self._own_segment

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _open_orphan(self, path: Path) -> SpoolSegment | None:
        """An orphaned file; None if it is in use or cannot be opened, which is logged once."""
        try:
            return SpoolSegment.open_orphan(path, self._save_corrupt)
        except OSError as error:
            if path not in self._reported_paths:
                self._reported_paths.add(path)
                log.error("%s cannot be taken over: %s", path, error.strerror or error)
            return None

    def _save_corrupt(self, path: Path, data: bytes, reason: str, records: int) -> None:
        log.error("%s: %d corrupt bytes were set aside: %s", path.name, len(data), reason)
        try:
            with path.with_suffix(CORRUPT_SUFFIX).open("ab") as file:
                file.write(data)
        except OSError as error:
            log.error("they could not be saved to a %s file: %s", CORRUPT_SUFFIX, error.strerror or error)
        self.corrupt_envelopes += 1
        self.lost_records += min(max(1, records), max(1, len(data)))

    def _remove_first(self, file: SpoolSegment) -> None:
        self._adjust_totals(file.entries.popleft(), -1)

    def _adjust_totals(self, entry: SpoolEntry, sign: int) -> None:
        self.record_count += sign * entry.header.record_count
        self.size_bytes += sign * entry.size

    def _remove_empty(self) -> None:
        for file in self._empty_segments():
            self._segments.remove(file)
            if file is self._own_segment:
                self._own_segment = None
            file.remove()

    def _empty_segments(self) -> Iterator[SpoolSegment]:
        return iter([file for file in self._segments if not file.entries])
