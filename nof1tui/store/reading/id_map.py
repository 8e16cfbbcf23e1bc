"""What surrogate keys stand for."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.domain.records import AccountKey
from nof1tui.store.reading import queries
from nof1tui.store.reading.transaction import Connection, Cursor, ask


@dataclass(frozen=True, slots=True)
class Names:
    """All accounts and symbols: there are few."""

    accounts: dict[int, AccountKey]
    symbols: dict[int, str]

    @property
    def account_ids(self) -> dict[AccountKey, int]:
        return {key: number for number, key in self.accounts.items()}

    @property
    def symbol_ids(self) -> dict[str, int]:
        return {name: number for number, name in self.symbols.items()}


async def ask_names(db: Connection) -> tuple[Cursor, Cursor]:
    """The questions behind `names_of`, so that they can share a pipeline with others."""
    return await ask(db, queries.NAMES), await ask(db, queries.SYMBOLS)


async def names_of(answers: tuple[Cursor, Cursor]) -> Names:
    accounts, symbols = answers
    return Names(
        {row.id: AccountKey(row.season, row.trader, row.competition) async for row in accounts},
        {row.id: row.name async for row in symbols},
    )
