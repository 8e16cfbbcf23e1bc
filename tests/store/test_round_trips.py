"""The number of statements of a poll and of a board does not grow with accounts, records or history."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, at, batch, decision, position, price, trade


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All statements sent during the test."""
    sent: list[str] = []
    original = psycopg.AsyncCursor.execute

    async def execute(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        sent.append(query if isinstance(query, str) else str(query))
        return await original(self, query, *args, **options)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", execute)
    return sent


def poll(minute: int, traders: int) -> Batch:
    rows = tuple(
        account_row(f"model-{number}", minute, positions=(position("ETH"), position("BTC")))
        for number in range(traders)
    )
    return batch(accounts=rows, prices=tuple(price(coin, 1.0, minute) for coin in ("BTC", "ETH", "SOL")))


@pytest.mark.parametrize("traders", [1, 32])
async def test_the_statements_of_a_poll_are_bounded_for_any_number_of_traders(
    database: Database, roster: Roster, statements: list[str], traders: int
) -> None:
    writer = Writer(database, arena="nof1", roster=roster)
    await writer.write(poll(0, traders))
    statements.clear()
    await writer.write(poll(2, traders))
    assert 0 < len(statements) <= MAX_POLL_STATEMENTS, "\n\n".join(statements)


async def test_the_statements_of_a_repeated_poll_are_bounded(
    database: Database, roster: Roster, statements: list[str]
) -> None:
    writer = Writer(database, arena="nof1", roster=roster)
    await writer.write(poll(0, 6))
    statements.clear()
    await writer.write(poll(0, 6))
    assert 0 < len(statements) <= MAX_POLL_STATEMENTS, "\n\n".join(statements)


@pytest.mark.parametrize(("traders", "polls"), [(1, 2), (32, 2), (6, 40)])
async def test_the_statements_of_a_board_are_bounded_for_any_history(
    database: Database, roster: Roster, statements: list[str], traders: int, polls: int
) -> None:
    writer = Writer(database, arena="nof1", roster=roster)
    for minute in range(polls):
        await writer.write(poll(minute, traders))
    await writer.write(batch(Feed.TRADES, trades=tuple(trade(number) for number in range(polls))))
    await writer.write(batch(Feed.DECISIONS, decisions=tuple(decision(number) for number in range(polls))))
    reader = Reader(database, roster)
    await reader.board()
    statements.clear()
    board = await reader.board()
    assert len(board.accounts) == traders
    assert 0 < len(statements) <= MAX_BOARD_STATEMENTS, "\n\n".join(statements)
    statements.clear()
    past = await reader.board(at(1))
    assert past.as_of is not None
    assert 0 < len(statements) <= MAX_BOARD_STATEMENTS, "\n\n".join(statements)


MAX_POLL_STATEMENTS = 16
"""Maximum statements of one poll's transaction, with one level of roll-ups to close."""
MAX_BOARD_STATEMENTS = 21
"""Maximum statements of a board."""
