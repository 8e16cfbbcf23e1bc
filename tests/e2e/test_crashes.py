"""kill -9 of the database, of the collector and of both, at random moments."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from nof1tui.store.embedded import lease as server
from tests.support.crash_bench import Collector
from tests.support.crash_collector import START, TRADERS, row

ROWS = 100
"""Of each of two traders: 200 in all."""
GROWS_AT = range(20, ROWS, 20)
"""Numbers of rows with a larger position than before."""


def postmaster(home: Path) -> int | None:
    location = home / "postgres.location"
    root = Path(location.read_text("utf-8").strip()) if location.exists() else home / "postgres"
    try:
        return int((root / "data" / "postmaster.pid").read_text("utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return None


@dataclass
class StoreContent:
    rows: list[tuple[object, ...]]
    trades: int
    buckets: int
    prices: set[int]
    increases: list[tuple[object, ...]]
    trade_events: int


def read_store(home: Path) -> StoreContent:
    lease = server.acquire_lease(home)
    try:
        with psycopg.connect(lease.url("nof1")) as db:
            rows = db.execute(
                "SELECT t.slug, s.ts, s.equity, s.marks FROM nof1.account_snapshots s "
                "JOIN nof1.accounts a ON a.id = s.account_id JOIN nof1.traders t ON t.id = a.trader_id "
                "ORDER BY t.slug, s.ts"
            ).fetchall()
            increases = db.execute(
                "SELECT t.slug, e.ts FROM nof1.events e JOIN nof1.accounts a ON a.id = e.account_id "
                "JOIN nof1.traders t ON t.id = a.trader_id WHERE e.kind = 'increased' ORDER BY t.slug, e.ts"
            ).fetchall()
            prices = {round(value) for (value,) in db.execute("SELECT price FROM nof1.prices").fetchall()}
            trades, buckets, trade_events = (
                (db.execute(f"SELECT count(*) FROM nof1.{what}").fetchone() or (0,))[0]
                for what in ("trades", "equity_rollup WHERE width_s = 120", "events WHERE kind = 'trade'")
            )
            return StoreContent(rows, trades, buckets, prices, increases, trade_events)
    finally:
        lease.release()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_store_has_every_served_record_after_any_kill(home: dict[str, str], seed: int) -> None:
    chance = random.Random(seed)
    data = Path(home["XDG_DATA_HOME"]) / "nof1-tui"
    collector = Collector(home, ROWS)
    for victim in chance.sample(("collector", "database", "both", "collector", "database"), 5):
        assert collector.until("ready")
        time.sleep(0.4 + chance.random() * 0.8)
        if victim != "collector" and (pid := postmaster(data)) is not None:
            os.kill(pid, signal.SIGKILL)
        if victim != "database":
            collector.kill()
            collector = Collector(home, ROWS)
    assert collector.until("done", 60)
    collector.end()
    content = read_store(data)
    expected = [
        (trader, made.observed_at, made.equity_usd, [made.positions[0].mark_price])
        for trader in sorted(TRADERS)
        for made in (row(trader, number) for number in range(ROWS))
    ]
    assert content.rows == expected
    assert (content.trades, content.trade_events) == (ROWS, ROWS)
    steps = [(trader, row(trader, number).observed_at) for trader in sorted(TRADERS) for number in GROWS_AT]
    assert content.increases == steps
    assert set(collector.prices[:-1]) <= content.prices
    closed = {
        (trader, (moment - START).total_seconds() // 120)
        for trader, moment, *_ in expected
        if (moment - START).total_seconds() // 120 < (45 * (ROWS - 1)) // 120
    }
    assert content.buckets == len(closed)
