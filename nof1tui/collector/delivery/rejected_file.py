"""Records that were set aside because the store does not take them: a file of JSON lines, with the reasons.

They are written again after a fix, or dismissed, by `db rejected`. Beyond its size limit a line names the
records without their content. Calls block.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from nof1tui.collector.delivery.dedup import content_digest
from nof1tui.collector.delivery.envelope import RECORD_KINDS, Envelope

log = logging.getLogger(__name__)

REJECTED_FILE = "rejected.jsonl"
MAX_REJECTED_BYTES = 16 * 2**20
"""Size up to which lines have the content of their records."""


class RejectedRecords(Struct, frozen=True):
    """One line of the file."""

    at: datetime
    reason: str
    records: int
    feed: str
    envelope: Envelope | None = None
    """None where the file was full, or the line is damaged."""
    digest: str = ""
    """Digest of the content without times of fetching."""


class RejectedFile:
    """The file of one folder; several processes may use it."""

    def __init__(self, folder: Path, max_bytes: int = MAX_REJECTED_BYTES) -> None:
        self.path = folder / REJECTED_FILE
        self._max_bytes = max_bytes
        self._counted: tuple[tuple[int, int, int], int, frozenset[str]] | None = None
        """Inode, size and time of the file when it was counted, its records, and their digests."""

    @property
    def record_count(self) -> int:
        """Number of records in the file. Raises OSError."""
        return self._count()[0]

    def append(self, envelope: Envelope, reason: str) -> bool:
        """Add records; returns False where the file has them already. They are on disk on return.

        Raises OSError.
        """
        digest, records = envelope_digest(envelope), max(1, envelope.record_count)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = {
            "at": datetime.now(UTC).isoformat(),
            "reason": reason,
            "records": records,
            "feed": envelope.batch.feed.value,
            "digest": digest,
        }
        full = {**line, "parcel": msgspec.to_builtins(envelope)}
        with self._locked() as file:
            count, digests = self._count()
            if digest in digests:
                return False
            size = file.seek(0, os.SEEK_END)
            written = (json.dumps(full) + "\n").encode()
            if size + len(written) > self._max_bytes:
                log.error("%s is full: records are listed in it without their content", self.path)
                written = (json.dumps(line) + "\n").encode()
            file.write(written)
            file.flush()
            os.fdatasync(file.fileno())
            self._counted = _version(os.fstat(file.fileno())), count + records, digests | {digest}
        return True

    def read(self) -> list[RejectedRecords]:
        """The lines, oldest first. Raises OSError."""
        try:
            return [_parse_line(line) for line in self.path.read_bytes().splitlines() if line.strip()]
        except FileNotFoundError:
            return []

    def remove(self, is_removed: Callable[[RejectedRecords], bool]) -> int:
        """Remove lines; returns the number of their records. Raises OSError."""
        if not self.path.exists():
            return 0
        with self._locked() as file:
            lines = [(line, _parse_line(line)) for line in file.read().splitlines() if line.strip()]
            kept = [line for line, rejected in lines if not is_removed(rejected)]
            file.seek(0)
            file.write(b"".join(line + b"\n" for line in kept))
            file.truncate()
            file.flush()
            os.fdatasync(file.fileno())
        return sum(rejected.records for _, rejected in lines) - sum(
            _parse_line(line).records for line in kept
        )

    def _count(self) -> tuple[int, frozenset[str]]:
        """Records and digests of the file; it is read again when it has changed."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return 0, frozenset()
        version = _version(found)
        if self._counted is None or self._counted[0] != version:
            lines = self.read()
            digests = frozenset(line.digest for line in lines if line.digest)
            self._counted = version, sum(line.records for line in lines), digests
        return self._counted[1], self._counted[2]

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        """The file, created where it is missing, locked for this process."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _version(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def envelope_digest(envelope: Envelope) -> str:
    """A digest of the records and events, without times of fetching."""
    digests = sorted(item_digests(envelope))
    return blake2b(b"".join(digests), digest_size=16).hexdigest()


def item_digests(envelope: Envelope) -> set[bytes]:
    """Digests of the records and events."""
    kinds: Sequence[Sequence[object]] = [getattr(envelope.batch, kind) for kind in RECORD_KINDS]
    return {content_digest(item) for items in (*kinds, envelope.events) for item in items}


def _parse_line(line: bytes) -> RejectedRecords:
    """A line of this version or of 0.1, which has no counts; a damaged one has no envelope."""
    try:
        values = json.loads(line)
        parcel = values.get("parcel")
        envelope = None if parcel is None else msgspec.convert(parcel, Envelope)
        return RejectedRecords(
            datetime.fromisoformat(values["at"]),
            str(values["reason"]),
            values.get("records") or (max(1, envelope.record_count) if envelope else 1),
            values.get("feed") or (envelope.batch.feed.value if envelope else ""),
            envelope,
            values.get("digest") or (envelope_digest(envelope) if envelope else ""),
        )
    except (ValueError, TypeError, KeyError, AttributeError, msgspec.MsgspecError) as error:
        return RejectedRecords(datetime.fromtimestamp(0, UTC), f"damaged line: {error}", 1, "")
