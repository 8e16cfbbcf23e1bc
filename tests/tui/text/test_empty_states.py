"""Messages of lists that an arena cannot fill."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from nof1tui.domain.records import Feed
from nof1tui.domain.roster import WALLET_SEASON, Roster
from nof1tui.tui.panes.activity import ACTIVITY_TABS
from nof1tui.tui.text.empty_states import empty_state, is_feed_absent
from tests.support.builders import account_row, batch, board

NOW = datetime(2025, 10, 20, tzinfo=UTC)


@pytest.mark.parametrize("as_of", [None, NOW])
def test_an_arena_of_wallets_has_no_chat_now_or_in_the_past(as_of: datetime | None) -> None:
    wallets = board(Roster(open_season=WALLET_SEASON), batch(Feed.ACCOUNTS, accounts=(account_row(),)))
    wallets = replace(wallets, season=WALLET_SEASON, as_of=as_of)
    expected = "No decisions: wallets have no chat feed."
    assert empty_state(wallets, Feed.DECISIONS, "Nothing yet.", (), NOW)[0] == expected
    assert ACTIVITY_TABS[-1].empty_text_for(wallets) == expected
    assert not is_feed_absent(wallets, Feed.TRADES)


def test_an_arena_of_wallets_has_no_chat_before_its_first_board(roster: Roster) -> None:
    assert is_feed_absent(board(Roster(open_season=WALLET_SEASON)), Feed.DECISIONS)
    assert not is_feed_absent(board(roster), Feed.DECISIONS)


def test_an_arena_of_models_has_a_chat(roster: Roster) -> None:
    assert not is_feed_absent(board(roster, batch(Feed.ACCOUNTS, accounts=(account_row(),))), Feed.DECISIONS)
