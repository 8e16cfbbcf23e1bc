"""Ages and states through source, collector and board, with clocks that are wrong and records that freeze.

Every row of the table of clock faults: upstream's `Date`, `Age` and records by the true time, and our own
clock. Rows come every 15 s and are polled as often, so that a trader is stale after 45 s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate

import httpx
import pytest

from nof1tui.collector import Collector
from nof1tui.domain.board import Board
from nof1tui.domain.board_freshness import board_freshness, board_state
from nof1tui.domain.records import Feed
from nof1tui.domain.returns.freshness import arena_freshness
from nof1tui.domain.roster import Roster
from nof1tui.sources.http.client import make_client
from nof1tui.sources.nof1.source import Nof1Source
from nof1tui.tui.panes.status import MonitorStatus, status_parts
from tests.collector.test_collector import MemorySink

T0 = datetime(2025, 10, 26, 4, 0, tzinfo=UTC).timestamp()
POLL_S, ROWS_S, LIMIT_S = 15.0, 15.0, 45.0
TRADERS = ("gpt-5", "grok-4", "qwen3-max")


@dataclass
class FaultyArena:
    """nof1's API by functions of the true time, in seconds since the start of the test."""

    date: Callable[[float], float] = lambda t: t
    newest: Callable[[float], float] = lambda t: t - 5
    """Time of the newest row."""
    age: Callable[[float], float] = lambda t: 0
    clock_ahead: Callable[[float], float] = lambda t: 0
    """How far our clock is ahead of the true time."""
    frozen: dict[str, float] = field(default_factory=dict)
    """Traders with the time of their last row."""
    t: float = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(T0 + self.t + self.clock_ahead(self.t), UTC)

    def answer(self, request: httpx.Request) -> httpx.Response:
        newest, rows = self.newest(self.t), []
        for trader in TRADERS:
            end = min(newest, self.frozen.get(trader, newest))
            rows += [self._row(trader, end - ROWS_S * number) for number in range(3)]
        headers = {"Date": formatdate(T0 + self.date(self.t), usegmt=True)}
        if self.age(self.t):
            headers["Age"] = f"{self.age(self.t):.0f}"
        return httpx.Response(200, json={"accountTotals": rows}, headers=headers)

    def _row(self, trader: str, at: float) -> dict[str, object]:
        marker = int(T0 + at)
        return {
            "id": f"{trader}_{marker}",
            "model_id": trader,
            "timestamp": T0 + at,
            "dollar_equity": 10_000.0 + at / 100,
            "since_inception_hourly_marker": 5,
            "since_inception_minute_marker": marker // 60,
            "positions": {},
        }


class Run:
    """A collector over the arena; its clocks move only in `until`."""

    def __init__(self, arena: FaultyArena) -> None:
        self.arena = arena
        client = make_client("http://arena.test/api", transport=httpx.MockTransport(arena.answer))
        self.collector = Collector(
            Nof1Source(client, roster=Roster(), clock=arena.now, monotonic=lambda: arena.t),
            MemorySink(),
            Board(Roster()),
            intervals_s=dict.fromkeys(Feed, POLL_S),
            publish=lambda board: None,
            clock=arena.now,
            monotonic=lambda: arena.t,
        )

    async def until(self, end: float) -> None:
        while self.arena.t <= end:
            await self.collector.poll(Feed.ACCOUNTS)
            self.arena.t += POLL_S
        self.arena.t = end

    @property
    def board(self) -> Board:
        return self.collector.board

    @property
    def words(self) -> str:
        """State and mark as the table of the definitions writes them."""
        state, traders = board_state(self.board, self.arena.now())
        return f"{state.upper()}{' !' if 'clock' in traders.marks else ''}"

    @property
    def age(self) -> float:
        age_s = arena_freshness(board_freshness(self.board, self.arena.now()).values()).newest_age_s
        assert age_s is not None
        return age_s

    @property
    def corner(self) -> str:
        return "".join(text for text, _ in status_parts(self.board, self.arena.now(), MonitorStatus(), 40))


CASES: dict[str, tuple[FaultyArena, float, float, float, str]] = {
    "healthy": (FaultyArena(), 60, 0, 5, "LIVE"),
    "body and Date frozen, no Age": (
        FaultyArena(date=lambda t: min(t, 15), newest=lambda t: min(t, 15) - 5), 660, 0, 650, "STALE",
    ),
    "started on a frozen body": (
        FaultyArena(date=lambda t: -600, newest=lambda t: -610), 60, 0, 670, "STALE !",
    ),
    "Date an hour slow, records fresh": (FaultyArena(date=lambda t: t - 3_600), 60, 0, 5, "LIVE !"),
    "Date an hour slow, records frozen": (
        FaultyArena(date=lambda t: t - 3_600, newest=lambda t: min(t, 30) - 5), 660, 0, 635, "STALE !",
    ),
    "Date an hour fast, records fresh": (FaultyArena(date=lambda t: t + 3_600), 60, 0, 5, "LIVE !"),
    "own clock ten minutes slow": (FaultyArena(clock_ahead=lambda t: -600), 60, 600, 5, "LIVE"),
    "own clock ten minutes fast": (FaultyArena(clock_ahead=lambda t: 600), 60, -600, 5, "LIVE"),
    "cached, with an Age": (
        FaultyArena(date=lambda t: 0, newest=lambda t: -20, age=lambda t: t), 285, 0, 305, "STALE",
    ),
    "records four minutes ahead, then frozen": (
        FaultyArena(newest=lambda t: min(t, 15) + 235), 210, 0, 195, "STALE !",
    ),
    "own clock set ten minutes on": (
        FaultyArena(clock_ahead=lambda t: -600 if t < 100 else 0), 120, 0, 5, "LIVE",
    ),
    "own clock set ten minutes back": (
        FaultyArena(clock_ahead=lambda t: 600 if t < 100 else 0), 120, 0, 5, "LIVE",
    ),
}  # fmt: skip
"""The arena, the moment, then offset, age and words."""


@pytest.mark.parametrize("case", CASES)
async def test_every_fault_of_clocks_and_records_has_the_right_words(case: str) -> None:
    arena, end, offset, age, words = CASES[case]
    run = Run(FaultyArena(arena.date, arena.newest, arena.age, arena.clock_ahead))
    await run.until(end)
    assert run.board.health.skew_s == offset
    assert run.age == pytest.approx(age, abs=2)
    assert run.words == words


@pytest.mark.parametrize("start", [60, 300, 3_600])
async def test_a_freeze_shows_within_one_cadence_of_the_limit(start: float) -> None:
    """Rows stop at `start`; the state is live until the limit and stale right after it."""
    run = Run(FaultyArena(newest=lambda t: min(t, start) - 5))
    await run.until(start + LIMIT_S - 5)
    assert run.words == "LIVE"
    await run.until(start + LIMIT_S - 5 + POLL_S)
    assert run.words == "STALE"
    assert run.corner == "◐ STALE 1m"


async def test_one_frozen_trader_is_named_while_the_others_are_live() -> None:
    run = Run(FaultyArena(frozen={"grok-4": 35.0}))
    await run.until(120)
    fresh = {key.trader: its for key, its in board_freshness(run.board, run.arena.now()).items()}
    assert {name: (round(its.age_s or 0), its.stale) for name, its in fresh.items()} == {
        "gpt-5": (5, False), "grok-4": (85, True), "qwen3-max": (5, False),
    }  # fmt: skip
    assert fresh["grok-4"].limit_s == LIMIT_S
    assert run.corner == "◐ 2 of 3 live"
    run.arena.frozen.clear()
    await run.until(135)
    assert run.corner == "● LIVE 5s"


@pytest.mark.parametrize(("traders", "corner"), [((), "● LIVE 5s"), (TRADERS, "◐ STALE 2m")])
async def test_the_corner_follows_all_active_traders(traders: Sequence[str], corner: str) -> None:
    run = Run(FaultyArena(frozen=dict.fromkeys(traders, 0.0)))
    await run.until(120)
    assert run.corner == corner
