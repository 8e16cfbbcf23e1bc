"""A collector to be killed: a made-up arena on the store named by the environment.

Prints `ready` when it collects, `price N` for each quote it has served, `db! N` when another number of
records waits, `done` when all rows are stored. Ends by signals as the program does.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click

from nof1tui.cli.options import Flags
from nof1tui.cli.run_command import run_command
from nof1tui.collector.delivery import outbox, sink_writer
from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey, AccountRow, Feed, Position, Price, Trade
from nof1tui.ports.source import ProgressCallback, ignore_progress
from nof1tui.runtime.arenas import live_arena
from nof1tui.runtime.engine import Arena, ArenaEngine
from nof1tui.settings.model import load_settings

START = datetime(2025, 10, 26, 4, 0, tzinfo=UTC)
TRADERS = ("gpt-5", "qwen3-max")


def row(trader: str, number: int) -> AccountRow:
    at = START + timedelta(seconds=45 * number)
    open_position = Position(
        "BTC", 0.1 + number // 20, 114_000.0, mark_price=114_000.0 + number, leverage=10.0
    )
    return AccountRow(AccountKey("s1", trader), at, at, 10_000.0 + number, positions=(open_position,))


def trade(number: int) -> Trade:
    at = START + timedelta(seconds=45 * number)
    return Trade(f"gpt-5_{number}", AccountKey("s1", "gpt-5"), "BTC", at, at, net_usd=float(number))


class Rows:
    """Serves rows as upstream does: again from the last one that the board has, and the next ones."""

    name = "crash"
    feeds: Sequence[Feed] = (Feed.ACCOUNTS, Feed.TRADES, Feed.PRICES)

    def __init__(self, last: int, first_price: int) -> None:
        self._last = last
        self._price = first_price

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        if feed is Feed.PRICES:
            self._price += 1
            at = START + timedelta(seconds=self._price)
            quote = Price("BTC", float(self._price), at, at)
            print(f"price {self._price}", flush=True)
            return Batch(feed, "crypto-prices", at, prices=(quote,), status=200)
        if feed is Feed.TRADES:
            known = sum(len(log.trades) for log in board.trades.values())
            closed = tuple(trade(number) for number in range(max(0, known - 3), min(known + 1, self._last)))
            return Batch(feed, "trades", START, trades=closed, status=200)
        rows = []
        for trader in TRADERS:
            newest = board.accounts.get(AccountKey("s1", trader))
            known = -1 if newest is None else int(newest.equity_usd - 10_000.0)
            rows += [row(trader, number) for number in range(max(0, known - 1), min(known + 2, self._last))]
        return Batch(feed, "account-totals", START, accounts=tuple(rows), status=200)

    async def aclose(self) -> None: ...


async def main(last: int, first_price: int) -> None:
    live = live_arena(load_settings(), on_progress=lambda text: None)
    arena: Arena = replace(
        live, make_source=lambda: Rows(last, first_price), intervals_s=dict.fromkeys(Feed, 0.02), shared=False
    )
    engine, done = ArenaEngine(arena), asyncio.Event()
    print("ready", flush=True)
    waiting = 0

    def look(board: Board) -> None:
        nonlocal waiting
        store = board.health.store
        if store.pending != waiting:
            waiting = store.pending
            print(f"db! {waiting}", flush=True)
        rows = [account.equity_usd == 9_999.0 + last for account in board.accounts.values()]
        trades = sum(len(log.trades) for log in board.trades.values())
        if rows and all(rows) and trades == last and not store.failure:
            done.set()

    running = asyncio.create_task(engine.run(look))
    ending = asyncio.create_task(done.wait())
    try:
        await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
        collector = engine._collector
        while collector is not None and done.is_set() and not await collector.outbox.wait_until_drained(1.0):
            print("not stored yet", flush=True)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    print("done", flush=True)


if __name__ == "__main__":
    outbox.SPOOL_AFTER_S, sink_writer.SLOW_STORE_S = 0.5, 1.0
    with suppress(click.exceptions.Exit):
        run_command(Flags(), lambda: main(int(sys.argv[1]), int(sys.argv[2])), endless=True)
