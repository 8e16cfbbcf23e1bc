"""Traders and coins named by users."""

from __future__ import annotations

import pytest

from nof1tui.cli.show.selection import ALL_ACCOUNTS, Selection, UnknownTrader, select_coin, select_trader
from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster

GPT = AccountKey("s1", "gpt-5")
NEW = AccountKey("s1", "brand.new")
BASE = AccountKey("s1.5", "gpt-5.1", "new-baseline")
MAX = AccountKey("s1.5", "gpt-5.1", "max-leverage")


@pytest.mark.parametrize(
    ("text", "ids", "covers"),
    [
        ("gpt-5", ("gpt-5",), [GPT]),
        ("GPT 5", ("gpt-5",), [GPT]),
        ("brand_new", ("brand.new",), [NEW]),
        ("gpt-5.1", ("gpt-5.1",), [BASE, MAX]),
        ("gpt-5.1@Max Leverage", ("gpt-5.1",), [MAX]),
        ("deepseek_chat_v3.1", ("deepseek-chat-v3.1",), []),
    ],
)
def test_ids_and_names_are_found_in_any_spelling(
    roster: Roster, text: str, ids: tuple[str, ...], covers: list[AccountKey]
) -> None:
    accounts = [GPT, NEW, BASE, MAX]
    chosen = select_trader(text, roster, accounts)
    assert chosen.trader_ids == ids
    assert [account for account in accounts if chosen.covers(account)] == covers


def test_one_id_in_two_spellings_is_one_trader(roster: Roster) -> None:
    accounts = [AccountKey("s1", "gpt-5"), AccountKey("s1", "gpt_5")]
    assert select_trader("gpt-5", roster, accounts) == Selection(("gpt-5", "gpt_5"))


def test_all_accounts_covers_every_account() -> None:
    assert all(ALL_ACCOUNTS.covers(account) for account in (GPT, NEW, BASE, MAX))


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("depseek-chat", "deepseek-chat-v3.1"),
        ("deepseek", "deepseek-chat-v3.1"),
        ("Claude", "claude-sonnet-4-5"),
    ],
)
def test_an_unknown_name_gets_the_likely_one_and_the_list_of_known_ones(
    roster: Roster, text: str, likely: str
) -> None:
    with pytest.raises(UnknownTrader) as refused:
        select_trader(text, roster, [GPT, NEW])
    assert str(refused.value) == (
        f"unknown trader '{text}': did you mean {likely}?\nKnown: brand.new, gpt-5."
    )


@pytest.mark.parametrize("text", ["", "@", "\x1b[2J", "zzzzzzzzzzzz"])
def test_a_name_that_resembles_none_gets_only_the_list(roster: Roster, text: str) -> None:
    with pytest.raises(UnknownTrader) as refused:
        select_trader(text, roster, [])
    first, second = str(refused.value).splitlines()
    assert first.isascii()
    assert first.endswith(".")
    assert "qwen3-max" in second


@pytest.mark.parametrize(
    ("text", "coin"), [("btc", "BTC"), (" kpepe ", "kPEPE"), ("XYZ:nvda", "xyz:NVDA"), ("ADA", "ADA")]
)
def test_a_coin_is_found_in_any_case(text: str, coin: str) -> None:
    assert select_coin(text, ["BTC", "kPEPE", "xyz:NVDA"]) == coin
