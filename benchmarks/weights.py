"""What a source of wallets spends of Hyperliquid's 1,200 a minute, over hours on a clock that jumps.

    python benchmarks/weights.py            # an hour of every case
    python benchmarks/weights.py --smoke    # seconds

The collector as it is polls a scripted info endpoint that weighs every question by the contract: every feed
at the cadence given, histories of many pages, open orders and a builder market for each wallet. Time is the
event loop's own and passes only when all wait, so that questions meet as they would live.
"""

from __future__ import annotations

import asyncio
import random
import selectors
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from bench.report import Figure, arguments, middle, show

from nof1tui.collector import Collector
from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster, Season
from nof1tui.ports.sink import WriteResult
from nof1tui.sources.hyperliquid.rate_limit import _CONTRACT_WEIGHT_PER_MINUTE, WEIGHT_BUDGET
from nof1tui.sources.hyperliquid.source import HyperliquidSource
from nof1tui.sources.hyperliquid.wallet_records import Wallet

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.info_server import START, FakeTime, InfoServer, fill, millis, position, state

LATENCY_S = 0.15
DEFAULT_S = {Feed.ACCOUNTS: 15.0, Feed.PRICES: 10.0, Feed.TRADES: 30.0, Feed.SEASON: 3600.0}
FASTEST_S = dict.fromkeys(DEFAULT_S, 1.0)
ROSTER = Roster(open_season=Season("hyperliquid", "Hyperliquid wallets"))


class JumpingSelector(selectors.DefaultSelector):
    """Nothing comes from outside: instead of waiting it is later."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.passed_s += timeout or 0.0
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """Whose time passes only while all its tasks wait."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed_s


class Discarding:
    """A sink that keeps nothing."""

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> WriteResult:
        return WriteResult()

    async def write_health(self, health: FeedHealth) -> None: ...


@dataclass(frozen=True)
class Case:
    """One set of wallets and settings."""

    what: str
    wallets: int
    intervals_s: dict[Feed, float]
    fills: int = 500
    """Of each wallet, at the beginning."""
    markets: tuple[str, ...] = ()
    others: int = 0
    """What others spend each minute from the same address."""


@dataclass
class Seen:
    """What the server saw."""

    asked: list[tuple[float, int]] = field(default_factory=list)
    states: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    traded_s: float = 0.0
    """When the last wallet's trades stood on the board."""
    refused: int = 0

    def heaviest_minute(self) -> int:
        heaviest = spent = begin = 0
        for at_s, weight in self.asked:
            spent += weight
            while self.asked[begin][0] <= at_s - 60:
                spent -= self.asked[begin][1]
                begin += 1
            heaviest = max(heaviest, spent)
        return heaviest

    def gaps_s(self, since_s: float = 0.0) -> list[float]:
        """Seconds between two states of the same wallet."""
        return [b - a for times in self.states.values() for a, b in pairwise(times) if a >= since_s]


class Scene:
    """The collector on a server that weighs, on the loop's clock."""

    def __init__(self, case: Case, now_s: Callable[[], float]) -> None:
        self.case, self.seen, self._now_s = case, Seen(), now_s
        self._time = FakeTime()
        self._fills = [
            fill(n, "-1" if n % 2 else "1", str(n % 2), at_s=-90_000 + n, hash=f"0x{n:x}")
            for n in range(case.fills)
        ]
        self._server = InfoServer(self._time, self._answers())
        self.collector = self._collector()

    def clock(self) -> datetime:
        return START + timedelta(seconds=self._now_s())

    def _answers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        day = [[millis(START - timedelta(hours=n)), "1000.0"] for n in range(24, 0, -1)]
        period = {"accountValueHistory": day, "pnlHistory": [[at, "0.0"] for at, _ in day], "vlm": "0.0"}

        def account(question: dict[str, Any]) -> Any:
            coin = f"{question['dex']}:NVDA" if question.get("dex") else "BTC"
            return state("1000.0", position(coin, "1.0"), at=self.clock())

        return {
            "clearinghouseState": account,
            "allMids": lambda question: {"BTC": "110.0"},
            "portfolio": lambda question: [["perpAllTime", period]],
            "userFillsByTime": lambda question: self._fills,
        }

    def _collector(self) -> Collector:
        client = httpx.AsyncClient(
            base_url="http://chain.invalid", transport=httpx.MockTransport(self._respond)
        )
        source = HyperliquidSource(
            client,
            wallets=[
                Wallet(AccountKey("hyperliquid", f"w{number}"), f"0x{number}")
                for number in range(self.case.wallets)
            ],
            markets=self.case.markets,
            clock=self.clock,
            monotonic=self._now_s,
        )
        return Collector(
            source,
            Discarding(),
            Board(ROSTER),
            intervals_s=self.case.intervals_s,
            publish=self._published,
            clock=self.clock,
            jitter=random.Random(7).random,
            epoch_s=self._now_s,
        )

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(LATENCY_S)
        now_s = self._time.passed_s = self._now_s()
        spent = sum(weight for at_s, weight in self.seen.asked[-600:] if at_s > now_s - 60)
        if spent + self.case.others > _CONTRACT_WEIGHT_PER_MINUTE:
            self.seen.refused += 1
            return httpx.Response(429, headers={"Retry-After": "30"})
        response = self._server.respond(request)
        _, kind, wallet, weight = self._server.asked.pop()
        self.seen.asked.append((now_s, weight))
        if kind == "clearinghouseState" and b'"dex"' not in request.content:
            self.seen.states[wallet].append(now_s)
        return response

    def _published(self, board: Board) -> None:
        if not self.seen.traded_s and len(board.trades) == self.case.wallets:
            self.seen.traded_s = self._now_s()


def watch(case: Case, hours: float) -> Seen:
    """What the server sees within these hours."""
    loop = JumpingLoop()
    try:
        scene = Scene(case, loop.time)
        task = loop.create_task(scene.collector.run())
        loop.call_later(hours * 3600, task.cancel)
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    finally:
        loop.close()
    return scene.seen


def cases(*, smoke: bool) -> list[Case]:
    if smoke:
        return [Case("6 wallets, every second", 6, FASTEST_S, fills=50)]
    return [
        Case("6 wallets, defaults", 6, DEFAULT_S, fills=2_500),
        Case("1 wallet, every second", 1, FASTEST_S, fills=2_500, markets=("xyz",)),
        Case("6 wallets, every second", 6, FASTEST_S),
        Case("32 wallets, defaults", 32, DEFAULT_S),
        Case("60 wallets, every second, xyz", 60, FASTEST_S, markets=("xyz",)),
        Case("60 wallets, others spend 500", 60, FASTEST_S, others=500),
    ]


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    hours = 0.05 if smoke else 1.0
    figures = []
    for case in cases(smoke=smoke):
        seen = watch(case, hours)
        gaps_s = seen.gaps_s()
        everyone = len(seen.states) == case.wallets
        figures += [
            Figure(
                f"{case.what}: heaviest minute",
                seen.heaviest_minute(),
                _CONTRACT_WEIGHT_PER_MINUTE,
                "",
                goal=WEIGHT_BUDGET,
            ),
            Figure("  between two states of a wallet, median", middle(gaps_s), unit="s"),
            Figure(
                "  the longest such gap",
                max(gaps_s) if everyone and gaps_s else 1e9,
                unit="s",
                goal=None if case.others else 120,
            ),
            Figure("  and from the third minute on", max(seen.gaps_s(120.0), default=0.0), unit="s"),
            Figure("  trades of all wallets are there after", seen.traded_s or 1e9, unit="s"),
            Figure("  answered 429", seen.refused, unit="", goal=None if case.others else 0),
        ]
    show(f"Weights over {hours:g} h", "the contract's limit", figures)


if __name__ == "__main__":
    main()
