"""Time travel with `]` held down, on a season of a million account rows in a real store.

The app runs on a terminal with the store behind it; a key goes in at the rate of a keyboard's repeat,
and the boards that reach the screen are counted.
"""

from __future__ import annotations

import os
import sys
import tempfile

from _store_load import load, write_events
from bench.report import Figure, arguments, show
from bench.terminal import program

from nof1tui.settings.model import load_settings
from nof1tui.store.embedded import lease as server
from nof1tui.store.schema import migrate

SIZE = (120, 40)
LEAST_STEPS_S = 10.0
BEFORE_ROLLUPS = "0001"
"""The revision into which rows are loaded: the migration after it rolls up what a store already has."""


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    rows, seconds = (20_000, 1.0) if smoke else (1_000_000, 10.0)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        lease = server.acquire_lease(load_settings().data_dir)
        try:
            lease.create_database("bench")
            url = lease.url("bench")
            migrate.upgrade(url)
            migrate.downgrade(url, BEFORE_ROLLUPS)
            load(url, rows, lambda words: print(words, file=sys.stderr))
            migrate.upgrade(url)
            write_events(url)
            with program("travelling", SIZE, url=url) as ours:
                ours.step("first", watched=False)
                ours.step("go 0.5", watched=False)
                for key, words in ((b"]", "forward"), (b"[", "back")):
                    ours.step("count", watched=False)
                    ours.hold(key, seconds)
                    boards = ours.step("count", watched=False).figures["boards"]
                    figures.append(
                        Figure(
                            f"`{key.decode()}` held, {words}: time of a step",
                            1_000 * seconds / max(boards, 1),
                            goal=1_000 / LEAST_STEPS_S,
                        )
                    )
        finally:
            lease.release()
    show(f"Travelling, {rows:,} account rows, 32 accounts", "none", figures)


if __name__ == "__main__":
    main()
