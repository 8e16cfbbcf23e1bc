"""A week of an arena in minutes: does anything grow that should not, and is all of it stored?

    python benchmarks/soak.py              # 10,000 polls of 32 traders, one a simulated minute
    python benchmarks/soak.py --smoke      # seconds

The real decoder, collector and writer on an embedded server of their own; the monitor without a
terminal, its screens shown in turn; a follower that reads the board at commits. The arena is another
process. Fails when memory, tasks, file handles, threads or connections grow, or when the store does
not hold exactly what was served.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import psycopg
from bench.report import Figure, show
from bench.served import START

from nof1tui.collector import Collector
from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster, parse_roster
from nof1tui.sources.http.client import make_client
from nof1tui.sources.nof1.source import Nof1Source
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.coordination.notifications import follow_commits
from nof1tui.store.embedded import lease as server
from nof1tui.store.reading.reader import Reader
from nof1tui.store.schema import migrate
from nof1tui.store.writing.writer import Writer
from nof1tui.tui.app import ArenaApp

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.embedded_server import destroy_cluster

MINUTE = timedelta(minutes=1)
EVERY = {
    Feed.ACCOUNTS: 1,
    Feed.PRICES: 1,
    Feed.TRADES: 2,
    Feed.DECISIONS: 2,
    Feed.ANALYTICS: 10,
    Feed.SEASON: 60,
}
"""Minutes between two polls of a feed."""
SETTLE_EVERY, LOOK_EVERY, SHOW_EVERY = 10, 100, 50
SAY_EVERY = 500
SETTLED = 1_000
"""Growth counts from this number of polls on, or from a tenth of a run of less than twice as many."""
MOST_GROWTH = 1.03
FOLLOW_S = 3.0
SCREENS = ("positions", "trades", "chat", "coins", "stats", "events", "system", "arena")


@dataclass(frozen=True)
class Look:
    """What the process holds at one moment."""

    poll: int
    memory: float
    tasks: int
    handles: int
    threads: int
    connections: int


@dataclass
class Week:
    """`monitor.Engine`: one poll after the other, as fast as they go."""

    polls: int
    port: int
    database: Database
    url: str
    roster: Roster
    looks: list[Look] = field(default_factory=list)
    now: datetime = START
    show: Callable[[str], None] | None = None
    history: Reader | None = None
    followed: Board | None = None
    requests: Counter[Feed] = field(default_factory=Counter)
    is_finished: bool = False
    """Whether every poll was made, and everything stored."""

    async def run(self, publish: Callable[[Board], None]) -> None:
        source = Nof1Source(
            make_client(f"http://127.0.0.1:{self.port}/api"), roster=self.roster, clock=lambda: self.now
        )
        writer = Writer(self.database, arena="soak", roster=self.roster)
        collector = Collector(
            source,
            writer,
            Board(self.roster),
            intervals_s=dict.fromkeys(Feed, 60.0),
            publish=publish,
            clock=lambda: self.now,
        )
        writing = asyncio.create_task(collector.outbox.run())
        following = asyncio.create_task(self._follow())
        self.history = Reader(self.database, self.roster)
        clock = http.client.HTTPConnection("127.0.0.1", self.port)
        for poll in range(1, self.polls + 1):
            self.now = START + poll * MINUTE
            clock.request("PUT", f"/clock?at={self.now.timestamp()}")
            clock.getresponse().read()
            await self._poll(collector, poll)
            if poll % SHOW_EVERY == 0 and self.show is not None:
                self.show(SCREENS[poll // SHOW_EVERY % len(SCREENS)])
            if poll % LOOK_EVERY == 0 or poll in (settled(self.polls), self.polls):
                self.looks.append(self._look(poll))
                if poll % SAY_EVERY == 0:
                    print(self.looks[-1], file=sys.__stderr__, flush=True)
        clock.close()
        for task in (following, writing):
            task.cancel()
        await asyncio.gather(following, writing, return_exceptions=True)
        await source.aclose()
        self.is_finished = True

    async def _poll(self, collector: Collector, poll: int) -> None:
        due = [feed for feed, every in EVERY.items() if (poll - 1) % every == 0]
        failed = [delay for delay in await asyncio.gather(*map(collector.poll, due)) if delay is not None]
        if failed:
            raise RuntimeError(
                f"poll {poll}: {[health.failure for health in collector.board.health.feeds.values()]}"
            )
        self.requests.update(due)
        if (poll == self.polls or poll % SETTLE_EVERY == 0) and not await collector.outbox.wait_until_drained(
            60.0
        ):
            raise RuntimeError(f"poll {poll}: not stored: {collector.board.health.store}")

    async def _follow(self) -> None:
        """As another instance would: the store's board at commits, and one of the past beside it."""
        reader = Reader(self.database, self.roster)
        async for _ in follow_commits(self.url):
            self.followed = await reader.board()
            await asyncio.sleep(FOLLOW_S)

    def _look(self, poll: int) -> Look:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        handles = len(list(Path("/proc/self/fd").iterdir()))
        with psycopg.connect(self.url) as db:
            row = db.execute("SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()")
            connections = (row.fetchone() or (0,))[0]
        return Look(
            poll,
            pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            len(asyncio.all_tasks()),
            handles,
            threading.active_count(),
            connections,
        )

    def poll_now(self) -> None: ...

    def change_pace(self, factor: float) -> float:
        return factor


async def soak(week: Week) -> float:
    """Run it behind the monitor; returns the seconds it took."""
    app = ArenaApp(week, roster=week.roster, clock=lambda: week.now, source="soak")
    week.show = app.action_show
    began = time.perf_counter()
    async with app.run_test(size=(160, 48)) as pilot:
        while app.is_running and app.stopped is None:
            await pilot.pause(0.2)
        if not week.is_finished:
            raise SystemExit(app.stopped or "the monitor ended before the last poll")
    return time.perf_counter() - began


def stored(url: str) -> set[str]:
    """Every record of the store, in the words of the arena's book."""
    queries = {
        "account": (
            "SELECT t.slug, (extract(epoch FROM s.ts) * 1000000)::int8, s.equity "
            "FROM nof1.account_snapshots s JOIN nof1.accounts a ON a.id = s.account_id "
            "JOIN nof1.traders t ON t.id = a.trader_id"
        ),
        "price": (
            "SELECT y.name, (extract(epoch FROM p.ts) * 1000000)::int8, p.price FROM nof1.prices p "
            "JOIN nof1.symbols y ON y.id = p.symbol_id"
        ),
        "trade": "SELECT id, NULL, net FROM nof1.trades",
        "decision": "SELECT id, NULL, NULL FROM nof1.decisions",
    }
    found: set[str] = set()
    with psycopg.connect(url) as db:
        for kind, query in queries.items():
            rows = db.execute(query).fetchall()
            words = {
                f"{kind} {key}{'' if at is None else f'@{at}'} {'-' if value is None else repr(value)}"
                for key, at, value in rows
            }
            if len(words) != len(rows):
                raise SystemExit(f"{kind}: {len(rows) - len(words)} records are stored twice")
            found |= words
    return found


@contextmanager
def arena(traders: int) -> Iterator[int]:
    """The arena's process and its port."""
    command = [sys.executable, "-m", "bench.served", str(traders), "7"]
    process = subprocess.Popen(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def served(port: int) -> set[str]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/served")
    return set(connection.getresponse().read().decode().splitlines())


def settled(polls: int) -> int:
    """The poll, of this number, after which nothing may grow."""
    return SETTLED if polls >= 2 * SETTLED else polls // 10


def figures(week: Week, seconds: float, missing: int, made_up: int, records: int) -> list[Figure]:
    begin = settled(week.polls)
    turn = SHOW_EVERY * len(SCREENS)

    def before(poll: int) -> list[Look]:
        """Of one turn through the screens: each holds memory of its own while it is shown."""
        return [look for look in week.looks if poll - turn < look.poll <= poll]

    def held(what: str, *, goal_ratio: float | None = None, unit: str = "") -> Figure:
        ours, early = (median(getattr(look, what) for look in before(poll)) for poll in (week.polls, begin))
        words = f"{what} after {week.polls:,} polls, before after {begin:,}"
        return Figure(words, ours, early, unit, goal_ratio=goal_ratio)

    return [
        Figure("simulated days", week.polls / 1440, unit="d"),
        Figure("a poll of all feeds, the screen and the store", 1000 * seconds / week.polls),
        Figure("requests", sum(week.requests.values()), unit=""),
        Figure("records served, each once", records, unit=""),
        Figure("records that are not stored", missing, unit="", goal=0),
        Figure("records stored that were never served", made_up, unit="", goal=0),
        held("memory", goal_ratio=MOST_GROWTH, unit="MB"),
        *(held(what, goal_ratio=1.0) for what in ("tasks", "handles", "threads", "connections")),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--polls", type=int, default=10_000)
    parser.add_argument("--traders", type=int, default=32)
    parser.add_argument("--smoke", action="store_true", help="a few polls: only that it works")
    wish = parser.parse_args()
    if wish.smoke:
        wish.polls, wish.traders = 20, 4
    roster = parse_roster((Path(__file__).parent.parent / "nof1tui" / "roster.toml").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="nof1-soak-") as home, arena(wish.traders) as port:
        lease = server.acquire_lease(Path(home))
        try:
            lease.create_database("soak")
            url = lease.url("soak")
            migrate.upgrade(url)
            week = Week(wish.polls, port, open_pool(url), url, roster)
            seconds = asyncio.run(soak(week))
            truth, found = served(port), stored(url)
        finally:
            lease.release()
            destroy_cluster(Path(home))
    result = figures(week, seconds, len(truth - found), len(found - truth), len(truth))
    show("A week in minutes", "the same early in the run", result)
    return 0 if wish.smoke or all(figure.met is not False for figure in result) else 1


if __name__ == "__main__":
    sys.exit(main())
