"""One file of parcels: locked while its process lives, read whatever was damaged in it.

head body head body …          head: mark, length, CRC-32, records
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
"""Keeps what cannot be read: file, bytes, reason, records in it as far as is known."""


@dataclass(frozen=True, slots=True)
class SpoolEntry:
    """Where a parcel stands."""

    offset: int
    header: EnvelopeHeader

    @property
    def size(self) -> int:
        return HEADER_STRUCT.size + self.header.body_bytes


@dataclass(slots=True)
class SpoolSegment:
    """Parcels of one process that still wait, oldest first. Nobody else has this file."""

    path: Path
    descriptor: int
    entries: deque[SpoolEntry]
    end_offset: int
    """Where the next parcel goes: behind the last one that is whole."""

    @classmethod
    def create(cls, path: Path) -> SpoolSegment:
        """A new file whose name is on the disk too. Raises OSError."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        if not _try_lock(path, descriptor):
            raise OSError(f"{path} was taken by another process")
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return cls(path, descriptor, deque(), 0)

    @classmethod
    def open_orphan(cls, path: Path, set_aside: OnCorruptData) -> SpoolSegment | None:
        """A file whose process is gone; None when somebody has it. Raises OSError."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if not _try_lock(path, descriptor):
            return None
        try:
            waiting = deque(_scan_entries(path, descriptor, set_aside))
            end = waiting[-1].offset + waiting[-1].size if waiting else 0
            os.ftruncate(descriptor, end)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor, waiting, end)

    def append(self, packed: Sequence[bytes]) -> list[SpoolEntry]:
        """On the disk when this returns; on a fault nothing has changed. Raises OSError."""
        data, written = memoryview(b"".join(packed)), 0
        try:
            while written < len(data):
                written += os.pwrite(self.descriptor, data[written:], self.end_offset + written)
            os.fdatasync(self.descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self.descriptor, self.end_offset)
            raise
        entries = []
        for parcel in packed:
            entries.append(SpoolEntry(self.end_offset, parse_header(parcel[: HEADER_STRUCT.size])))
            self.end_offset += len(parcel)
        self.entries.extend(entries)
        return entries

    def read(self, entry: SpoolEntry) -> bytes:
        """The body, or what there is of it. Raises OSError."""
        return os.pread(self.descriptor, entry.header.body_bytes, entry.offset + HEADER_STRUCT.size)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        os.close(self.descriptor)


def _try_lock(path: Path, descriptor: int) -> bool:
    """Whether the file is ours alone now and still there; closes it if not."""
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


def _scan_entries(path: Path, descriptor: int, set_aside: OnCorruptData) -> Iterator[SpoolEntry]:
    """Every whole parcel. What stands between two of them, or breaks off at the end, is set aside."""
    size = os.fstat(descriptor).st_size
    if not size:
        return
    with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as data, memoryview(data) as view:
        offset = 0
        while offset < size:
            try:
                head = _read_valid_header(view, offset)
            except CorruptEnvelope as error:
                following = _find_next_valid(data, view, offset + 1)
                known = _damaged_record_count(view, offset)
                set_aside(path, bytes(view[offset:following]), str(error), known)
                offset = following
            else:
                yield SpoolEntry(offset, head)
                offset += HEADER_STRUCT.size + head.body_bytes


def _read_valid_header(view: memoryview, offset: int) -> EnvelopeHeader:
    """The head of the parcel that stands here, its body checked. Raises Damaged."""
    head = parse_header(bytes(view[offset : offset + HEADER_STRUCT.size]))
    begin = offset + HEADER_STRUCT.size
    if begin + head.body_bytes > len(view):
        raise CorruptEnvelope("it breaks off")
    with view[begin : begin + head.body_bytes] as body:
        if crc32(body) != head.crc:
            raise CorruptEnvelope("its checksum is wrong")
    return head


def _find_next_valid(data: mmap.mmap, view: memoryview, offset: int) -> int:
    """Where the next whole parcel begins, or the end."""
    while (found := data.find(ENVELOPE_MAGIC, offset)) >= 0:
        try:
            _read_valid_header(view, found)
        except CorruptEnvelope:
            offset = found + 1
        else:
            return found
    return len(view)


def _damaged_record_count(view: memoryview, offset: int) -> int:
    """How many records a damaged parcel had; one where its head cannot be read."""
    try:
        return max(1, parse_header(bytes(view[offset : offset + HEADER_STRUCT.size])).record_count)
    except CorruptEnvelope:
        return 1
