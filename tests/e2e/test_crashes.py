"""kill -9 of the database, of the collector and of both, at random moments; and in an outage."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
import pytest
from crash_collector import START, TRADERS, row

from nof1tui.store import server

HERE = Path(__file__).parent
ROWS = 100
"""Of each of two traders: 200 in all."""


class Collector:
    def __init__(self, env: dict[str, str], rows: int = ROWS, first_price: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "crash_collector.py"), str(rows), str(first_price)],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.strip())

    @property
    def prices(self) -> list[int]:
        return [int(line.split()[1]) for line in list(self.said) if line.startswith("price ")]

    def until(self, words: str, timeout_s: float = 30.0) -> bool:
        """Whether it said so before it ended."""
        end = time.monotonic() + timeout_s
        while words not in self.said:
            if self.process.poll() is not None:
                self._reader.join()
                return words in self.said
            assert time.monotonic() < end, self.said[-3:]
            time.sleep(0.01)
        return True

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> None:
        self.process.wait(20)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


def postmaster(home: Path) -> int | None:
    location = home / "postgres.location"
    root = Path(location.read_text("utf-8").strip()) if location.exists() else home / "postgres"
    try:
        return int((root / "data" / "postmaster.pid").read_text("utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def stored(home: Path) -> tuple[list[tuple[object, ...]], int, int]:
    lease = server.lease(home)
    try:
        with psycopg.connect(lease.url("nof1")) as db:
            rows = db.execute(
                "SELECT t.slug, s.ts, s.equity, s.marks FROM nof1.account_snapshots s "
                "JOIN nof1.accounts a ON a.id = s.account_id JOIN nof1.traders t ON t.id = a.trader_id "
                "ORDER BY t.slug, s.ts"
            ).fetchall()
            trades = db.execute("SELECT count(*) FROM nof1.trades").fetchone()
            buckets = db.execute("SELECT count(*) FROM nof1.equity_rollup WHERE width_s = 120").fetchone()
            return rows, trades[0] if trades else 0, buckets[0] if buckets else 0
    finally:
        lease.release()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_store_ends_up_with_what_was_served_whoever_is_killed_and_when(
    home: dict[str, str], seed: int
) -> None:
    chance = random.Random(seed)
    data = Path(home["XDG_DATA_HOME"]) / "nof1-tui"
    collector = Collector(home)
    for victim in chance.sample(("collector", "database", "both", "collector", "database"), 5):
        assert collector.until("ready")
        time.sleep(0.4 + chance.random() * 0.8)
        if victim != "collector" and (pid := postmaster(data)) is not None:
            os.kill(pid, signal.SIGKILL)
        if victim != "database":
            collector.kill()
            collector = Collector(home)
    assert collector.until("done", 60)
    collector.end()
    rows, trades, buckets = stored(data)
    expected = [
        (trader, made.observed_at, made.equity_usd, [made.positions[0].mark_price])
        for trader in sorted(TRADERS)
        for made in (row(trader, number) for number in range(ROWS))
    ]
    assert rows == expected
    assert trades == ROWS
    closed = {
        (trader, (moment - START).total_seconds() // 120)
        for trader, moment, *_ in expected
        if (moment - START).total_seconds() // 120 < (45 * (ROWS - 1)) // 120
    }
    assert buckets == len(closed)


class Wire:
    """A Unix socket in front of the database that can be cut: nobody answers then."""

    def __init__(self, folder: Path, behind: str) -> None:
        self._path = folder / ".s.PGSQL.5432"
        self._behind = behind
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    def mend(self) -> None:
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        self._path.unlink(missing_ok=True)
        for connection in (self._listener, *self._open):
            if connection is not None:
                _shut(connection)
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                front, _ = listener.accept()
                back = socket.socket(socket.AF_UNIX)
                back.connect(self._behind)
            except OSError:
                return
            self._open += [front, back]
            for source, target in ((front, back), (back, front)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    _shut(target)


@pytest.fixture
def wire(database_url: str, home: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The test's database behind a wire; the environment leads through it."""
    parts = urlsplit(database_url)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    folder = tmp_path_factory.mktemp("w")
    made = Wire(folder, f"{options['host']}/.s.PGSQL.5432")
    made.mend()
    query = urlencode({**options, "host": str(folder)})
    home["NOF1_DATABASE_URL"] = f"postgresql://{parts.path}?{query}"
    yield made
    made.cut()


def prices_in(url: str) -> list[int]:
    with closing(psycopg.connect(url)) as db:
        return [int(value) for (value,) in db.execute("SELECT price FROM nof1.prices ORDER BY ts").fetchall()]


def until(condition: object, timeout_s: float = 20.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_nothing_that_was_served_in_an_outage_is_lost_though_the_collector_is_killed(
    home: dict[str, str], wire: Wire, database_url: str
) -> None:
    first = Collector(home, rows=10_000)
    until(lambda: len(first.prices) > 20)
    wire.cut()
    begun = len(first.prices)
    until(lambda: len(first.prices) > begun + 60)
    first.kill()
    served = first.prices
    spool = list((Path(home["XDG_STATE_HOME"]) / "nof1-tui" / "spool").glob("*/*.spool"))
    assert spool
    wire.mend()
    second = Collector(home, rows=10_000, first_price=served[-1] + 1_000)
    try:
        until(lambda: set(served[:-2]) <= set(prices_in(database_url)))
        until(lambda: not any(path.exists() for path in spool))
        kept = prices_in(database_url)
        assert kept == sorted(set(kept))
    finally:
        second.kill()


def test_an_outage_leaves_the_collector_alive_and_everything_lands_in_order(
    home: dict[str, str], wire: Wire, database_url: str
) -> None:
    collector = Collector(home, rows=10_000)
    try:
        until(lambda: len(collector.prices) > 20)
        wire.cut()
        begun = len(collector.prices)
        until(lambda: len(collector.prices) > begun + 60)
        wire.mend()
        served = collector.prices
        until(lambda: served[-1] in prices_in(database_url))
        kept = prices_in(database_url)
        assert kept[: len(served)] == served
    finally:
        collector.kill()
