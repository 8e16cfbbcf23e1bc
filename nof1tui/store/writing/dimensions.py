"""Ids of accounts, symbols and position versions: selected, inserted where new, cached after the commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from nof1tui.domain.records import AccountKey, AccountRow, Position
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.writing.row_encoding import hash_content, replace_nul, version_to_row

VersionKey = tuple[int, int, bytes]

_VERSION_COLUMNS = {
    "quantity": "float8",
    "entry_price": "float8",
    "entry_at": "timestamptz",
    "leverage": "float8",
    "profit_target": "float8",
    "stop_loss": "float8",
    "invalidation": "text",
    "has_plan": "bool",
    "risk_usd": "float8",
    "confidence": "float8",
    "closed_pnl": "float8",
    "commission": "float8",
    "entry_oid": "int8",
    "oid": "int8",
    "tp_oid": "int8",
    "sl_oid": "int8",
    "extra": "jsonb",
}
"""PostgreSQL types by column, in the order of `row_encoding.version_to_row`."""
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

    accounts: dict[AccountKey, int] = field(default_factory=dict)
    symbols: dict[str, int] = field(default_factory=dict)
    versions: dict[VersionKey, tuple[int, datetime]] = field(default_factory=dict)


@dataclass
class IdCache:
    """Surrogate ids of committed rows."""

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
        self.accounts |= committed.accounts
        self.symbols |= committed.symbols
        for key, version in committed.versions.items():
            self.versions[key] = version
        self.versions.rotate()
        self.hashes.rotate()


class DimensionResolver:
    """Ids as one transaction sees them: committed ones from the cache, and those it inserts."""

    def __init__(self, db: DatabaseConnection, arena: str, roster: Roster, cache: IdCache) -> None:
        self._db = db
        self._arena = arena
        self._roster = roster
        self._cache = cache
        self.new_ids = TransactionIds()

    async def resolve_accounts(self, keys: Iterable[AccountKey]) -> Mapping[AccountKey, int]:
        """Ids of at least these accounts; unknown ones are inserted."""
        for key in sorted(set(keys) - self._cache.accounts.keys()):
            self.new_ids.accounts[key] = await self._resolve_account(key)
        return {**self._cache.accounts, **self.new_ids.accounts}

    async def resolve_symbols(self, names: Iterable[str]) -> Mapping[str, int]:
        """Ids of at least these symbols; unknown ones are inserted."""
        for name in sorted(set(names) - self._cache.symbols.keys()):
            self.new_ids.symbols[name] = await self._find_or_insert("symbols", name=_required_text(name))
        return {**self._cache.symbols, **self.new_ids.symbols}

    async def resolve_versions(
        self, rows: Iterable[AccountRow], accounts: Mapping[AccountKey, int], symbols: Mapping[str, int]
    ) -> dict[tuple[AccountKey, datetime], list[int]]:
        """Version ids of each row's positions, in the order of the positions."""
        rows = tuple(rows)
        needed: dict[VersionKey, tuple[datetime, Position]] = {}
        keys: dict[tuple[AccountKey, datetime], list[VersionKey]] = {}
        for row in rows:
            account_id, row_keys = accounts[row.account], list[VersionKey]()
            keys[row.account, row.observed_at] = row_keys
            for position in row.positions:
                key = (account_id, symbols[position.coin], self._cache.content_hash(position))
                row_keys.append(key)
                first = needed.get(key)
                if first is None or row.observed_at < first[0]:
                    needed[key] = (row.observed_at, position)
        await self._find_versions(needed)
        await self._insert_versions({key: value for key, value in needed.items() if not self._version(key)})
        await self._backdate({key: at for key, (at, _) in needed.items()})
        return {row: [self._version_id(key) for key in row_keys] for row, row_keys in keys.items()}

    async def _resolve_account(self, key: AccountKey) -> int:
        season = self._roster.season(key.season)
        season_id = await self._find_or_insert(
            "seasons", {"name": season.name}, arena=self._arena, slug=season.slug
        )
        competition_id = await self._find_or_insert(
            "competitions", season_id=season_id, slug=_required_text(key.competition)
        )
        name = _required_text(self._roster.trader(key.trader).name)
        trader_id = await self._find_or_insert("traders", {"name": name}, slug=_required_text(key.trader))
        return await self._find_or_insert("accounts", competition_id=competition_id, trader_id=trader_id)

    async def _find_or_insert(self, table: str, values: Mapping[str, Any] | None = None, **key: Any) -> int:
        """The id of the row with this natural key; inserted if missing. Concurrent inserts leave one row."""
        where = " AND ".join(f"{name} = %({name})s" for name in key)
        columns = {**key, **(values or {})}
        names, placeholders = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
        select = f"SELECT id FROM nof1.{table} WHERE {where}"  # noqa: S608 names are constants
        insert = (
            f"INSERT INTO nof1.{table} ({names}) VALUES ({placeholders}) "  # noqa: S608
            "ON CONFLICT DO NOTHING RETURNING id"
        )
        for statement in (select, insert, select):
            row = await (await self._db.execute(statement.encode(), columns)).fetchone()
            if row is not None:
                return int(row[0])
        raise RuntimeError(f"{table} {key} was neither found nor inserted")

    def _version(self, key: VersionKey) -> tuple[int, datetime] | None:
        return self.new_ids.versions.get(key) or self._cache.versions.get(key)

    def _version_id(self, key: VersionKey) -> int:
        version = self._version(key)
        if version is None:
            raise RuntimeError("a position version was neither found nor inserted")
        return version[0]

    async def _find_versions(self, needed: Iterable[VersionKey]) -> None:
        unknown = [key for key in needed if not self._version(key)]
        if not unknown:
            return
        cursor = await self._db.execute(
            "SELECT v.account_id, v.symbol_id, v.content_hash, v.id, v.valid_from "
            "FROM unnest(%s::int4[], %s::int4[], %s::bytea[]) AS k (account_id, symbol_id, content_hash) "
            "JOIN nof1.position_versions v USING (account_id, symbol_id, content_hash)",
            [list(column) for column in zip(*unknown, strict=True)],
        )
        async for account_id, symbol_id, content_hash, version_id, valid_from in cursor:
            self.new_ids.versions[account_id, symbol_id, bytes(content_hash)] = (version_id, valid_from)

    async def _insert_versions(self, missing: Mapping[VersionKey, tuple[datetime, Position]]) -> None:
        if not missing:
            return
        ordered = sorted(missing.items(), key=lambda item: item[0])
        rows = [(*key, at, *version_to_row(position)) for key, (at, position) in ordered]
        columns = {
            "account_id": "int4",
            "symbol_id": "int4",
            "content_hash": "bytea",
            "valid_from": "timestamptz",
            **_VERSION_COLUMNS,
        }
        names = ", ".join(columns)
        typed = ", ".join(f"{name}::{kind}" for name, kind in columns.items())
        arrays = ", ".join(f"%s::{'text' if kind == 'jsonb' else kind}[]" for kind in columns.values())
        await self._db.execute(
            f"INSERT INTO nof1.position_versions ({names}) "  # noqa: S608 names are constants
            f"SELECT {typed} FROM unnest({arrays}) AS f ({names}) ON CONFLICT DO NOTHING".encode(),
            [list(column) for column in zip(*rows, strict=True)],
        )
        await self._find_versions(missing)

    async def _backdate(self, first_seen: Mapping[VersionKey, datetime]) -> None:
        """Move the beginning of versions back to an older observation, as an import may bring."""
        for key, at in sorted(first_seen.items()):
            version = self._version(key)
            if version is not None and at < version[1]:
                await self._db.execute(
                    "UPDATE nof1.position_versions SET valid_from = least(valid_from, %s) WHERE id = %s",
                    (at, version[0]),
                )
                self.new_ids.versions[key] = (version[0], at)


def _required_text(value: str) -> str:
    return replace_nul(value) or ""
