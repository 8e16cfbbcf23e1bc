"""Envelopes on disk while the store is away: appended, synced to disk, read back in order.

Each process has its own files, locked while it runs; files of killed processes are taken over by the
next. Envelopes may be read back after they were committed: the store takes each record once. Calls block
and are meant for a thread.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from nof1tui.collector.delivery.envelope import CorruptEnvelope, Envelope, decode_envelope, encode_envelope
from nof1tui.collector.delivery.rejected_file import RejectedFile
from nof1tui.collector.delivery.spool_folders import SPOOL_SUFFIX, SpoolFolders
from nof1tui.collector.delivery.spool_segment import SpoolEntry, SpoolSegment

log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_R = TypeVar("_R")

CORRUPT_SUFFIX = ".bad"
DEFAULT_SPOOL_BYTES = 256 * 2**20
SEGMENT_BYTES = 8 * 2**20
"""Size at which the next file begins; committed envelopes are removed file by file."""


class SpoolFull(OSError):
    """The spool has reached its size limit."""


def _synchronized(method: Callable[Concatenate[Spool, _P], _R]) -> Callable[Concatenate[Spool, _P], _R]:
    @wraps(method)
    def locked(self: Spool, /, *arguments: _P.args, **options: _P.kwargs) -> _R:
        with self._lock:
            return method(self, *arguments, **options)

    return locked


@dataclass(frozen=True, slots=True, eq=False)
class SpooledEnvelope:
    """An envelope with its place in the spool."""

    envelope: Envelope
    entry: SpoolEntry
    segment: SpoolSegment


class Spool:
    """The envelopes of a folder: those of killed processes first, then those of this process."""

    def __init__(
        self,
        folder: Path | SpoolFolders,
        *,
        max_bytes: int = DEFAULT_SPOOL_BYTES,
        file_bytes: int = SEGMENT_BYTES,
    ) -> None:
        """With `SpoolFolders` the files of killed processes are left alone until `bind`."""
        self._folders = None if isinstance(folder, Path) else folder
        self._is_bound = self._folders is None
        self._use_folders((folder if isinstance(folder, Path) else folder.current,))
        self.has_orphans = True
        """Whether to search for files of killed processes now."""
        self._max_bytes = max_bytes
        self._segment_bytes = file_bytes
        self._segments: deque[SpoolSegment] = deque()
        self._own_segment: SpoolSegment | None = None
        """The last file, to which envelopes are appended."""
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
        """Take over the files of killed processes; returns their number of records. Raises OSError.

        Those of a database that is not known yet stay where they are.
        """
        self.has_orphans = False
        if not self._is_bound:
            return 0
        known, orphans = {file.path for file in self._segments}, list[SpoolSegment]()
        paths = [path for folder in self._orphan_folders for path in folder.glob(f"*{SPOOL_SUFFIX}")]
        for path in sorted(paths, key=lambda path: path.name):
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
    def append(self, *envelopes: Envelope) -> list[SpooledEnvelope]:
        """Append as many envelopes as fit; returns those. They are on disk on return.

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
        return [
            SpooledEnvelope(envelope, entry, file)
            for envelope, entry in zip(envelopes, entries, strict=False)
        ]

    @_synchronized
    def read_oldest(self, skipped: Collection[SpooledEnvelope] = ()) -> SpooledEnvelope | None:
        """The oldest envelope that is not skipped; None without one. Raises OSError.

        Corrupt ones are set aside.
        """
        places = {spooled.entry for spooled in skipped}
        for segment in list(self._segments):
            while entry := next((entry for entry in segment.entries if entry not in places), None):
                body = segment.read(entry)
                try:
                    return SpooledEnvelope(decode_envelope(entry.header, body), entry, segment)
                except CorruptEnvelope as error:
                    self._save_corrupt(segment.path, body, str(error), entry.header.record_count)
                    self._remove_entry(segment, entry)
        self._remove_empty()
        return None

    @staticmethod
    def has(spooled: SpooledEnvelope) -> bool:
        """Whether the envelope is still in the spool."""
        return spooled.entry in spooled.segment.entries

    @_synchronized
    def remove(self, spooled: SpooledEnvelope) -> None:
        """Remove an envelope, once it is committed. Raises OSError."""
        self._remove_entry(spooled.segment, spooled.entry)
        self._remove_empty()

    @_synchronized
    def set_aside(self, envelope: Envelope, reason: str) -> None:
        """Keep records that the store does not take, with the reason. Raises OSError."""
        self._rejected_files[0].append(envelope, reason)

    @property
    def rejected_records(self) -> int:
        """Records that were set aside, also by earlier processes. Raises OSError."""
        return sum(file.record_count for file in self._rejected_files)

    @_synchronized
    def bind(self, identity: str | None, label: str) -> None:
        """Use the folders of the database with this identity, now that it is known. Raises OSError."""
        if self._folders is not None:
            self._use_folders(self._folders.bind(identity, label))
            self._own_segment = None
            self._is_bound = True
            self.has_orphans = True

    @_synchronized
    def close(self) -> None:
        """Close the files and release them to the next process."""
        self._remove_empty()
        for file in self._segments:
            file.close()
        self._segments.clear()
        self._own_segment = None
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

    def _use_folders(self, folders: Sequence[Path]) -> None:
        self._folder = folders[0]
        """Folder of new files."""
        self._orphan_folders = tuple(folders)
        self._rejected_files = [RejectedFile(folder) for folder in folders]

    def _remove_entry(self, segment: SpoolSegment, entry: SpoolEntry) -> None:
        if entry in segment.entries:
            segment.entries.remove(entry)
            self._adjust_totals(entry, -1)

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
