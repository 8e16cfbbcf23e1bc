"""Caches of the ids that committed rows have in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from nof1tui.domain.records import AccountKey, Position
from nof1tui.store.arenas import NO_ARENA_ID
from nof1tui.store.writing.row_encoding import hash_content, version_to_row

VersionKey = tuple[int, int, bytes]
_encode_values = msgspec.msgpack.Encoder().encode
_MAX_CACHED_VERSIONS = 500
"""Versions cached in addition to those of the newest rows."""
_K = TypeVar("_K")
_V = TypeVar("_V")


class GenerationalCache(Generic[_K, _V]):
    """Recently used entries: all since the last rotation, and at least the previous `capacity` ones."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._recent: dict[_K, _V] = {}
        self._previous: dict[_K, _V] = {}

    def __len__(self) -> int:
        return len(self._recent.keys() | self._previous.keys())

    def get(self, key: _K) -> _V | None:
        value = self._recent.get(key)
        if value is None:
            value = self._previous.get(key)
            if value is not None:
                self._recent[key] = value
        return value

    def __setitem__(self, key: _K, value: _V) -> None:
        self._recent[key] = value

    def rotate(self) -> None:
        """Drop entries unused since the previous rotation, if there are more than `capacity` recent ones."""
        if len(self._recent) > self._capacity:
            self._recent, self._previous = {}, self._recent


@dataclass
class TransactionIds:
    """Surrogate ids that one transaction selected or inserted."""

    arena_id: int = NO_ARENA_ID
    accounts: dict[AccountKey, int] = field(default_factory=dict)
    symbols: dict[str, int] = field(default_factory=dict)
    versions: dict[VersionKey, tuple[int, datetime]] = field(default_factory=dict)


@dataclass
class IdCache:
    """Surrogate ids of committed rows of one arena."""

    arena_id: int = NO_ARENA_ID
    accounts: dict[AccountKey, int] = field(default_factory=dict)
    symbols: dict[str, int] = field(default_factory=dict)
    versions: GenerationalCache[VersionKey, tuple[int, datetime]] = field(
        default_factory=lambda: GenerationalCache(_MAX_CACHED_VERSIONS)
    )
    """Id and time of the first observation."""
    hashes: GenerationalCache[bytes, bytes] = field(
        default_factory=lambda: GenerationalCache(_MAX_CACHED_VERSIONS)
    )
    """Content hashes by packed content of versions: packing is far cheaper than hashing."""

    def content_hash(self, position: Position) -> bytes:
        """The hash that addresses a position's version."""
        values = version_to_row(position)
        try:
            packed = _encode_values(values)
        except UnicodeEncodeError:
            return hash_content(values)
        content_hash = self.hashes.get(packed)
        if content_hash is None:
            content_hash = self.hashes[packed] = hash_content(values)
        return content_hash

    def merge(self, committed: TransactionIds) -> None:
        """Add the ids of a transaction after its commit."""
        self.arena_id = committed.arena_id or self.arena_id
        self.accounts |= committed.accounts
        self.symbols |= committed.symbols
        for key, version in committed.versions.items():
            self.versions[key] = version
        self.versions.rotate()
        self.hashes.rotate()
