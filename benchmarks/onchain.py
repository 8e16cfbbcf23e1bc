"""How sure the check against the chain is: who is accused without a lie, and when a liar is.

    python benchmarks/onchain.py            # thirty hours of twelve seasons, lies of every kind
    python benchmarks/onchain.py --smoke    # seconds

The collector's own verifier holds a simulated arena against the simulated chain beneath it, on a clock that
is moved by hand: honest seasons with either side late, then every kind of lie in every season.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from bench.report import Figure, arguments, show

from nof1tui.collector.chain_verifier import ChainVerifier
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, apply_reconciliations
from nof1tui.domain.records import Feed, Reconciliation
from nof1tui.domain.roster import Roster, Season
from nof1tui.sources.http.client import make_client
from nof1tui.sources.hyperliquid.chain import HyperliquidChain
from nof1tui.sources.nof1.source import Nof1Source

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.lying_arena import LIES, world

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROSTER = Roster(open_season=Season("sim", "Simulated"))
LAGS = ((0, 0), (60, 0), (0, 60), (30, 60))
"""Seconds by which the arena, and the chain, are late."""
CHECKS_OF_A_LIE = 4


@dataclass
class Checking:
    """One season, polled and checked on request."""

    seed: int
    arena_s: int = 0
    chain_s: int = 0
    now: datetime = START
    board: Board = field(default_factory=lambda: Board(ROSTER))

    def __post_init__(self) -> None:
        self.world = world(
            lambda: self.now,
            start=START,
            history=timedelta(hours=2),
            seed=self.seed,
            arena_behind=timedelta(seconds=self.arena_s),
            chain_behind=timedelta(seconds=self.chain_s),
        )
        arena = make_client("http://arena.invalid/api", transport=self.world.arena)
        chain = make_client("http://chain.invalid", transport=self.world.chain)
        self.source = Nof1Source(arena, roster=ROSTER, clock=lambda: self.now, monotonic=self.seconds)
        self.verifier = ChainVerifier(
            lambda: HyperliquidChain(chain, clock=lambda: self.now, monotonic=self.seconds, sleep=self.sleep),
            lambda key: self.world.wallets.get(key.trader),
            board=lambda: self.board,
            on_checks=self.add_checks,
            clock=lambda: self.now,
            interval_s=300,
        )

    def seconds(self) -> float:
        return (self.now - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def add_checks(self, checks: Sequence[Reconciliation]) -> None:
        self.board = apply_reconciliations(self.board, checks)

    async def round(self, seconds: float) -> tuple[Reconciliation, ...]:
        self.now += timedelta(seconds=seconds)
        self.board = apply_batch(self.board, await self.source.fetch(Feed.ACCOUNTS, self.board))
        return await self.verifier.check()


async def honest(seeds: int, rounds: int) -> tuple[Counter[str], float]:
    """Verdicts of seasons without a lie, and the seconds that a check took."""
    verdicts: Counter[str] = Counter()
    took = perf_counter()
    for seed in range(seeds):
        arena_s, chain_s = LAGS[seed % len(LAGS)]
        season = Checking(100 + seed, arena_s, chain_s)
        for number in range(rounds):
            verdicts.update(check.verdict for check in await season.round(60 + 61 * (number % 5)))
    return verdicts, (perf_counter() - took) / max(1, verdicts.total())


async def lying(seeds: int) -> tuple[Counter[int], int]:
    """After how many checks each lie was found (0: never), and how many others were accused."""
    found: Counter[int] = Counter()
    accused = 0
    for seed in range(seeds):
        for _, lie in LIES:
            season = Checking(200 + seed)
            await season.round(300)
            liar = max(season.board.accounts.values(), key=lambda row: len(row.positions)).account
            season.world.arena.add_lie(liar.trader, lie, season.now)
            after = 0
            for number in range(1, CHECKS_OF_A_LIE + 1):
                drifting = {check.account for check in await season.round(300) if check.verdict == "drift"}
                accused += len(drifting - {liar})
                if liar in drifting and not after:
                    after = number
            found[after] += 1
    return found, accused


def main() -> None:
    smoke = arguments(__doc__).smoke
    logging.disable(logging.CRITICAL)
    verdicts, check_s = asyncio.run(honest(2 if smoke else 12, 8 if smoke else 600))
    found, accused = asyncio.run(lying(1 if smoke else 12))
    late = found.total() - found[1] - found[2]
    show(
        "Arena against chain",
        "none",
        [
            Figure("checks without a lie", verdicts.total(), unit=""),
            Figure("  suspected for one check", verdicts["checking"], unit=""),
            Figure("  accused", verdicts["drift"], unit="", goal=0),
            Figure("lies", found.total(), unit=""),
            Figure("  not found by the second check", late, unit="", goal=0),
            Figure("  others accused meanwhile", accused, unit="", goal=0),
            Figure("one account, polled and checked", 1_000 * check_s),
        ],
    )


if __name__ == "__main__":
    main()
