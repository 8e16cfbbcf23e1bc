"""A season of synthetic account rows, made by the server itself: 32 accounts, a row each 10 seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

ACCOUNTS = 32
STEP_S = 10
END = datetime(2025, 12, 1, tzinfo=UTC)
COINS = ("BTC", "ETH", "SOL", "BNB", "DOGE", "XRP")
POSITIONS = 4
VERSION_S = 6 * 3600
"""Time between two versions of a position's plan."""
TRADE_S = 4 * 3600
DECISION_S = 180
MOST_DECISIONS = 100_000
CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class Loaded:
    rows: int
    begin: datetime
    end: datetime
    seconds: float
    """What the account rows took."""


def load(url: str, rows: int, say: Callable[[str], None]) -> Loaded:
    """Fill a migrated, empty database; the roll-ups are left to the program."""
    steps = rows // ACCOUNTS
    begin = END - timedelta(seconds=steps * STEP_S)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET synchronous_commit = off")
        db.execute("SET maintenance_work_mem = '512MB'")
        db.execute("SELECT setseed(0.5)")
        _names(db, begin)
        _partitions(db, begin)
        _versions(db, begin, steps)
        began = time.perf_counter()
        for low in range(0, steps, CHUNK):
            _snapshots(db, begin, low, min(steps, low + CHUNK))
            say(f"{min(steps, low + CHUNK) * ACCOUNTS:,} of {rows:,} rows")
        seconds = time.perf_counter() - began
        _prices(db, begin, steps)
        _trades(db, begin, steps)
        _decisions(db, min(MOST_DECISIONS // ACCOUNTS, steps * STEP_S // DECISION_S))
    return Loaded(steps * ACCOUNTS, begin, END, seconds)


def _names(db: psycopg.Connection, begin: datetime) -> None:
    db.execute("INSERT INTO nof1.seasons (arena, slug, name) VALUES ('nof1', 'bench', 'Benchmark')")
    db.execute("INSERT INTO nof1.competitions (season_id, slug) SELECT id, '' FROM nof1.seasons")
    db.execute(
        "INSERT INTO nof1.traders (slug, name) SELECT 'trader-' || i, 'Trader ' || i "
        "FROM generate_series(1, %s) i",
        (ACCOUNTS,),
    )
    db.execute(
        "INSERT INTO nof1.accounts (competition_id, trader_id, inception_at, capital_usd, "
        "inception_fetched_at) SELECT c.id, t.id, %s, 10000, %s "
        "FROM nof1.competitions c, nof1.traders t ORDER BY t.id",
        (begin, begin),
    )
    for coin in COINS:
        db.execute("INSERT INTO nof1.symbols (name) VALUES (%s)", (coin,))


def _partitions(db: psycopg.Connection, begin: datetime) -> None:
    month = begin.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month <= END:
        following = (month + timedelta(days=32)).replace(day=1)
        for table in ("account_snapshots", "prices"):
            db.execute(
                f"CREATE TABLE nof1.{table}_{month:%Y%m} PARTITION OF nof1.{table} "
                f"FOR VALUES FROM ('{month.isoformat()}') TO ('{following.isoformat()}')"
            )
        month = following


def _versions(db: psycopg.Connection, begin: datetime, steps: int) -> None:
    db.execute(
        "INSERT INTO nof1.position_versions (id, account_id, symbol_id, content_hash, valid_from, quantity, "
        "entry_price, entry_at, leverage, profit_target, stop_loss, invalidation, has_plan, risk_usd, "
        "confidence, closed_pnl, commission, entry_oid, oid) OVERRIDING SYSTEM VALUE "
        "SELECT (v * %(accounts)s + a - 1) * %(held)s + k + 1, a, k + 1, "
        "decode(md5(v || '.' || a || '.' || k), 'hex'), %(begin)s::timestamptz + make_interval(secs => v "
        "* %(every)s), "
        "1.5 + k, 100 * (k + 1), %(begin)s::timestamptz + make_interval(secs => v * %(every)s), 10, 120 * "
        "(k + 1), "
        "90 * (k + 1), repeat('4h close below 3,700 ', 6), true, 500, 0.65, -8.4, 8.4, "
        "204672918246 + v, 204672918246 + v "
        "FROM generate_series(0, %(versions)s) v, generate_series(1, %(accounts)s) a, "
        "generate_series(0, %(held)s - 1) k",
        {
            "accounts": ACCOUNTS,
            "held": POSITIONS,
            "begin": begin,
            "every": VERSION_S,
            "versions": steps * STEP_S // VERSION_S + 1,
        },
    )
    db.execute(
        "SELECT setval(pg_get_serial_sequence('nof1.position_versions', 'id'), max(id)) "
        "FROM nof1.position_versions"
    )


def _snapshots(db: psycopg.Connection, begin: datetime, low: int, high: int) -> None:
    db.execute(
        "INSERT INTO nof1.account_snapshots (ts, account_id, fetched_at, hourly_marker, minute_marker, "
        "equity, "
        "return_pct, realized, unrealized, sharpe, version_ids, marks, unrealized_pnls, margins, "
        "liquidations) "
        "SELECT at, a, at + interval '0.7 s', i / 360, i / 6, e, (e / 10000 - 1) * 100, e - 10000, "
        "12.5 * sin(i), 0.3, array[v + 1, v + 2, v + 3, v + 4], "
        "array[100 + random(), 200 + random(), 300 + random(), 400 + random()], "
        "array[random() * 10, random() * 10, random() * 10, random()], "
        "array[random() * 100, 200.5, 300.25, 400], array[80.5, 160.25, 240.125, 320] "
        "FROM generate_series(%(low)s::int, %(high)s::int - 1) i "
        "CROSS JOIN LATERAL (SELECT %(begin)s::timestamptz + make_interval(secs => i * %(step)s) AS at) t "
        "CROSS JOIN generate_series(1, %(accounts)s) a "
        "CROSS JOIN LATERAL (SELECT 10000 + 2000 * sin(i / 7000.0 + a) + 300 * sin(i / 300.0 * a) "
        "+ 20 * random() AS e, ((i::int8 * %(step)s / %(every)s) * %(accounts)s + a - 1) * 4 AS v) f",
        {
            "low": low,
            "high": high,
            "begin": begin,
            "step": STEP_S,
            "every": VERSION_S,
            "accounts": ACCOUNTS,
        },
    )


def _prices(db: psycopg.Connection, begin: datetime, steps: int) -> None:
    db.execute(
        "INSERT INTO nof1.prices (ts, symbol_id, price, fetched_at) SELECT at, k, 100 * k + sin(i / "
        "100.0), at "
        "FROM generate_series(0, %(steps)s::int - 1) i "
        "CROSS JOIN LATERAL (SELECT %(begin)s::timestamptz + make_interval(secs => i * %(step)s) AS at) t "
        "CROSS JOIN generate_series(1, %(coins)s) k",
        {"begin": begin, "steps": steps, "step": STEP_S, "coins": len(COINS)},
    )


def _trades(db: psycopg.Connection, begin: datetime, steps: int) -> None:
    db.execute(
        "INSERT INTO nof1.trades (id, account_id, symbol_id, exit_ts, entry_ts, side, quantity, entry_price, "
        "exit_price, gross, net, fees, entry_fee, exit_fee, entry_oid, exit_oid, entry_tid, exit_tid, "
        "fetched_at) SELECT a || '_' || i, a, 1 + (i + a) %% %(coins)s, at, at - interval '3 h', "
        "CASE WHEN i %% 2 = 0 THEN 'long' ELSE 'short' END, 1.5, 100, 101, sin(i * a) * 100, "
        "sin(i * a) * 100 - 2, 2, 1, 1, 213881537577 + i, 214341494391, 94208922751243, 372512461843509, at "
        "FROM generate_series(1, greatest(1, %(count)s::int)) i CROSS JOIN generate_series(1, "
        "%(accounts)s) a "
        "CROSS JOIN LATERAL (SELECT %(begin)s::timestamptz + make_interval(secs => i * %(every)s + a) AS "
        "at) t",
        {
            "begin": begin,
            "every": TRADE_S,
            "count": steps * STEP_S // TRADE_S,
            "accounts": ACCOUNTS,
            "coins": len(COINS),
        },
    )


def _decisions(db: psycopg.Connection, cycles: int) -> None:
    signals = json.dumps([
        {"coin": coin, "action": "hold", "quantity": 0.12, "leverage": 20.0, "profit_target": 118136.15,
         "stop_loss": 102026.675, "risk_usd": 619.2345, "confidence": 0.75,
         "invalidation": "4h close below 105,000", "justification": None}
        for coin in COINS
    ])  # fmt: skip
    db.execute(
        "INSERT INTO nof1.decisions (id, account_id, ts, inserted_ts, cycle, run_id, skill, summary, "
        "reasoning, "
        "prompt, answer, answer_failed, signals, content_hash, fetched_at) SELECT a || '_' || i, a, at, "
        "at, i, "
        "'r1', 'swing', repeat('I hold my long; the plan stands and ' || i || ' ', 6), "
        "repeat(md5(i::text) || ' ', 20), repeat(md5((i * a)::text) || ' ', 30), '{}', false, "
        "%(signals)s::jsonb, "
        "decode(md5(a || '_' || i), 'hex'), at "
        "FROM generate_series(1, greatest(1, %(cycles)s::int)) i CROSS JOIN generate_series(1, "
        "%(accounts)s) a "
        "CROSS JOIN LATERAL (SELECT %(end)s::timestamptz - make_interval(secs => i * %(every)s + a) AS at) t",
        {"end": END, "every": DECISION_S, "cycles": cycles, "accounts": ACCOUNTS, "signals": signals},
    )


def write_events(url: str) -> None:
    """One for each position version that followed another."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "INSERT INTO nof1.events (id, ts, kind, account_id, symbol_id, side, quantity, price, leverage) "
            "SELECT 'opened:' || id, valid_from, 'opened', account_id, symbol_id, 'long', quantity, "
            "entry_price, 10 FROM nof1.position_versions WHERE valid_from <= %s",
            (END,),
        )
