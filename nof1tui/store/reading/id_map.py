"""Surrogate keys of accounts and symbols, and their natural keys."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.domain.records import AccountKey
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import queries
from nof1tui.store.reading.transaction import QueryCursor, execute_query


@dataclass(frozen=True, slots=True)
class IdMap:
    """All accounts and symbols by their surrogate id."""

    accounts: dict[int, AccountKey]
    symbols: dict[int, str]

    @property
    def account_ids(self) -> dict[AccountKey, int]:
        return {key: account_id for account_id, key in self.accounts.items()}

    @property
    def symbol_ids(self) -> dict[str, int]:
        return {name: symbol_id for symbol_id, name in self.symbols.items()}


async def query_id_map(db: DatabaseConnection) -> tuple[QueryCursor, QueryCursor]:
    """Run the queries of `read_id_map`; separate so that they can share a pipeline with others."""
    return await execute_query(db, queries.ACCOUNT_KEYS), await execute_query(db, queries.SYMBOL_NAMES)


async def read_id_map(cursors: tuple[QueryCursor, QueryCursor]) -> IdMap:
    """The map from the cursors of `query_id_map`."""
    accounts, symbols = cursors
    return IdMap(
        {row.id: AccountKey(row.season, row.trader, row.competition) async for row in accounts},
        {row.id: row.name async for row in symbols},
    )
