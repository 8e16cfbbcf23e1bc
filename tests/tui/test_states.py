"""Every state of every screen: its message, the reason and the next step; old figures are marked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, apply_failure, build_board, with_store
from nof1tui.domain.health import FeedFailure, Health, LoadProgress, StoreHealth
from nof1tui.domain.records import Feed
from nof1tui.tui.app import ArenaApp
from tests.support.scenes import (
    ENDS,
    NOW,
    ROSTER,
    SEASON,
    START,
    Clock,
    ScriptedEngine,
    account,
    board,
    make_app,
    screen_text,
    until,
)
from tests.support.scenes import row as account_row

SIZES = ((80, 24), (120, 40))
FIRST = "Fetching the season so far from upstream …\nNo network? q leaves, `nof1-tui demo` simulates."
SCREENS = ("arena", "positions", "trades", "chat", "coins", "stats", "events", "system", "trader")
LISTS = tuple(name for name in SCREENS if name not in ("system", "trader"))
MAX_CHECKS = 200
FIGURES = "$21,610.74"
"""The leader's equity, which must never be shown as current when it is not."""


@dataclass(frozen=True)
class State:
    """A board, the time since, and the texts that each screen must show."""

    name: str
    board: Board | None
    later: timedelta = timedelta()
    """Time since the newest response."""
    everywhere: tuple[str, ...] = ()
    """On every screen: the text of the corner, and of the error if there is one."""
    lists: tuple[str, ...] = ()
    """On every screen that is a list, in place of its records."""
    each: dict[str, tuple[str, ...]] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    badge: str | None = None
    stopped: str | None = None


def failed(on: Board, reason: str, status: int | None = None, retry_s: float | None = None) -> Board:
    retry_at = None if retry_s is None else NOW + timedelta(seconds=retry_s)
    for feed in (Feed.ACCOUNTS, Feed.TRADES, Feed.DECISIONS):
        on = apply_failure(on, FeedFailure(feed, NOW, reason, status, retry_at))
    return replace(on, events=())


def loading(on: Board) -> Board:
    health = on.health
    for feed in (Feed.ACCOUNTS, Feed.TRADES, Feed.DECISIONS):
        health = health.with_feed(replace(health.feed(feed), loading=LoadProgress(12_400_000, 41_200)))
    return replace(on, health=health)


def begun() -> Board:
    """A season that has just begun: every feed has responded, without trades or decisions."""
    rows = tuple(replace(account_row(it), positions=(), unrealized_usd=None) for it in ENDS)
    made = build_board(ROSTER, SEASON, rows=rows)
    for feed in (Feed.TRADES, Feed.DECISIONS, Feed.PRICES):
        made = apply_batch(made, Batch(feed, feed.value, NOW, status=200))
    return apply_batch(made, Batch(Feed.ACCOUNTS, "account-totals", NOW, accounts=rows, status=200))


def with_role(role: str, holder: str | None, on: Board) -> Board:
    return with_store(on, StoreHealth("postgresql://db/nof1", role=role, collector=holder))  # type: ignore[arg-type]


EMPTY = Board(ROSTER, SEASON)
AWAY = StoreHealth("postgresql://db/nof1", 312, failure="connection refused", role="collector")
NOTHING = {
    "positions": ("No open positions.",),
    "trades": ("No closed trades yet.",),
    "chat": ("No decisions yet.",),
    "coins": ("No open positions.",),
    "events": ("No events yet.",),
}
CLAIMS = tuple(text for texts in NOTHING.values() for text in texts)
"""Texts that are true only after a response."""

STATES = (
    State(
        "first run",
        None,
        everywhere=("○ STARTING",),
        lists=("Fetching the season so far from upstream", "q leaves, `nof1-tui demo` simulates."),
        never=CLAIMS,
    ),
    State(
        "nothing has answered",
        EMPTY,
        everywhere=("○ WAITING",),
        lists=("Fetching the season so far from upstream", "8 feeds · r poll now"),
        never=CLAIMS,
    ),
    State(
        "loading",
        loading(EMPTY),
        everywhere=("↓ LOADING 12.4 MB",),
        lists=("Loading ", "12.4 MB, 41,200 records received"),
        each={"system": ("↓ load", "41,200 records received")},
        never=CLAIMS,
    ),
    State(
        "down from the start",
        failed(EMPTY, "the name nof1.ai has no address", retry_s=30),
        everywhere=("○ DOWN · retry 30s", "retrying in 30s; the name nof1.ai has no address"),
        lists=("the API is not responding.", "the name nof1.ai has no address", "r poll now"),
        each={"system": ("○ down", "retry 30s · the name nof1.ai has no address")},
        never=CLAIMS,
    ),
    State(
        "follower of an empty store",
        with_role("follower", "47@orion", EMPTY),
        lists=("The store is still empty.", "47@orion is collecting"),
        never=CLAIMS,
    ),
    State(
        "viewer of an empty store",
        with_role("viewer", None, EMPTY),
        lists=("The store is empty and no collector is running.", "`nof1-tui collect`"),
        never=CLAIMS,
    ),
    State(
        "stopped with nothing",
        EMPTY,
        stopped="Collection stopped: out of paper. The log has the details; q leaves.",
        everywhere=("✕ STOPPED",),
        lists=("out of paper",),
    ),
    State(
        "just begun",
        begun(),
        everywhere=("● LIVE 3s",),
        each=NOTHING | {"trader": ("No open positions.",)},
    ),
    State(
        "live",
        board(),
        everywhere=("● LIVE 3s",),
        each={"arena": (FIGURES,)},
        never=("⚠ accounts", " old BTC"),
    ),
    State(
        "stale: no answer comes",
        board(),
        timedelta(minutes=14),
        everywhere=("◐ STALE 14m", "no response for 14m. 8 feeds"),
        never=("LIVE", "▲  ETH"),
    ),
    State(
        "stale: no new records",
        apply_batch(board(), Batch(Feed.ACCOUNTS, "x", NOW + timedelta(minutes=14), status=200)),
        timedelta(minutes=14),
        everywhere=("◐ STALE 14m", "the API responds, but its newest figures are 14m old"),
        never=("LIVE",),
    ),
    State(
        "down",
        failed(board(), "429 Too Many Requests", status=429, retry_s=360),
        timedelta(minutes=4),
        everywhere=("○ DOWN 429", "data 4m", "retrying in 2m; 429 Too Many Requests"),
        each={"arena": ("retry 2m", FIGURES), "system": ("retry 2m · 429 Too Many Requests",)},
        never=("LIVE",),
    ),
    State(
        "of the store",
        replace(board(), health=Health()),
        timedelta(minutes=10),
        everywhere=("◐ STORED 10m",),
        never=("LIVE",),
    ),
    State(
        "store away",
        with_store(board(), AWAY),
        everywhere=("● LIVE 3s db! 312", "store: connection refused (312 records queued)"),
        each={"system": ("312 queued, 0 dropped",)},
    ),
    State(
        "follower",
        with_role("follower", "47@orion", board()),
        everywhere=("⇄ ",),
        each={"arena": ("⇄ FOLLOWING 47@orion 3s",), "system": ("follower of 47@orion",)},
    ),
    State(
        "viewer without a collector",
        with_role("viewer", None, board()),
        everywhere=("No collector running", "Start one: `nof1-tui collect`"),
        each={"system": ("read-only; collector: none",)},
    ),
    State("replay", board(), badge="▶ REPLAY ×60", everywhere=("▶ REPLAY ×60 ● LIVE 3s",)),
    State(
        "the past",
        replace(board(), as_of=NOW - timedelta(seconds=2)),
        timedelta(hours=17),
        everywhere=("◀ 2025-10-28 07:03Z",),
        never=("LIVE",),
    ),
    State(
        "before the first record",
        Board(ROSTER, SEASON, as_of=START),
        timedelta(hours=17),
        everywhere=("◀ 2025-10-17 22:00Z",),
        lists=("No data before 2025-10-17 22:00Z.", "L live"),
        each={"trader": ("DeepSeek V3.1 had not joined by", "L live · esc back")},
        never=(*CLAIMS, FIGURES),
    ),
    State(
        "stopped",
        board(),
        timedelta(minutes=2),
        stopped="End of data. q quits.",
        everywhere=("✕ STOPPED 2m", "End of data"),
        never=("LIVE",),
    ),
)
"""Ordered by number of records, because screens keep the records of earlier boards."""


async def show(app: ArenaApp, pilot: Pilot[None], screen: str) -> None:
    """Go to this screen without a board."""
    app._newest = app.board = None
    app.action_show("arena" if screen == "trader" else screen)
    if screen == "trader":
        app.trader.choose(account("deepseek-chat-v3.1"))
        app.push_screen("trader")
    await pilot.pause()


def apply_state(app: ArenaApp, clock: Clock, state: State) -> None:
    """Put the app into this state."""
    clock.now = NOW + state.later
    app.badge, app.stopped = state.badge, state.stopped
    app._newest = app.board = state.board
    app.tick()


async def faults_of(app: ArenaApp, state: State, screen: str) -> list[str]:
    """Problems of the painted screen."""
    for _ in range(MAX_CHECKS):
        await asyncio.sleep(0)
        found = list(problems(state, screen, screen_text(app)))
        if not found:
            break
    return [f"{state.name}, {screen}: {fault}" for fault in found]


def problems(state: State, screen: str, text: str) -> Iterator[str]:
    """Texts that are missing or wrong on the screen."""
    wanted = [*state.everywhere, *state.each.get(screen, ())]
    if screen in LISTS:
        wanted += state.lists
    flat = " ".join(text.split())
    yield from (f"does not show {part!r}" for part in wanted if " ".join(part.split()) not in flat)
    yield from (f"shows {part!r}" for part in state.never if " ".join(part.split()) in flat)
    lines = text.splitlines()
    filled = [line for line in lines[1:-1] if line.strip(" │╭╮╰╯─▌▏")]
    if len(filled) < 2:
        yield "is blank"


async def test_a_filter_without_matches_is_the_reason_of_an_empty_list() -> None:
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.board is not None)
        for screen in ("arena", "stats"):
            app.action_show(screen)
            await pilot.press("slash", "z", "q", "enter")
            await until(pilot, lambda: "No match for zq (7 rows). esc clears." in screen_text(app))
            assert not any(claim in screen_text(app) for claim in (*CLAIMS, "No trader has"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_shows_every_state_and_the_next_step(size: tuple[int, int]) -> None:
    clock, faults = Clock(), list[str]()
    app = make_app(ScriptedEngine(), clock, waiting_text=FIRST)
    async with app.run_test(size=size) as pilot:
        for screen in SCREENS:
            await show(app, pilot, screen)
            for state in STATES[screen == "trader" :]:
                apply_state(app, clock, state)
                faults += await faults_of(app, state, screen)
    assert not faults, "\n".join(faults)
