"""Seasons of records and names of traders."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

import pytest

from nof1tui.domain.roster import Roster, RosterError, normalise_id, parse_roster


@pytest.fixture(scope="module")
def roster() -> Roster:
    return parse_roster(files("nof1tui").joinpath("roster.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("moment", "slug"),
    [
        (datetime(2025, 10, 17, 22, 0, 9, tzinfo=UTC), "s1"),
        (datetime(2025, 11, 3, 21, 59, tzinfo=UTC), "s1"),
        (datetime(2025, 11, 4, 2, tzinfo=UTC), "s1"),
        (datetime(2025, 11, 20, tzinfo=UTC), "s1.5"),
        (datetime(2025, 10, 1, tzinfo=UTC), "open"),
        (datetime(2026, 11, 1, tzinfo=UTC), "open"),
    ],
)
def test_the_season_follows_from_the_record_time(roster: Roster, moment: datetime, slug: str) -> None:
    assert roster.season_at(moment).slug == slug


@pytest.mark.parametrize(
    ("trader", "name"),
    [
        ("deepseek-chat-v3.1", "DeepSeek V3.1"),
        ("DeepSeek_Chat-v3-1", "DeepSeek V3.1"),
        ("gemini-2-5-pro", "Gemini 2.5 Pro"),
        ("claude-sonnet-4.5", "Claude Sonnet 4.5"),
        ("brand-new-model", "brand-new-model"),
    ],
)
def test_known_spellings_mean_the_same_trader_and_unknown_ones_keep_their_id(
    roster: Roster, trader: str, name: str
) -> None:
    assert roster.trader(trader).name == name


def test_the_benchmark_is_recognised(roster: Roster) -> None:
    assert roster.trader("buynhold_btc").kind == "benchmark"
    assert roster.trader("gpt-5").kind == "model"


def test_ids_of_the_file_are_unique_and_colours_are_hex(roster: Roster) -> None:
    ids = [normalise_id(trader.id) for trader in roster.traders]
    assert len(ids) == len(set(ids))
    assert all(t.color and len(t.color) == 7 and t.color[0] == "#" for t in roster.traders)


@pytest.mark.parametrize(
    "text", ["[[season]]\nslug='x'", "[[trader]]\nname='no id'", "[[trader]]\nid='x'\nkind='cat'", "= ="]
)
def test_a_wrong_roster_file_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(RosterError, match=r"\w"):
        parse_roster(text)
