"""Start with a cached board: the engine loads behind it, and the newest board is cached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import with_store
from nof1tui.domain.health import StoreHealth
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.runtime.board_cache import BoardCache
from nof1tui.runtime.lazy_engine import LazyEngine
from tests.support.builders import account_row, at, batch, board, decision, price, trade


def make_board(roster: Roster) -> Board:
    rows = tuple(account_row(minutes=m, equity=10_000 + m) for m in range(0, 200, 3))
    made = board(
        roster,
        batch(accounts=rows, trades=(trade(1), trade(2)), decisions=(decision(),)),
        batch(Feed.PRICES, prices=(price("BTC", 1.0), price("BTC", 2.0, minutes=1))),
    )
    return replace(made, new_events=())


class Engine:
    """Publishes what it is given, then waits."""

    history = None

    def __init__(self, *boards: Board) -> None:
        self._boards = boards

    async def run(self, publish: Callable[[Board], None]) -> None:
        for item in self._boards:
            publish(item)
        await asyncio.Event().wait()

    def poll_now(self) -> None: ...

    def change_pace(self, factor: float) -> float:
        return factor


async def watched(engine: LazyEngine, boards: int) -> list[Board]:
    """The first boards that it publishes."""
    seen: list[Board] = []
    task = asyncio.create_task(engine.run(seen.append))
    async with asyncio.timeout(5):
        while len(seen) < boards:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return seen


def test_a_board_is_cached_without_its_health(roster: Roster, tmp_path: Path) -> None:
    cache, before = BoardCache(tmp_path / "cache" / "board", store="a"), make_board(roster)
    cache.save(before)
    after = cache.load(roster)
    assert after is not None
    assert after == replace(before, health=after.health)
    assert after.health.feeds == {}


@pytest.mark.parametrize("spoil", [b"", b"\xff" * 100, b"\x80", None])
def test_an_unreadable_cache_is_ignored(roster: Roster, tmp_path: Path, spoil: bytes | None) -> None:
    path = tmp_path / "board"
    if spoil is not None:
        path.write_bytes(spoil)
    assert BoardCache(path, store="a").load(roster) is None


def test_the_board_of_another_store_is_ignored(roster: Roster, tmp_path: Path) -> None:
    BoardCache(tmp_path / "board", store="a").save(make_board(roster))
    assert BoardCache(tmp_path / "board", store="b").load(roster) is None


def test_past_and_empty_boards_are_not_cached(roster: Roster, tmp_path: Path) -> None:
    cache = BoardCache(tmp_path / "board", store="a")
    cache.save(replace(make_board(roster), as_of=at()))
    cache.save(Board(roster))
    assert not (tmp_path / "board").exists()


def test_an_unwritable_folder_is_ignored(roster: Roster) -> None:
    BoardCache(Path("/dev/null/board"), store="a").save(make_board(roster))


async def test_the_cached_board_is_shown_first_and_the_newest_is_cached(
    roster: Roster, tmp_path: Path
) -> None:
    old, new = make_board(roster), make_board(roster)
    cache = BoardCache(tmp_path / "board", store="a")
    cache.save(old)
    new = replace(new, decisions=())
    seen = await watched(LazyEngine(lambda: Engine(new), roster=roster, make_cache=lambda: cache), 2)
    assert seen[0].decisions == old.decisions
    assert seen[1] == new
    loaded = cache.load(roster)
    assert loaded is not None
    assert loaded.decisions == ()


async def test_cached_figures_stay_until_the_engine_has_a_board_and_its_errors_are_shown(
    roster: Roster, tmp_path: Path
) -> None:
    cache = BoardCache(tmp_path / "board", store="a")
    cache.save(make_board(roster))
    away = with_store(Board(roster), StoreHealth(failure="connection refused"))
    seen = await watched(LazyEngine(lambda: Engine(away), roster=roster, make_cache=lambda: cache), 2)
    assert seen[1].accounts == seen[0].accounts
    assert seen[1].health.store.failure == "connection refused"


async def test_without_a_cache_the_engine_publishes_first(roster: Roster) -> None:
    new = make_board(roster)
    assert await watched(LazyEngine(lambda: Engine(new), roster=roster), 1) == [new]


def test_a_cached_board_is_shown_as_stored_with_its_age(roster: Roster, tmp_path: Path) -> None:
    cache = BoardCache(tmp_path / "board", store="a")
    cache.save(make_board(roster))
    loaded = cache.load(roster)
    assert loaded is not None
    assert loaded.newest_at is not None
    assert loaded.health.state(loaded.newest_at + timedelta(seconds=3)) == "empty"
