"""Parcels on disk while the store is away: appended, made durable, given back in order.

Each process has a file of its own, locked as long as it lives; a file whose process is gone is taken
over by the next. What was committed already and is given back again does no harm: the store takes
each record once. Calls block; they are meant for a thread.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import BinaryIO, Concatenate, ParamSpec, TypeVar

import msgspec

from nof1tui.collector.parcel import HEAD, Damaged, Head, Parcel, pack, read_head, unpack

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

SUFFIX = ".spool"
DAMAGED = ".bad"
REJECTED = "rejected.jsonl"
DEFAULT_BYTES = 256 * 2**20


class SpoolFull(OSError):
    """There is no room for another parcel."""


@dataclass(slots=True)
class _File:
    """One process's parcels: where reading goes on, and what is still to come."""

    path: Path
    stream: BinaryIO
    heads: deque[Head]
    offset: int = 0


def _one_at_a_time(method: Callable[Concatenate[Spool, P], R]) -> Callable[Concatenate[Spool, P], R]:
    @wraps(method)
    def locked(self: Spool, /, *arguments: P.args, **options: P.kwargs) -> R:
        with self._one:
            return method(self, *arguments, **options)

    return locked


class Spool:
    """The parcels of a folder: those left behind first, then this process's own."""

    def __init__(self, folder: Path, *, max_bytes: int = DEFAULT_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._left: deque[_File] = deque()
        self._own: _File | None = None
        self._one = threading.RLock()
        """A thread that nobody waits for any more may still be at work."""
        self.records = 0
        """Records that wait."""
        self.size_bytes = 0
        self.damaged = 0
        """Parcels that were set aside because they cannot be read."""

    @property
    def is_empty(self) -> bool:
        return not any(file.heads for file in list(self._files()))

    @_one_at_a_time
    def adopt(self) -> int:
        """Take over what processes left behind that are gone; returns the records. Raises OSError."""
        if not self._folder.is_dir():
            return 0
        known = {file.path for file in self._files()}
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if path not in known and (file := self._opened(path, "r+b")) is not None:
                self._left.append(file)
                for head in file.heads:
                    self._count(head, 1)
        self._drop_empty()
        return self.records

    @_one_at_a_time
    def append(self, parcel: Parcel) -> None:
        """Keep a parcel; it is on the disk when this returns. Raises SpoolFull, or OSError."""
        packed = pack(parcel)
        if self.size_bytes + len(packed) > self._max_bytes:
            raise SpoolFull(f"the spool has reached its {self._max_bytes // 2**20} MB")
        file = self._own_file()
        end = file.stream.seek(0, os.SEEK_END)
        try:
            file.stream.write(packed)
            file.stream.flush()
            os.fdatasync(file.stream.fileno())
        except OSError:
            file.stream.truncate(end)
            raise
        head = read_head(packed[: HEAD.size])
        file.heads.append(head)
        self._count(head, 1)

    @_one_at_a_time
    def first(self) -> Parcel | None:
        """The parcel that has waited longest. What cannot be read is set aside. Raises OSError."""
        for file in list(self._files()):
            while file.heads:
                head = file.heads[0]
                file.stream.seek(file.offset + HEAD.size)
                body = file.stream.read(head.length)
                try:
                    return unpack(head, body)
                except Damaged as error:
                    self._set_aside(file.path, body, str(error))
                    self._step(file)
        self._drop_empty()
        return None

    @_one_at_a_time
    def drop_first(self) -> None:
        """The first parcel has been committed. Raises OSError."""
        file = next((file for file in self._files() if file.heads), None)
        if file is not None:
            self._step(file)
        self._drop_empty()

    @_one_at_a_time
    def reject(self, parcel: Parcel, reason: str) -> None:
        """Keep aside what the store will never take, for people to look at. Raises OSError."""
        self._make_folder()
        line = {"at": datetime.now(UTC).isoformat(), "reason": reason, "parcel": msgspec.to_builtins(parcel)}
        with (self._folder / REJECTED).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    @_one_at_a_time
    def close(self) -> None:
        """Leave what waits to the next process."""
        for file in self._files():
            file.stream.close()
        self._left.clear()
        self._own = None

    def _files(self) -> Iterator[_File]:
        yield from self._left
        if self._own is not None:
            yield self._own

    def _own_file(self) -> _File:
        if self._own is None:
            self._make_folder()
            path = self._folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}{SUFFIX}"
            opened = self._opened(path, "x+b")
            if opened is None:
                raise OSError(f"{path} is locked by another process")
            self._own = opened
        return self._own

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _opened(self, path: Path, mode: str) -> _File | None:
        """A file that nobody else has, with its parcels counted; None when somebody has it."""
        stream: BinaryIO = path.open(mode)  # type: ignore[assignment]  # binary modes only
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            return None
        if not path.exists():
            stream.close()
            return None
        return _File(path, stream, deque(self._heads(path, stream)))

    def _heads(self, path: Path, stream: BinaryIO) -> Iterator[Head]:
        """Walk from head to head; a tail that breaks off (the process was killed) is cut off."""
        size, offset = path.stat().st_size, 0
        while offset < size:
            stream.seek(offset)
            try:
                head = read_head(stream.read(HEAD.size))
                if offset + HEAD.size + head.length > size:
                    raise Damaged("it breaks off")
            except Damaged as error:
                stream.seek(offset)
                self._set_aside(path, stream.read(), str(error))
                stream.truncate(offset)
                return
            yield head
            offset += HEAD.size + head.length

    def _set_aside(self, path: Path, data: bytes, reason: str) -> None:
        self.damaged += 1
        log.error("%s: a parcel of %d bytes was set aside: %s", path.name, len(data), reason)
        with path.with_suffix(DAMAGED).open("ab") as file:
            file.write(data)

    def _step(self, file: _File) -> None:
        head = file.heads.popleft()
        file.offset += HEAD.size + head.length
        self._count(head, -1)

    def _count(self, head: Head, sign: int) -> None:
        self.records += sign * head.records
        self.size_bytes += sign * (HEAD.size + head.length)

    def _drop_empty(self) -> None:
        for file in [file for file in self._left if not file.heads]:
            self._left.remove(file)
            file.path.unlink(missing_ok=True)
            file.stream.close()
        if self._own is not None and not self._own.heads:
            self._own.path.unlink(missing_ok=True)
            self._own.stream.close()
            self._own = None
