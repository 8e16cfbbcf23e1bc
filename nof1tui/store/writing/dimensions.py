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
        unknown = sorted(set(keys) - self._cache.accounts.keys() - self.new_ids.accounts.keys())
        if unknown:
            names = {key.trader: (_required_text(self._roster.trader(key.trader).name),) for key in unknown}
            slugs = {trader: (_required_text(trader),) for trader in names}
            traders = await self._find_or_insert_all(
                "traders", {"slug": "text"}, {"name": "text"}, {slugs[key]: names[key] for key in names}
            )
            competitions = {
                pair: await self._resolve_competition(*pair)
                for pair in sorted({(key.season, key.competition) for key in unknown})
            }
            ids = {
                key: (competitions[key.season, key.competition], traders[slugs[key.trader]])
                for key in unknown
            }
            columns = {"competition_id": "int4", "trader_id": "int4"}
            accounts = await self._find_or_insert_all(
                "accounts", columns, {}, dict.fromkeys(ids.values(), ())
            )
            self.new_ids.accounts |= {key: accounts[pair] for key, pair in ids.items()}
        return {**self._cache.accounts, **self.new_ids.accounts}

    async def resolve_symbols(self, names: Iterable[str]) -> Mapping[str, int]:
        """Ids of at least these symbols; unknown ones are inserted."""
        unknown = set(names) - self._cache.symbols.keys() - self.new_ids.symbols.keys()
        if unknown:
            texts = {name: (_required_text(name),) for name in unknown}
            symbols = await self._find_or_insert_all(
                "symbols", {"name": "text"}, {}, dict.fromkeys(texts.values(), ())
            )
            self.new_ids.symbols |= {name: symbols[key] for name, key in texts.items()}
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

    async def _resolve_competition(self, season_slug: str, competition: str) -> int:
        """The id of a season's competition."""
        season = self._roster.season(season_slug)
        seasons = {(self._arena, season.slug): (season.name,)}
        season_ids = await self._find_or_insert_all(
            "seasons", {"arena": "text", "slug": "text"}, {"name": "text"}, seasons
        )
        key = (season_ids[self._arena, season.slug], _required_text(competition))
        return (
            await self._find_or_insert_all(
                "competitions", {"season_id": "int4", "slug": "text"}, {}, {key: ()}
            )
        )[key]

    async def _find_or_insert_all(
        self,
        table: str,
        key_columns: Mapping[str, str],
        value_columns: Mapping[str, str],
        rows: Mapping[tuple[Any, ...], tuple[Any, ...]],
    ) -> dict[tuple[Any, ...], int]:
        """Ids by natural key; missing rows are inserted with their values, in the order of keys.

        Columns have their PostgreSQL types. Concurrent inserts leave one row.
        """
        keys, columns = ", ".join(key_columns), {**key_columns, **value_columns}
        names, wanted = ", ".join(columns), ", ".join(f"%s::{kind}[]" for kind in columns.values())
        key_arrays = ", ".join(f"%s::{kind}[]" for kind in key_columns.values())
        select = (
            f"SELECT {keys}, t.id FROM unnest({key_arrays}) AS w ({keys}) "  # noqa: S608 names are constants
            f"JOIN nof1.{table} t USING ({keys})"
        )
        insert = (
            f"INSERT INTO nof1.{table} ({names}) SELECT {names} FROM unnest({wanted}) AS w ({names}) "  # noqa: S608
            f"ON CONFLICT DO NOTHING RETURNING {keys}, id"
        )
        found = dict[tuple[Any, ...], int]()
        for statement in (select, insert, select):
            missing = sorted(rows.keys() - found.keys())
            if not missing:
                break
            full = [(*key, *rows[key]) if statement is insert else key for key in missing]
            cursor = await self._db.execute(
                statement.encode(), [list(column) for column in zip(*full, strict=True)]
            )
            found |= {tuple(row[:-1]): int(row[-1]) async for row in cursor}
        if len(found) < len(rows):
            raise RuntimeError(f"rows of {table} were neither found nor inserted")
        return found

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
