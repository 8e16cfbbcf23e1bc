"""`show WHAT --columns`: any key of the document, its short names, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.records import Feed
from tests.support.builders import account_row, batch, position, price, trade
from tests.support.cli_types import Command


@pytest.fixture
def store(on_store: Command, keep: Callable[..., None]) -> Command:
    keep(
        batch(accounts=(account_row("gpt-5", 0, 10_500.0, positions=(position(),)),)),
        batch(Feed.TRADES, trades=(trade(1, "gpt-5", 5, 12.5),)),
        batch(Feed.PRICES, prices=(price("ETH", 4_100.0, 0),)),
    )
    return on_store


@pytest.mark.parametrize("what", ["leaderboard", "stats", "positions", "trades", "prices", "coins", "events"])
def test_every_key_of_a_document_is_a_column(store: Command, what: str) -> None:
    keys = DOCUMENTS[what].keys()
    table = store("show", what, "--csv", "--columns", ",".join(reversed(keys)))
    assert table.out.splitlines()[0] == ",".join(reversed(keys))
    printed = store("show", what, "--columns", ",".join(keys))
    assert (printed.code, printed.err) == (0, "")


def test_columns_are_in_the_order_given_by_key_or_short_name(store: Command) -> None:
    result = store("show", "trades", "--csv", "--columns", " net ,coin,  fees_usd")
    assert result.out.splitlines() == ["net_usd,coin,fees_usd", "12.5,BTC,2.0"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["stats", "--columns", "sharp"], "unknown figure 'sharp'; did you mean 'sharpe'?"),
        (["stats", "--columns", "sharp"], "`show stats --explain list` prints all keys."),
        (["leaderboard", "--columns", "sortino"], "leaderboard has no column 'sortino'"),
        (["stats", "--columns", "n", "--json"], "--columns goes with a table or --csv"),
        (["stats", "--columns", "n", "--explain", "n"], "--columns goes with a table or --csv"),
        (["chat", "--columns", "at", "--full"], "--columns goes with a table or --csv"),
        (["stats", "--columns", " , "], "--columns needs a key"),
    ],
)
def test_other_columns_are_refused(store: Command, arguments: list[str], reason: str) -> None:
    result = store("show", *arguments)
    assert result.code == 2
    assert reason in result.err
