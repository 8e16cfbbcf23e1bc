"""One file of the spool: locked while its process runs, readable around corrupt bytes.

header body header body …          header: magic, length, CRC-32, number of records
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from nof1tui.collector.delivery.envelope import (
    ENVELOPE_MAGIC,
    HEADER_STRUCT,
    CorruptEnvelope,
    EnvelopeHeader,
    parse_header,
)

OnCorruptData = Callable[[Path, bytes, str, int], None]
"""Saves corrupt bytes: file, bytes, reason, records in them as far as is known."""


@dataclass(frozen=True, slots=True, eq=False)
class SpoolEntry:
    """Offset and header of an envelope in a file; compared by identity."""

    offset: int
    header: EnvelopeHeader

    @property
    def size(self) -> int:
        return HEADER_STRUCT.size + self.header.body_bytes


@dataclass(slots=True)
class SpoolSegment:
    """A locked file with the envelopes of one process, oldest first."""

    path: Path
    descriptor: int
    entries: deque[SpoolEntry]
    end_offset: int
    """Offset of the next envelope, behind the last valid one."""

    @classmethod
    def create(cls, path: Path) -> SpoolSegment:
        """A new file, its directory entry synced to disk. Raises OSError."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        if not _try_lock(path, descriptor):
            raise OSError(f"{path} is in use by another process")
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return cls(path, descriptor, deque(), 0)

    @classmethod
    def open_orphan(cls, path: Path, on_corrupt: OnCorruptData) -> SpoolSegment | None:
        """The file of a killed process; None if it is in use. Raises OSError."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if not _try_lock(path, descriptor):
            return None
        try:
            entries = deque(_scan_entries(path, descriptor, on_corrupt))
            end = entries[-1].offset + entries[-1].size if entries else 0
            os.ftruncate(descriptor, end)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor, entries, end)

    def append(self, encoded_envelopes: Sequence[bytes]) -> list[SpoolEntry]:
        """Append envelopes; they are on disk on return, and on an error none is. Raises OSError."""
        data, written = memoryview(b"".join(encoded_envelopes)), 0
        try:
            while written < len(data):
                written += os.pwrite(self.descriptor, data[written:], self.end_offset + written)
            os.fdatasync(self.descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self.descriptor, self.end_offset)
            raise
        entries = []
        for encoded in encoded_envelopes:
            entries.append(SpoolEntry(self.end_offset, parse_header(encoded[: HEADER_STRUCT.size])))
            self.end_offset += len(encoded)
        self.entries.extend(entries)
        return entries

    def read(self, entry: SpoolEntry) -> bytes:
        """The body of an entry, shorter if the file ends before. Raises OSError."""
        return os.pread(self.descriptor, entry.header.body_bytes, entry.offset + HEADER_STRUCT.size)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        os.close(self.descriptor)


def read_headers(path: Path) -> list[EnvelopeHeader]:
    """The headers of a file's envelopes, which another process may be writing. Raises OSError."""
    headers, offset = list[EnvelopeHeader](), 0
    try:
        with path.open("rb") as file:
            while len(data := file.read(HEADER_STRUCT.size)) == HEADER_STRUCT.size:
                header = parse_header(data)
                headers.append(header)
                offset += HEADER_STRUCT.size + header.body_bytes
                file.seek(offset)
    except (FileNotFoundError, CorruptEnvelope):
        pass
    return headers


def _try_lock(path: Path, descriptor: int) -> bool:
    """Lock the file; closes it and returns False if it is in use or was removed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return True
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return False


def _scan_entries(path: Path, descriptor: int, on_corrupt: OnCorruptData) -> Iterator[SpoolEntry]:
    """Every valid envelope; bytes between them or after the last one are passed to `on_corrupt`."""
    size = os.fstat(descriptor).st_size
    if not size:
        return
    with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as data, memoryview(data) as view:
        offset = 0
        while offset < size:
            try:
                header = _read_valid_header(view, offset)
            except CorruptEnvelope as error:
                next_offset = _find_next_valid(data, view, offset + 1)
                record_count = _corrupt_record_count(view, offset)
                on_corrupt(path, bytes(view[offset:next_offset]), str(error), record_count)
                offset = next_offset
            else:
                yield SpoolEntry(offset, header)
                offset += HEADER_STRUCT.size + header.body_bytes


def _read_valid_header(view: memoryview, offset: int) -> EnvelopeHeader:
    """The header of the envelope at this offset, its body checked. Raises CorruptEnvelope."""
    header = parse_header(bytes(view[offset : offset + HEADER_STRUCT.size]))
    start = offset + HEADER_STRUCT.size
    if start + header.body_bytes > len(view):
        raise CorruptEnvelope("the body is incomplete")
    with view[start : start + header.body_bytes] as body:
        if crc32(body) != header.crc:
            raise CorruptEnvelope("wrong checksum")
    return header


def _find_next_valid(data: mmap.mmap, view: memoryview, offset: int) -> int:
    """Offset of the next valid envelope, or the end of the file."""
    while (candidate := data.find(ENVELOPE_MAGIC, offset)) >= 0:
        try:
            _read_valid_header(view, candidate)
        except CorruptEnvelope:
            offset = candidate + 1
        else:
            return candidate
    return len(view)


def _corrupt_record_count(view: memoryview, offset: int) -> int:
    """Records of a corrupt envelope; one if its header is corrupt too."""
    try:
        return max(1, parse_header(bytes(view[offset : offset + HEADER_STRUCT.size])).record_count)
    except CorruptEnvelope:
        return 1
