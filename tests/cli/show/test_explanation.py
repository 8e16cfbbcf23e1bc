"""`show WHAT --explain KEY`: definition, value, observations and inputs of a figure."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from nof1tui.domain.records import Feed
from tests.support.builders import account_row, batch, position, trade
from tests.support.cli_types import Command


@pytest.fixture
def explain(on_store: Command, keep: Callable[..., None]) -> Command:
    """`nof1-tui show … --explain` on a store with a model that won one of three trades."""
    long_eth = position("ETH", 2.0, mark_price=4_000.0, unrealized_usd=160.0, risk_usd=80.0)
    keep(
        batch(Feed.ACCOUNTS, accounts=(account_row("gpt-5", 0, 9_000.0, positions=(long_eth,)),)),
        batch(
            Feed.TRADES, trades=tuple(trade(i, minutes=i, net=net) for i, net in enumerate((30.0, -5, -7)))
        ),
    )
    return lambda what, key, *more: on_store("show", what, "--explain", key, *more)


def test_text_has_definition_value_observations_and_inputs(explain: Command) -> None:
    assert explain("stats", "win_rate_pct").out.splitlines() == [
        "Win (win_rate_pct): Win rate: share of trades with net P&L above 0.",
        "Formula   wins / trades with a known result",
        "Source    computed",
        "Needs     1 trades, weak below 30",
        "Reported  win_rate of the analytics: the same",
        "",
        "GPT 5  33%?  3 of 30 trades · as of 2025-10-26 04:00Z",
        "  trades  3",
    ]


def test_the_document_has_the_figure_and_a_row_for_each_view(explain: Command) -> None:
    document = json.loads(explain("positions", "r", "--json").out)
    assert document["figure"]["key"] == "r_multiple"
    assert document["figure"]["formula"] == "unrealised P&L / risk"
    (row,) = document["rows"]
    assert (row["trader"], row["coin"], row["value"]) == ("gpt-5", "ETH", 2.0)
    assert row["inputs"] == {"unrealized_usd": 160.0, "risk_usd": 80.0}


def test_the_list_names_the_keys_of_the_table_in_order(explain: Command) -> None:
    rows = json.loads(explain("trades", "list", "--json").out)["rows"]
    assert [row["key"] for row in rows][:4] == ["id", "trader", "coin", "side"]
    assert {row["subject"] for row in rows} == {"trade"}
    assert "Net P&L as reported" in explain("trades", "list").out


def test_a_former_name_is_accepted_with_a_notice(explain: Command) -> None:
    result = explain("stats", "leverage_highest")
    assert (result.code, result.err) == (
        0,
        "leverage_highest is now account.leverage; the old name keeps working\n",
    )
    assert result.out.startswith("Max lev (leverage): ")


def test_an_unknown_name_is_an_error_with_the_likely_one(explain: Command) -> None:
    result = explain("stats", "sharp")
    assert result.code == 2
    assert "unknown figure 'sharp'; did you mean 'sharpe'?" in result.err
    assert "--explain list" in result.err
    assert explain("stats", "sharpe", "--csv").code == 2
