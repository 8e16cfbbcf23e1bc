"""The first load: a whole season of 8 MB, decoded while it streams in, beside one typed msgspec decode.

    python benchmarks/decode.py [--smoke]

The server is another process. Times are CPU times of the thread that runs the event loop: on a busy
machine others do not count. Each run loads in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
from bench.report import Figure, arguments, middle, show

from nof1tui.collector import Collector
from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.sink import WriteResult
from nof1tui.sources.decoding.json_stream import RecordStream
from nof1tui.sources.decoding.values import decode_exact
from nof1tui.sources.http.client import make_client
from nof1tui.sources.nof1.accounts import ExactAccountWire
from nof1tui.sources.nof1.decoder import decode_body
from nof1tui.sources.nof1.source import ENDPOINT_BY_FEED, Nof1Source

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.arena_server import wire_position, wire_row

BODY_MB = 8.0
MOST_STALL_MS, MOST_RATIO, MOST_MB = 8.0, 3.0, 10.0
COINS = ("BTC", "ETH", "SOL", "BNB", "DOGE", "XRP")
TRADERS, HELD_HOURS = 7, 24


class Season(msgspec.Struct):
    """The baseline: the whole body to typed records at one go."""

    accountTotals: list[ExactAccountWire]  # noqa: N815 the wire's name


class Nowhere:
    """`ports.Sink` that keeps nothing: the store has a benchmark of its own."""

    async def write(self, batch: object, events: object = ()) -> WriteResult:
        return WriteResult()

    async def write_health(self, health: object) -> None: ...


def season(megabytes: float) -> bytes:
    """Hourly rows of seven traders with six positions each, which they hold for a day."""
    dice, rows, held = random.Random(3), list[dict[str, Any]](), dict[int, list[dict[str, Any]]]()
    begins, size = 1_761_000_000.25, 0
    while size < megabytes * 2**20:
        hour = len(rows) // TRADERS
        if hour % HELD_HOURS == 0:
            held[len(rows) % TRADERS] = [
                wire_position(coin, dice.uniform(-5, 5), mark=dice.uniform(1, 100_000), entry_time=begins)
                for coin in COINS
            ]
        positions = [
            position | {"current_price": dice.uniform(1, 100_000), "unrealized_pnl": dice.uniform(-99, 99)}
            for position in held[len(rows) % TRADERS]
        ]
        trader, equity = f"model-{len(rows) % TRADERS}", dice.uniform(9_000, 11_000)
        rows.append(wire_row(trader, equity, at=begins + 3600 * hour, inception=begins, positions=positions))
        size += len(json.dumps(rows[-1], separators=(",", ":"))) + 1
    body = {"accountTotals": rows, "lastHourlyMarkerRead": len(rows) // TRADERS, "serverTime": 1761634822805}
    return json.dumps(body, separators=(",", ":")).encode()


def serve(body: bytes, port: Connection) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = body if "account-totals" in self.path else b'{"prices": {}}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    port.send(server.server_address[1])
    server.serve_forever()


def load(port: int, report: Connection) -> None:
    """One first load by the collector: longest stall, CPU in all, memory on top of an idle collector's."""
    report.send(asyncio.run(_load(port)))


async def _load(port: int) -> dict[str, float]:
    source = Nof1Source(make_client(f"http://127.0.0.1:{port}/api"), roster=Roster())
    collector = Collector(
        source,
        Nowhere(),
        Board(Roster()),
        intervals_s=dict.fromkeys(ENDPOINT_BY_FEED, 60.0),
        publish=lambda board: None,
        clock=lambda: datetime.now(UTC),
    )
    longest, turns = 0.0, 0

    async def beat() -> None:
        nonlocal longest, turns
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, before, turns = max(longest, now - before), now, turns + 1

    await collector.poll(Feed.PRICES)
    gc.collect()
    gc.freeze()
    before_kb = _memory_kb("VmRSS")
    beating = asyncio.create_task(beat())
    began = time.thread_time()
    delay = await collector.poll(Feed.ACCOUNTS)
    cpu = time.thread_time() - began
    beating.cancel()
    assert delay is None, collector.board.health.feed(Feed.ACCOUNTS).failure
    await source.aclose()
    peak_kb = _memory_kb("VmHWM") - before_kb
    return {"stall": 1_000 * longest, "cpu": 1_000 * cpu, "peak": peak_kb / 1024}


def _memory_kb(name: str) -> int:
    """`VmRSS` is now, `VmHWM` the most this process ever had."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def streamed(body: bytes) -> int:
    """Records cut out of the stream and typed, without what the domain makes of them."""
    stream, count = RecordStream("accountTotals"), 0
    for start in range(0, len(body), 65_536):
        for _, record in stream.feed(body[start : start + 65_536]):
            count += decode_exact(record, ExactAccountWire) is not None
    left, _ = stream.finish()
    return count + sum(decode_exact(record, ExactAccountWire) is not None for _, record in left)


def timed(work: Callable[[], object], repeats: int) -> float:
    """The median of several runs, garbage collection paused as in a first load."""
    times = []
    for _ in range(repeats):
        gc.collect()
        gc.disable()
        began = time.thread_time()
        work()
        times.append(1_000 * (time.thread_time() - began))
        gc.enable()
    return middle(times)


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    body = season(0.5 if smoke else BODY_MB)
    repeats = 1 if smoke else 7
    typed = timed(lambda: msgspec.json.decode(body, type=Season), repeats)
    plainly = timed(lambda: json.loads(body), repeats)
    in_stream = timed(lambda: streamed(body), repeats)
    now = datetime.now(UTC)
    to_domain = timed(lambda: decode_body("account-totals", body, fetched_at=now, roster=Roster()), repeats)
    loads = first_loads(body, repeats)
    megabytes = len(body) / 2**20
    show(
        f"A first load of {megabytes:.1f} MB",
        "one typed msgspec decode of the whole body",
        [
            Figure("streamed, each record typed", in_stream, typed, goal_ratio=MOST_RATIO),
            Figure("streamed, each record a domain record", to_domain, typed),
            Figure("json.loads, nothing else", plainly, typed),
            Figure("first load: longest stall", middle([run["stall"] for run in loads]), goal=MOST_STALL_MS),
            Figure("first load: HTTP, records, board", middle([run["cpu"] for run in loads]), typed),
            Figure(
                "first load: memory at its peak",
                middle([run["peak"] for run in loads]),
                megabytes,
                "MB",
                goal=megabytes + MOST_MB,
            ),
        ],
    )


def first_loads(body: bytes, repeats: int) -> list[dict[str, float]]:
    """Each in a fresh process, from a server in another."""
    fresh = multiprocessing.get_context("spawn")
    here, there = fresh.Pipe()
    server = fresh.Process(target=serve, args=(body, there), daemon=True)
    server.start()
    port, found = here.recv(), []
    for _ in range(repeats):
        own_end, child_end = fresh.Pipe()
        process = fresh.Process(target=load, args=(port, child_end))
        process.start()
        child_end.close()
        found.append(own_end.recv())
        process.join()
    server.terminate()
    server.join()
    return found


if __name__ == "__main__":
    main()
