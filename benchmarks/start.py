"""How long until something is to be seen, against an empty Textual app and a bare Python.

The monitor is started with what the last run left behind (its last frame, or only its board) and a
source that cannot be reached, and on a warm embedded store; `show` prints from that store.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.monitor import BARE, BARE_WORDS, MONITOR, SIZE, environment, seen
from bench.report import Figure, arguments, middle, show
from bench.sample import SampleArena

from nof1tui.cli.splash_frame import FrameCache
from nof1tui.domain.batch import Batch
from nof1tui.domain.records import Feed
from nof1tui.runtime.board_cache import BoardCache
from nof1tui.runtime.rosters import load_roster
from nof1tui.settings.model import Settings, load_settings
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.embedded import lease as server
from nof1tui.store.schema import migrate
from nof1tui.store.writing.writer import Writer
from nof1tui.tui.style import format as fmt

MOST_FIRST_PAINT, MOST_FROM_STORE, MOST_VERSION = 1.25, 2.5, 4.0
"""Times the baseline."""
PYTHON = [sys.executable, "-c", "print(1)"]
NOWHERE = "postgresql://user@127.0.0.1:9/nothing"
BOARD = SampleArena(7).board
EQUITY = fmt.usd(BOARD.leaderboard[0].equity_usd).encode()


def main() -> None:
    repeats = 1 if arguments(__doc__ or "").smoke else 9
    with tempfile.TemporaryDirectory() as folder:
        stored = environment(folder)
        os.environ.update(stored)
        blind = stored | {"NOF1_DATABASE_URL": NOWHERE}
        with _warm_store(load_settings()):
            timed: dict[str, Callable[[], float]] = {
                "bare": lambda: _until_seen(BARE, BARE_WORDS, blind),
                "frame": lambda: _until_seen(MONITOR, EQUITY, blind, left=_leave_frame),
                "board": lambda: _until_seen(MONITOR, EQUITY, blind, left=_leave_board),
                "store": lambda: _until_seen(MONITOR, EQUITY, stored),
                "python": lambda: _until_ended(PYTHON, blind),
                "version": lambda: _until_ended([*MONITOR, "--version"], blind),
                "show": lambda: _until_ended([*MONITOR, "show", "leaderboard", "--json"], stored),
            }
            times: dict[str, list[float]] = {name: [] for name in timed}
            for turn in range(repeats + 1):
                for name, measure in timed.items():
                    taken = measure()
                    if turn or repeats == 1:
                        times[name].append(taken)
    ms = {name: middle(taken) for name, taken in times.items()}
    show("Start", "an empty Textual app; for the last two Python that prints a line", _figures(ms))


def _figures(ms: dict[str, float]) -> list[Figure]:
    bare, python = ms["bare"], ms["python"]
    return [
        Figure("first paint: the last frame", ms["frame"], bare, goal_ratio=MOST_FIRST_PAINT),
        Figure("the app itself, with the cached board", ms["board"], bare),
        Figure(
            "board from the embedded store, warm, no cache", ms["store"], bare, goal_ratio=MOST_FROM_STORE
        ),
        Figure("nof1-tui --version", ms["version"], python, goal_ratio=MOST_VERSION),
        Figure("nof1-tui show leaderboard --json", ms["show"], python),
    ]


@contextmanager
def _warm_store(settings: Settings) -> Iterator[None]:
    """An embedded server that runs, with the sample in its store."""
    lease = server.acquire_lease(settings.data_dir)
    try:
        if "nof1" not in lease.list_databases():
            lease.create_database("nof1")
        migrate.upgrade(lease.url())
        asyncio.run(_write(lease.url(), settings))
        yield
    finally:
        lease.release()


async def _write(url: str, settings: Settings) -> None:
    database = open_pool(url)
    try:
        writer = Writer(database, arena=settings.source, roster=load_roster(settings))
        rows = tuple(BOARD.accounts.values())
        await writer.write(Batch(Feed.ACCOUNTS, "account-totals", rows[0].observed_at, accounts=rows))
    finally:
        await database.close()


def _leave_board(env: dict[str, str]) -> None:
    settings = load_settings({"database_url": env["NOF1_DATABASE_URL"]})
    BoardCache(settings.board_cache_path, store=settings.store_fingerprint).save(BOARD)


def _leave_frame(env: dict[str, str]) -> None:
    lines = "".join(f"\x1b[{y + 1}H{EQUITY.decode():>{SIZE[0]}}" for y in range(SIZE[1]))
    FrameCache(env).save(*SIZE, time.time(), (24, ""), lines)


def _until_ended(command: list[str], env: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    return 1_000 * (time.perf_counter() - start)


def _until_seen(
    command: list[str],
    words: bytes,
    env: dict[str, str],
    *,
    left: Callable[[dict[str, str]], None] | None = None,
) -> float:
    """Milliseconds from the start of a program until these words are on its terminal.

    Of a last run there is nothing but what `left` leaves behind.
    """
    for file in Path(env["XDG_CACHE_HOME"]).glob("*/*"):
        file.unlink()
    if left is not None:
        left(env)
    with seen(command, words, env) as (_, taken_ms):
        return taken_ms


if __name__ == "__main__":
    main()
