"""What surrogate keys stand for."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.domain.records import AccountKey
from nof1tui.store.connection.connect import DatabaseConnection
from nof1tui.store.reading import queries
from nof1tui.store.reading.transaction import QueryCursor, execute_query


@dataclass(frozen=True, slots=True)
class IdMap:
    """All accounts and symbols: there are few."""

    accounts: dict[int, AccountKey]
    symbols: dict[int, str]

    @property
    def account_ids(self) -> dict[AccountKey, int]:
        return {key: number for number, key in self.accounts.items()}

    @property
    def symbol_ids(self) -> dict[str, int]:
        return {name: number for number, name in self.symbols.items()}


async def query_id_map(db: DatabaseConnection) -> tuple[QueryCursor, QueryCursor]:
    """The questions behind `read_id_map`, so that they can share a pipeline with others."""
    return await execute_query(db, queries.ACCOUNT_KEYS), await execute_query(db, queries.SYMBOL_NAMES)


async def read_id_map(answers: tuple[QueryCursor, QueryCursor]) -> IdMap:
    accounts, symbols = answers
    return IdMap(
        {row.id: AccountKey(row.season, row.trader, row.competition) async for row in accounts},
        {row.id: row.name async for row in symbols},
    )
