"""Documents: keys of rows in their order, from the catalogue."""

from __future__ import annotations

import pytest

from nof1tui.domain.export.documents import DOCUMENTS, LEADERBOARD, STATS
from nof1tui.domain.export.rows import row_of, rows_of
from nof1tui.domain.figures.catalogue import default_catalogue
from nof1tui.domain.roster import Roster
from tests.domain.figures.sample_views import account, sample_board, views_of


@pytest.mark.parametrize("what", DOCUMENTS)
def test_the_pinned_keys_come_first_and_none_twice(what: str) -> None:
    document = DOCUMENTS[what]
    keys = document.keys(full=True)
    assert keys[: len(document.first)] == document.first
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("what", ["stats", "positions", "trades", "coins", "feeds", "chat", "events"])
def test_a_subject_s_own_document_has_all_its_figures(what: str) -> None:
    document = DOCUMENTS[what]
    declared = {figure.key for figure in default_catalogue().of(document.subject)}
    assert declared <= set(document.keys(full=True))


def test_long_texts_are_keys_where_they_are_asked_for() -> None:
    chat = DOCUMENTS["chat"]
    assert set(chat.keys(full=True)) - set(chat.keys()) == {"reasoning", "prompt", "answer"}


def test_a_former_key_keeps_its_place_and_the_value_of_the_present_one(roster: Roster) -> None:
    row = row_of(STATS, account(views_of(sample_board(roster))))
    assert row["leverage_highest"] == row["leverage"] == 10.0


def test_a_row_is_the_value_of_each_figure(roster: Roster) -> None:
    views = views_of(sample_board(roster))
    rows = rows_of(LEADERBOARD, views.accounts)
    assert [(row["rank"], row["trader"], row["equity_usd"]) for row in rows] == [
        (1, "qwen3-max", 11_000.0),
        (2, "gpt-5", 9_000.0),
        (None, "buynhold_btc", 10_500.0),
    ]
    assert rows == [row_of(LEADERBOARD, view) for view in views.accounts]
