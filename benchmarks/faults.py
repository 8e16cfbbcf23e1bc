"""A thousand polls of an upstream that fails in every way it can, and of a store that comes and goes.

    python benchmarks/faults.py                       # 1,000 polls
    python benchmarks/faults.py --polls 5000 --seed 7
    python benchmarks/faults.py --smoke               # seconds

A local HTTP server answers as the arena would; half of its answers carry one of the faults of
`tests/support/upstream_faults.py`. The collector that runs live writes into a real PostgreSQL, whose sessions
are killed and which is away for whole stretches of polls. Afterwards the store is compared with what
a perfect collector would hold: every record that was served in a readable form, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from nof1tui.collector import Collector
from nof1tui.collector.delivery.spool import Spool
from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.sink import WriteResult
from nof1tui.sources.http.client import Limits, make_client
from nof1tui.sources.nof1.source import ENDPOINT_BY_FEED, Nof1Source
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.embedded import lease as server
from nof1tui.store.schema import migrate
from nof1tui.store.writing.writer import Writer

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.arena_server import ArenaServer, ArenaState, wire_decision, wire_row, wire_trade
from tests.support.embedded_server import destroy_cluster
from tests.support.upstream_faults import ANSWERS, DATA, Fault, Json, Reply, readable

STEP_S = 20.0
"""Arena seconds between two polls."""
FAULTY = 0.5
AWAY_EVERY, AWAY_FOR, KILL_EVERY = 60, 12, 45
"""Polls between two outages of the store, in one, and between two killings of its sessions."""
TRADERS, COINS = 8, ("BTC", "ETH", "SOL")
WEIGHTS = {Feed.ACCOUNTS: 6, Feed.PRICES: 2, Feed.TRADES: 1, Feed.DECISIONS: 1}
Key = tuple[str, ...]
HELD = (
    """
SELECT 'account', t.slug, to_char(extract(epoch FROM s.ts), 'FM999999999990.000'),
       to_char(s.equity::numeric, 'FM999999999990.000')
FROM nof1.account_snapshots s JOIN nof1.accounts a ON a.id = s.account_id
JOIN nof1.traders t ON t.id = a.trader_id
""",
    """
SELECT 'price', y.name, to_char(extract(epoch FROM p.ts), 'FM999999999990.000'),
       to_char(p.price::numeric, 'FM999999999990.000')
FROM nof1.prices p JOIN nof1.symbols y ON y.id = p.symbol_id
""",
    "SELECT 'trade', id, to_char(net::numeric, 'FM999999999990.000') FROM nof1.trades",
    "SELECT 'decision', id, summary FROM nof1.decisions",
)
"""The store's records as keys."""


@dataclass
class Truth:
    """The arena itself, and what of it was served."""

    dice: random.Random
    begins: float
    now: float = 0.0
    state: ArenaState = field(default_factory=ArenaState)
    served: set[Key] = field(default_factory=set)
    """In a form that a perfect collector reads."""
    ever: set[Key] = field(default_factory=set)
    """Whether or not it was served."""

    def step(self) -> None:
        """Everybody's row is rewritten, prices move; now and then a trade is closed and somebody talks."""
        self.now = max(self.now, self.begins) + STEP_S
        inception = self.begins - 3_600
        kept = {row["id"]: row for row in self.state.rows}
        for number in range(TRADERS):
            trader = f"model-{number}"
            equity = 10_000.0 + number * 100 + self.dice.randrange(100_000) / 1_000
            row = wire_row(trader, equity, at=self.now - number, inception=inception)
            kept[row["id"]] = row
        self.state.rows = sorted(kept.values(), key=lambda row: row["timestamp"])
        self.state.prices = {coin: self.dice.randrange(10**6) / 8 for coin in COINS}
        if self.dice.random() < 0.3:
            number = len(self.state.trades) + 1
            self.state.trades.append(wire_trade("model-1", "ETH", 5.5, exit_at=self.now, number=number))
        if self.dice.random() < 0.3:
            self.state.conversations.append(wire_decision("model-2", "Holding.", at=self.now))
        self.ever |= {key_of("accountTotals", row) for row in self.state.rows}
        self.ever |= {key_of("trades", row) for row in self.state.trades}
        self.ever |= {key_of("conversations", row) for row in self.state.conversations}

    def serve(self, reply: Reply, fault: Fault | None) -> None:
        key = reply.key
        if key == "prices":
            for record in reply.records:
                record["timestamp"] = int(self.now * 1_000)
                self.ever.add(key_of(key, record))
        reply.payload |= {"serverTime": int(self.now * 1_000)} if "serverTime" in reply.payload else {}
        if fault is not None:
            fault.apply(reply)
        if fault is None or not fault.message:
            keys = {key_of(key, record) for record in readable(reply)}
            if fault is not None and fault.adds:
                self.ever |= keys
            self.served |= keys & self.ever


def key_of(envelope: str, record: Json) -> Key:
    """The identity of a record, its content included."""
    match envelope:
        case "accountTotals":
            at, equity = float(record["timestamp"]), float(record["dollar_equity"])
            return "account", str(record["model_id"]), f"{at:.3f}", f"{equity:.3f}"
        case "prices":
            at, price = float(record["timestamp"]) / 1_000, float(record["price"])
            return "price", str(record["symbol"]), f"{at:.3f}", f"{price:.3f}"
        case "trades":
            return "trade", str(record["id"]), f"{float(record['realized_net_pnl']):.3f}"
        case _:
            return "decision", str(record["id"]), str(record["cot_trace_summary"])


@dataclass
class Flaky:
    """`ports.Sink` over a store that can be away."""

    inner: Writer
    away: bool = False
    refused: int = 0

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        self._check()
        return await self.inner.write(batch, events)

    async def write_health(self, health: FeedHealth) -> None:
        self._check()
        await self.inner.write_health(health)

    def _check(self) -> None:
        if self.away:
            self.refused += 1
            raise StoreUnavailable("away")


@dataclass
class Outcome:
    faults: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Failures as they stood on the screen."""
    outages: int = 0
    killed: int = 0
    stored: set[Key] = field(default_factory=set)
    quarantined: int = 0
    drift: int = 0
    stall_ms: float = 0.0
    seconds: float = 0.0


async def run(polls: int, seed: int, url: str, spool: Path) -> tuple[Truth, Outcome]:
    truth, outcome = Truth(random.Random(seed), time.time() - polls * STEP_S - 60), Outcome()
    truth.step()
    database = open_pool(url)
    sink = Flaky(Writer(database, arena="faults", roster=Roster()))
    with ArenaServer(truth.state) as arena:
        source = Nof1Source(
            make_client(arena.url),
            roster=Roster(),
            clock=lambda: datetime.fromtimestamp(truth.now, UTC),
            limits=Limits(timeout_s=0.3, max_body_bytes=2**20),
        )
        collector = Collector(
            source,
            sink,
            Board(Roster()),
            intervals_s=dict.fromkeys(ENDPOINT_BY_FEED, STEP_S),
            publish=lambda board: None,
            clock=lambda: datetime.fromtimestamp(truth.now, UTC),
            spool=Spool(spool),
            sleep=lambda seconds: asyncio.sleep(min(seconds, 0.02)),
        )
        writing = asyncio.create_task(collector.outbox.run())
        beating = asyncio.create_task(_beat(outcome))
        began = time.monotonic()
        for poll in range(polls):
            await asyncio.to_thread(truth.step)
            await _one_poll(poll, collector, arena, truth, outcome)
            sink.away = poll % AWAY_EVERY >= AWAY_EVERY - AWAY_FOR
            outcome.outages += poll % AWAY_EVERY == AWAY_EVERY - AWAY_FOR
            if poll % KILL_EVERY == KILL_EVERY - 1:
                outcome.killed += await asyncio.to_thread(_kill_sessions, url)
        sink.away, arena.tamper = False, lambda path, reply: truth.serve(reply, None)
        for feed in WEIGHTS:
            await collector.poll(feed)
        collector.outbox.retry_now()
        assert await collector.outbox.wait_until_drained(60), "the outbox was not drained"
        outcome.seconds = time.monotonic() - began
        for task in (writing, beating):
            task.cancel()
        await asyncio.gather(writing, beating, return_exceptions=True)
        await source.aclose()
    await database.close()
    _look(url, outcome)
    return truth, outcome


async def _one_poll(
    poll: int, collector: Collector, arena: ArenaServer, truth: Truth, outcome: Outcome
) -> None:
    dice = truth.dice
    feed = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    fault = None
    if dice.random() < FAULTY:
        fault = dice.choice(ANSWERS + DATA if feed is Feed.ACCOUNTS else ANSWERS)
        outcome.faults[fault.name] += 1
    arena.tamper = lambda path, reply: truth.serve(reply, fault)
    await collector.poll(feed)
    failure = collector.board.health.feed(feed).failure
    outcome.failures[failure or "fine"] += 1
    if fault is not None and fault.message and failure is None:
        raise AssertionError(f"poll {poll}: {fault.name} was not reported")
    if (fault is None or not fault.message) and failure is not None:
        raise AssertionError(
            f"poll {poll}: {fault.name if fault else 'a good answer'} was refused: {failure}"
        )


async def _beat(outcome: Outcome) -> None:
    """How long the event loop was away at most, in its own CPU time."""
    while True:
        before = time.thread_time()
        await asyncio.sleep(0.001)
        outcome.stall_ms = max(outcome.stall_ms, 1_000 * (time.thread_time() - before))


def _kill_sessions(url: str) -> int:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def _look(url: str, outcome: Outcome) -> None:
    """What the store holds."""
    with psycopg.connect(url) as connection:
        for statement in HELD:
            rows = connection.execute(statement.encode()).fetchall()
            keys = [tuple(row) for row in rows]
            assert len(keys) == len(set(keys)), "something is stored twice"
            outcome.stored |= set(keys)
        for name, table in (("quarantined", "quarantine"), ("drift", "schema_drift")):
            found = connection.execute(f"SELECT count(*) FROM nof1.{table}".encode()).fetchone()
            setattr(outcome, name, found[0] if found else 0)


def report(polls: int, truth: Truth, outcome: Outcome) -> int:
    """Print the figures; returns how many records are lost or invented."""
    lost, invented = truth.served - outcome.stored, outcome.stored - truth.ever
    injected = sum(outcome.faults.values())
    print(f"{polls:,} polls in {outcome.seconds:.0f} s, {injected:,} of them with a fault:")
    for name, count in sorted(outcome.faults.items()):
        print(f"  {count:5,}  {name}")
    print(f"  {outcome.outages:5,}  outages of the store, {AWAY_FOR} polls each")
    print(f"  {outcome.killed:5,}  sessions of the database killed")
    print(f"failures reported: {polls - outcome.failures['fine']:,} polls, {len(outcome.failures) - 1} kinds")
    print(f"longest turn of the event loop: {outcome.stall_ms:.1f} ms of CPU")
    for kind in ("account", "price", "trade", "decision"):
        served = sum(key[0] == kind for key in truth.served)
        stored = sum(key[0] == kind for key in outcome.stored)
        print(f"{kind + ' records':18} served {served:7,}   stored {stored:7,}")
    print(f"in quarantine: {outcome.quarantined:,} raw texts; noticed drift: {outcome.drift}")
    print(f"lost: {len(lost)}   invented: {len(invented)}")
    for key in sorted(lost | invented)[:10]:
        print(f"  {key}")
    return len(lost) + len(invented)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--polls", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="a few seconds: only that it works")
    given = parser.parse_args()
    polls = 70 if given.smoke else given.polls
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "store"
        lease = server.acquire_lease(home)
        try:
            lease.create_database("faults")
            migrate.upgrade(lease.url("faults"))
            truth, outcome = asyncio.run(run(polls, given.seed, lease.url("faults"), Path(folder) / "spool"))
        finally:
            lease.release()
            with suppress(OSError):
                destroy_cluster(home)
    return 1 if report(polls, truth, outcome) else 0


if __name__ == "__main__":
    sys.exit(main())
