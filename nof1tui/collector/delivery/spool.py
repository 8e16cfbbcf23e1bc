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
        with self._one:
            return method(self, *arguments, **options)

    return locked


class Spool:
    """The parcels of a folder: those left behind first, then this process's own."""

    def __init__(
        self, folder: Path, *, max_bytes: int = DEFAULT_SPOOL_BYTES, file_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._file_bytes = file_bytes
        self._files: deque[SpoolSegment] = deque()
        self._own: SpoolSegment | None = None
        """The last of the files, where parcels are appended."""
        self._given: SpoolSegment | None = None
        """Where `first` found what it gave."""
        self._numbers = count()
        self._one = threading.RLock()
        """A thread that nobody waits for any more may still be at work."""
        self._told: set[Path] = set()
        self.records = 0
        """Records that wait."""
        self.size_bytes = 0
        self.damaged = 0
        """Parcels that were set aside because they cannot be read."""
        self.lost = 0
        """Records in them, as far as is known."""

    @property
    def is_empty(self) -> bool:
        return not self.size_bytes

    @_synchronized
    def adopt(self) -> int:
        """Take over what processes left behind that are gone; returns the records. Raises OSError."""
        if not self._folder.is_dir():
            return 0
        known, found = {file.path for file in self._files}, list[SpoolSegment]()
        for path in sorted(self._folder.glob(f"*{SPOOL_SUFFIX}")):
            if path not in known and (file := self._taken_over(path)) is not None:
                found.append(file)
        place = len(self._files) - (self._own is not None)
        for file in reversed(found):
            self._files.insert(place, file)
        for entry in (entry for file in found for entry in file.waiting):
            self._count(entry, 1)
        self._drop_empty()
        return sum(entry.head.records for file in found for entry in file.waiting)

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
        file = self._own_file()
        try:
            entries = file.append(packed)
        except OSError:
            self._drop_empty()
            raise
        for entry in entries:
            self._count(entry, 1)
        return len(entries)

    @_synchronized
    def first(self) -> Envelope | None:
        """The parcel that has waited longest. What cannot be read is set aside. Raises OSError."""
        for file in list(self._files):
            while file.waiting:
                entry = file.waiting[0]
                body = file.read(entry)
                try:
                    parcel = decode_envelope(entry.head, body)
                except CorruptEnvelope as error:
                    self._set_aside(file.path, body, str(error), entry.head.records)
                    self._step(file)
                else:
                    self._given = file
                    return parcel
        self._drop_empty()
        return None

    @_synchronized
    def drop_first(self) -> None:
        """What `first` gave has been committed. Raises OSError."""
        file, self._given = self._given, None
        if file is not None and file.waiting:
            self._step(file)
        self._drop_empty()

    @_synchronized
    def reject(self, parcel: Envelope, reason: str) -> None:
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
        self._drop_empty()
        for file in self._files:
            file.close()
        self._files.clear()
        self._own = self._given = None
        self.records = self.size_bytes = 0

    def _own_file(self) -> SpoolSegment:
        if self._own is None or self._own.end >= self._file_bytes:
            self._make_folder()
            name = (
                f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}-{next(self._numbers):04}{SPOOL_SUFFIX}"
            )
            self._own = SpoolSegment.make(self._folder / name)
            self._files.append(self._own)
        return self._own

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _taken_over(self, path: Path) -> SpoolSegment | None:
        """One file that cannot be had leaves the others as they are."""
        try:
            return SpoolSegment.take_over(path, self._set_aside)
        except OSError as error:
            if path not in self._told:
                self._told.add(path)
                log.error("%s cannot be taken over and is left as it is: %s", path, error.strerror or error)
            return None

    def _set_aside(self, path: Path, data: bytes, reason: str, records: int) -> None:
        log.error("%s: %d bytes were set aside: %s", path.name, len(data), reason)
        try:
            with path.with_suffix(CORRUPT_SUFFIX).open("ab") as file:
                file.write(data)
        except OSError as error:
            log.error("they could not be kept in %s: %s", CORRUPT_SUFFIX, error.strerror or error)
        self.damaged += 1
        self.lost += min(max(1, records), max(1, len(data)))

    def _step(self, file: SpoolSegment) -> None:
        self._count(file.waiting.popleft(), -1)

    def _count(self, entry: SpoolEntry, sign: int) -> None:
        self.records += sign * entry.head.records
        self.size_bytes += sign * entry.size

    def _drop_empty(self) -> None:
        for file in self._empty():
            self._files.remove(file)
            if file is self._own:
                self._own = None
            file.remove()

    def _empty(self) -> Iterator[SpoolSegment]:
        return iter([file for file in self._files if not file.waiting])
