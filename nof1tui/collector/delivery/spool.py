"""Parcels on disk while the store is away: appended, made durable, given back in order.

Each process has files of its own, locked as long as it lives; a file whose process is gone is taken
over by the next. What was committed already and is given back again does no harm: the store takes
each record once. Calls block; they are meant for a thread.
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
"""Where a file ends and the next begins: what was written to the store is removed file by file."""
MAX_REJECTED_BYTES = 16 * 2**20
"""How much is kept of what the store refuses: the first of it tell why."""


class SpoolFull(OSError):
    """There is no room for another parcel."""


def _synchronized(method: Callable[Concatenate[Spool, _P], _R]) -> Callable[Concatenate[Spool, _P], _R]:
    @wraps(method)
    def locked(self: Spool, /, *arguments: _P.args, **options: _P.kwargs) -> _R:
        with self._lock:
            return method(self, *arguments, **options)

    return locked


class Spool:
    """The parcels of a folder: those left behind first, then this process's own."""

    def __init__(
        self, folder: Path, *, max_bytes: int = DEFAULT_SPOOL_BYTES, file_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._segment_bytes = file_bytes
        self._segments: deque[SpoolSegment] = deque()
        self._own_segment: SpoolSegment | None = None
        """The last of the files, where parcels are appended."""
        self._read_segment: SpoolSegment | None = None
        """Where `first` found what it gave."""
        self._sequence = count()
        self._lock = threading.RLock()
        """A thread that nobody waits for any more may still be at work."""
        self._reported_paths: set[Path] = set()
        self.record_count = 0
        """Records that wait."""
        self.size_bytes = 0
        self.corrupt_envelopes = 0
        """Parcels that were set aside because they cannot be read."""
        self.lost_records = 0
        """Records in them, as far as is known."""

    @property
    def is_empty(self) -> bool:
        return not self.size_bytes

    @_synchronized
    def adopt_orphans(self) -> int:
        """Take over what processes left behind that are gone; returns the records. Raises OSError."""
        if not self._folder.is_dir():
            return 0
        known, found = {file.path for file in self._segments}, list[SpoolSegment]()
        for path in sorted(self._folder.glob(f"*{SPOOL_SUFFIX}")):
            if path not in known and (file := self._open_orphan(path)) is not None:
                found.append(file)
        place = len(self._segments) - (self._own_segment is not None)
        for file in reversed(found):
            self._segments.insert(place, file)
        for entry in (entry for file in found for entry in file.entries):
            self._adjust_totals(entry, 1)
        self._remove_empty()
        return sum(entry.header.record_count for file in found for entry in file.entries)

    @_synchronized
    def append(self, *parcels: Envelope) -> int:
        """Keep parcels, as many as there is room for; returns how many are on the disk now.

        Raises SpoolFull when there is no room for the first, or OSError.
        """
        room, packed = self._max_bytes - self.size_bytes, list[bytes]()
        for parcel in parcels:
            made = encode_envelope(parcel)
            room -= len(made)
            if room < 0:
                break
            packed.append(made)
        if not packed:
            raise SpoolFull(f"it has reached its {self._max_bytes / 2**20:g} MB (NOF1_SPOOL_MB)")
        file = self._ensure_own_segment()
        try:
            entries = file.append(packed)
        except OSError:
            self._remove_empty()
            raise
        for entry in entries:
            self._adjust_totals(entry, 1)
        return len(entries)

    @_synchronized
    def read_oldest(self) -> Envelope | None:
        """The parcel that has waited longest. What cannot be read is set aside. Raises OSError."""
        for file in list(self._segments):
            while file.entries:
                entry = file.entries[0]
                body = file.read(entry)
                try:
                    parcel = decode_envelope(entry.header, body)
                except CorruptEnvelope as error:
                    self._save_corrupt(file.path, body, str(error), entry.header.record_count)
                    self._remove_first(file)
                else:
                    self._read_segment = file
                    return parcel
        self._remove_empty()
        return None

    @_synchronized
    def remove_oldest(self) -> None:
        """What `first` gave has been committed. Raises OSError."""
        file, self._read_segment = self._read_segment, None
        if file is not None and file.entries:
            self._remove_first(file)
        self._remove_empty()

    @_synchronized
    def write_rejected(self, parcel: Envelope, reason: str) -> None:
        """Keep aside what the store will never take, for people to look at. Raises OSError."""
        self._make_folder()
        line = {"at": datetime.now(UTC).isoformat(), "reason": reason, "parcel": msgspec.to_builtins(parcel)}
        written = (json.dumps(line) + "\n").encode()
        with (self._folder / REJECTED_FILE).open("ab") as file:
            if file.tell() + len(written) > MAX_REJECTED_BYTES:
                raise SpoolFull(f"{REJECTED_FILE} has reached {MAX_REJECTED_BYTES // 2**20} MB")
            file.write(written)
            file.flush()
            os.fdatasync(file.fileno())

    @_synchronized
    def close(self) -> None:
        """Leave what waits to the next process."""
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
        """One file that cannot be had leaves the others as they are."""
        try:
            return SpoolSegment.open_orphan(path, self._save_corrupt)
        except OSError as error:
            if path not in self._reported_paths:
                self._reported_paths.add(path)
                log.error("%s cannot be taken over and is left as it is: %s", path, error.strerror or error)
            return None

    def _save_corrupt(self, path: Path, data: bytes, reason: str, records: int) -> None:
        log.error("%s: %d bytes were set aside: %s", path.name, len(data), reason)
        try:
            with path.with_suffix(CORRUPT_SUFFIX).open("ab") as file:
                file.write(data)
        except OSError as error:
            log.error("they could not be kept in %s: %s", CORRUPT_SUFFIX, error.strerror or error)
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
