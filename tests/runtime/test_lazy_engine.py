"""The first sight: a cached board at once, the engine behind it, what came last kept for the next start."""

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


def lived(roster: Roster) -> Board:
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
    """What it publishes first."""
    seen: list[Board] = []
    task = asyncio.create_task(engine.run(seen.append))
    async with asyncio.timeout(5):
        while len(seen) < boards:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return seen


def test_a_board_comes_back_as_it_was_but_for_its_health(roster: Roster, tmp_path: Path) -> None:
    cache, before = BoardCache(tmp_path / "cache" / "board", store="a"), lived(roster)
    cache.save(before)
    after = cache.load(roster)
    assert after is not None
    assert after == replace(before, health=after.health)
    assert after.health.feeds == {}


@pytest.mark.parametrize("spoil", [b"", b"\xff" * 100, b"\x80", None])
def test_a_cache_that_cannot_be_read_is_no_cache(roster: Roster, tmp_path: Path, spoil: bytes | None) -> None:
    path = tmp_path / "board"
    if spoil is not None:
        path.write_bytes(spoil)
    assert BoardCache(path, store="a").load(roster) is None


def test_the_board_of_another_store_is_of_no_use(roster: Roster, tmp_path: Path) -> None:
    BoardCache(tmp_path / "board", store="a").save(lived(roster))
    assert BoardCache(tmp_path / "board", store="b").load(roster) is None


def test_the_past_and_the_void_are_not_cached(roster: Roster, tmp_path: Path) -> None:
    cache = BoardCache(tmp_path / "board", store="a")
    cache.save(replace(lived(roster), as_of=at()))
    cache.save(Board(roster))
    assert not (tmp_path / "board").exists()


def test_a_folder_that_cannot_be_written_is_no_trouble(roster: Roster) -> None:
    BoardCache(Path("/dev/null/board"), store="a").save(lived(roster))


async def test_the_cached_board_is_shown_first_and_the_newest_is_kept(roster: Roster, tmp_path: Path) -> None:
    old, new = lived(roster), lived(roster)
    cache = BoardCache(tmp_path / "board", store="a")
    cache.save(old)
    new = replace(new, decisions=())
    seen = await watched(LazyEngine(lambda: Engine(new), roster=roster, make_cache=lambda: cache), 2)
    assert seen[0].decisions == old.decisions
    assert seen[1] == new
    kept = cache.load(roster)
    assert kept is not None
    assert kept.decisions == ()


async def test_figures_stay_while_the_engine_has_none_and_its_faults_are_shown(
    roster: Roster, tmp_path: Path
) -> None:
    cache = BoardCache(tmp_path / "board", store="a")
    cache.save(lived(roster))
    away = with_store(Board(roster), StoreHealth(failure="connection refused"))
    seen = await watched(LazyEngine(lambda: Engine(away), roster=roster, make_cache=lambda: cache), 2)
    assert seen[1].accounts == seen[0].accounts
    assert seen[1].health.store.failure == "connection refused"


async def test_without_a_cache_the_engine_speaks_first(roster: Roster) -> None:
    new = lived(roster)
    assert await watched(LazyEngine(lambda: Engine(new), roster=roster), 1) == [new]


def test_a_cached_board_is_told_as_stored_with_its_age(roster: Roster, tmp_path: Path) -> None:
    cache = BoardCache(tmp_path / "board", store="a")
    cache.save(lived(roster))
    loaded = cache.load(roster)
    assert loaded is not None
    assert loaded.newest_at is not None
    assert loaded.health.state(loaded.newest_at + timedelta(seconds=3)) == "empty"
