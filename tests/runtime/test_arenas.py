"""Arenas built from settings."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import Feed
from nof1tui.errors import UsageError
from nof1tui.runtime.arenas import demo_arena, live_arena, replayed_arena
from nof1tui.runtime.engine import Arena
from nof1tui.runtime.rosters import load_roster, utc_now
from nof1tui.settings.model import load_settings
from nof1tui.sources.simulated.arena.clock import ArenaClock


def ignore_progress(text: str) -> None:
    """Ignore progress."""


def test_the_live_arena_polls_at_the_configured_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, feed in enumerate(Feed):
        monkeypatch.setenv(f"NOF1_POLL_{feed.value.upper()}_S", str(11 + place))
    arena = live_arena(load_settings(), on_progress=ignore_progress)
    assert dict(arena.intervals_s) == {feed: 11 + place for place, feed in enumerate(Feed)}
    assert arena.name == "nof1"


def test_default_intervals_respect_the_rate_limit() -> None:
    intervals = live_arena(load_settings(), on_progress=ignore_progress).intervals_s
    assert {feed.value: seconds for feed, seconds in intervals.items()} == {
        "accounts": 15, "prices": 10, "trades": 30, "decisions": 30, "analytics": 90, "season": 3600,
    }  # fmt: skip


@pytest.mark.parametrize("source", ["demo", "replay"])
def test_an_arena_with_a_separate_store_cannot_be_collected(
    monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("NOF1_SOURCE", source)
    with pytest.raises(UsageError, match=f"NOF1_SOURCE is {source}"):
        live_arena(load_settings(), on_progress=ignore_progress)


def test_configured_traders_join_the_roster_and_may_rename_a_known_one(tmp_path: Path) -> None:
    file = tmp_path / "config" / "nof1-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        '[[trader]]\nid = "mine"\nname = "My bot"\n[[trader]]\nid = "gpt-5"\nname = "Old friend"\n'
    )
    roster = load_roster(load_settings())
    assert roster.trader("mine").name == "My bot"
    assert roster.trader("gpt-5").name == "Old friend"
    assert roster.trader("qwen3-max").name == "Qwen3 Max"


def demo(*, speed: float, traders: int) -> Arena:
    clock = ArenaClock(utc_now(), speed, time.monotonic)
    return demo_arena(
        load_settings(), clock, speed=speed, seed=7, traders=traders, on_progress=ignore_progress
    )


def test_the_demo_serves_every_feed_on_arena_time() -> None:
    async def look() -> Board:
        arena = demo_arena(
            load_settings(),
            ArenaClock(utc_now(), 60, time.monotonic),
            speed=60,
            seed=7,
            traders=4,
            on_progress=ignore_progress,
        )
        source, board = arena.make_source(), Board(arena.roster)
        for feed in source.feeds:
            board = apply_batch(board, await source.fetch(feed, board))
        await source.aclose()
        return board

    board = asyncio.run(look())
    assert len([item for item in board.leaderboard if not item.is_benchmark]) >= 3
    assert board.prices
    assert board.decisions
    assert board.trades


@pytest.mark.parametrize(("speed", "accounts_s"), [(1, 30.0), (60, 1.0), (3_600, 0.5)])
def test_faster_time_polls_more_often_within_limits(speed: float, accounts_s: float) -> None:
    arena = demo_arena(
        load_settings(),
        ArenaClock(utc_now(), speed, time.monotonic),
        speed=speed,
        seed=7,
        traders=2,
        on_progress=ignore_progress,
    )
    assert arena.intervals_s[Feed.ACCOUNTS] == accounts_s


def test_a_replay_begins_at_its_first_record(tmp_path: Path) -> None:
    folder = tmp_path / "2025-10-26T041905Z"
    folder.mkdir()
    prices = {"prices": {"BTC": {"symbol": "BTC", "price": 1.5, "timestamp": 1}}, "serverTime": 1}
    (folder / "crypto-prices.json").write_text(json.dumps(prices))
    arena = replayed_arena(load_settings(), tmp_path, speed=60, on_progress=ignore_progress)
    assert 0 <= (arena.clock() - datetime(2025, 10, 26, 4, 19, 5, tzinfo=UTC)).total_seconds() < 600


def test_a_folder_without_recordings_cannot_be_replayed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to replay"):
        replayed_arena(load_settings(), tmp_path, speed=60, on_progress=ignore_progress)
    with pytest.raises(UsageError, match="is not a directory"):
        replayed_arena(load_settings(), tmp_path / "nowhere", speed=60, on_progress=ignore_progress)
