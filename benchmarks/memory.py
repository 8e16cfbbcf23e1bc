"""What the monitor weighs: with a season in its store, and after ten thousand polls on the screen."""

from __future__ import annotations

import os
import sys
import tempfile
import time

from _store_load import load, write_events
from bench.monitor import BARE, BARE_WORDS, MONITOR, SIZE, environment, seen
from bench.report import Figure, arguments, rss_mb, show
from bench.terminal import Program, program

from nof1tui.domain.series.curve import MAX_POINTS
from nof1tui.settings.model import load_settings
from nof1tui.store.embedded import lease as server
from nof1tui.store.schema import migrate

MOST_MB = 110.0
MOST_GROWTH = 1.01
"""From the first thousand polls on to the last."""
SETTLE_S = 5.0
BEFORE_ROLLUPS = "0001"
"""The revision into which rows are loaded: the migration after it rolls up what a store already has."""


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    rows, first, last = (2_000, 20, 100) if smoke else (200_000, 1_000, 10_000)
    with tempfile.TemporaryDirectory() as folder:
        env = environment(folder)
        os.environ.update(env)
        bare = _weight(BARE, BARE_WORDS, env)
        ours = _with_a_season(rows, env)
    early, late = _after_polls(first, last)
    show(
        "Memory",
        f"an empty Textual app; the same program after {first:,} polls",
        [
            Figure(f"monitor, {rows:,} account rows in its store", ours, bare, "MB", goal=MOST_MB),
            Figure(f"screens after {last:,} polls", late, early, "MB", goal_ratio=MOST_GROWTH),
        ],
    )


def _weight(command: list[str], words: bytes, env: dict[str, str]) -> float:
    with seen(command, words, env) as (process, _):
        time.sleep(SETTLE_S)
        return rss_mb(process.pid)


def _with_a_season(rows: int, env: dict[str, str]) -> float:
    """The monitor on a warm embedded store; the source cannot be reached."""
    lease = server.acquire_lease(load_settings().data_dir)
    try:
        if "nof1" not in lease.list_databases():
            lease.create_database("nof1")
        migrate.upgrade(lease.url())
        migrate.downgrade(lease.url(), BEFORE_ROLLUPS)
        load(lease.url(), rows, lambda words: print(words, file=sys.stderr))
        migrate.upgrade(lease.url())
        write_events(lease.url())
        return _weight(MONITOR, b"trader-", env)
    finally:
        lease.release()


def _after_polls(first: int, last: int) -> tuple[float, float]:
    """The most of one round of thinning, from the first polls on and up to the last."""
    turn = MAX_POINTS // 4
    if last < first + 2 * turn:
        turn = (last - first) // 2
    with program("ticking", SIZE, app="ours", accounts=32, points=8_000) as ours:
        ours.step("first", watched=False)
        ours.step(f"ticks {first}", watched=False)
        early = _most(ours, turn)
        ours.step(f"ticks {last - first - 2 * turn}", watched=False)
        return early, _most(ours, turn)


def _most(ours: Program, ticks: int) -> float:
    parts = [ticks // 8] * 8
    return max(float(ours.step(f"ticks {part}", watched=False).figures["rss_mb"]) for part in parts)


if __name__ == "__main__":
    main()
