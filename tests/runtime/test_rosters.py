"""Rosters by server: nof1's dates count for nof1 only; another server is one season."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.runtime.rosters import demo_roster, load_roster
from nof1tui.settings.model import Settings
from nof1tui.sources.nof1.decoder import decode_body
from tests.support.builders import key

DURING_S1 = datetime(2025, 10, 20, tzinfo=UTC)


def settings(url: str | None = None, **values: object) -> Settings:
    return Settings(**({} if url is None else {"api_url": url}), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        (None, "s1"),
        ("https://nof1.ai/api", "s1"),
        ("https://NOF1.ai/api", "s1"),
        ("https://www.nof1.ai/api", "s1"),
        ("https://notnof1.ai/api", "open"),
        ("https://nof1.ai.example.org/api", "open"),
        ("http://localhost:8080/api", "open"),
        ("http://[::1]:8080/api", "open"),
    ],
)
def test_dated_seasons_are_those_of_nof1s_server(url: str | None, slug: str) -> None:
    assert load_roster(settings(url)).season_at(DURING_S1).slug == slug


def test_records_of_another_server_never_leave_the_board_because_of_nof1s_dates() -> None:
    roster = load_roster(settings("http://arena.example/api"))
    board = Board(roster)
    moments = [datetime(2025, 10, 1, tzinfo=UTC) + timedelta(days=3 * n) for n in range(40)]
    for number, moment in enumerate(moments):
        body = (
            f'{{"trades": [{{"id": "m_{number}", "model_id": "m", "symbol": "BTC", '
            f'"exit_time": {moment.timestamp()}, "realized_net_pnl": 1}}]}}'
        )
        board = apply_batch(board, decode_body("trades", body.encode(), fetched_at=moment, roster=roster))
    assert board.season == roster.open_season
    assert len(board.trades[key("m", "open")].trades) == 40


def test_a_season_without_a_stated_capital_has_none() -> None:
    assert load_roster(settings("http://arena.example/api")).capital(key("m", "open")) is None
    assert load_roster(settings()).capital(key("gpt-5", "s1")) == 10_000.0
    assert load_roster(settings()).capital(key("gpt-5", "open")) is None


def test_the_capital_of_the_settings_counts_for_nof1_too_but_not_in_the_demo() -> None:
    own = settings(traders=[{"id": "GPT_5", "capital_usd": 2_500}], trader=[])
    assert load_roster(own).capital(key("gpt-5", "s1")) == 2_500.0
    assert demo_roster(own).capital(key("gpt-5", "demo")) is None
    assert load_roster(own).capital(key("qwen3-max", "s1")) == 10_000.0
