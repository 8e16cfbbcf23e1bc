"""A made-up arena for the screen tests: the same figures at every run."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from math import sin

from msgspec.structs import replace
from textual.pilot import Pilot

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, build_board
from nof1tui.domain.events.event import Event
from nof1tui.domain.events.position_history import PositionHistory
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Decision,
    DecisionTexts,
    ExitPlan,
    Feed,
    Position,
    Price,
    Signal,
    Trade,
)
from nof1tui.domain.roster import Roster, Season, TraderInfo
from nof1tui.domain.series.curve import Curve, TimeSeries
from nof1tui.ports.history import NO_FILTER, PageCursor, RecordFilter, StoreInventory
from nof1tui.tui.app import ArenaApp
from nof1tui.tui.panes.top_bar import TopBar
from nof1tui.tui.style.theme import DARK
from tests.support.textual_internals import rendered_lines

START = datetime(2025, 10, 17, 22, tzinfo=UTC)
NOW = datetime(2025, 10, 28, 7, 4, tzinfo=UTC)
SEASON = Season("s1", "Alpha Arena S1", START, datetime(2025, 11, 3, 22, tzinfo=UTC), 10_000.0)
ROSTER = Roster(
    seasons=(SEASON,),
    traders=(
        TraderInfo("deepseek-chat-v3.1", "DeepSeek V3.1", "DeepSeek", color="#4d6bfe"),
        TraderInfo("qwen3-max", "Qwen3 Max", "Alibaba", color="#8b5cf6"),
        TraderInfo("claude-sonnet-4-5", "Claude Sonnet 4.5", "Anthropic", color="#ff6b35"),
        TraderInfo("grok-4", "Grok 4", "xAI", color="#c8d0d9"),
        TraderInfo("gemini-2.5-pro", "Gemini 2.5 Pro", "Google", color="#4285f4"),
        TraderInfo("gpt-5", "GPT 5", "OpenAI", color="#10a37f"),
        TraderInfo("buynhold_btc", "BTC Buy & Hold", None, "benchmark", color="#f7931a"),
    ),
)
ENDS = {
    "deepseek-chat-v3.1": 21_610.74,
    "qwen3-max": 16_850.58,
    "claude-sonnet-4-5": 11_421.07,
    "grok-4": 9_874.10,
    "buynhold_btc": 10_418.40,
    "gemini-2.5-pro": 4_301.55,
    "gpt-5": 3_810.02,
}
BEFORE = {"grok-4": 0.28}
"""Relative excess of a trader's equity until twenty hours ago."""
PRICES = {"BTC": 114_502.5, "ETH": 4_119.7, "SOL": 199.89, "BNB": 1_135.7, "DOGE": 0.20004, "XRP": 2.6438}


def account(trader: str) -> AccountKey:
    return AccountKey("s1", trader)


@cache
def curve_of(trader: str, end_usd: float, *, step_s: int = 600) -> Curve:
    """From the capital to `end_usd` in waves that depend on the trader."""
    first, last = START.timestamp(), NOW.timestamp() - 3
    seed = sum(map(ord, trader)) % 17
    count = int((last - first) // step_s)
    points = []
    for place in range(count + 1):
        way = place / count
        wave = (
            sin(way * (9 + seed)) * 0.10 + sin(way * (41 + 3 * seed)) * 0.035 + sin(way * 173 + seed) * 0.012
        )
        level = 10_000.0 + (end_usd - 10_000.0) * way**1.4
        fading = min(1.0, (count - place) * step_s / 72_000) * BEFORE.get(trader, 0.0)
        level *= 1.0 + fading
        points.append((last - (count - place) * step_s, level * (1 + wave * (1 - way) ** 0.3)))
    return Curve.of(10_000.0, [*points, (last, end_usd)])


def position(coin: str, quantity: float, entry: float, **changes: object) -> Position:
    mark = PRICES[coin]
    base = Position(
        coin,
        quantity,
        entry_price=entry,
        mark_price=mark,
        unrealized_usd=quantity * (mark - entry),
        leverage=10.0,
        margin_usd=abs(quantity) * mark / 10,
        liquidation_price=entry * (0.9 if quantity > 0 else 1.1),
        entry_at=NOW - timedelta(hours=19, minutes=2),
        exit_plan=ExitPlan(
            entry * (1.10 if quantity > 0 else 0.9),
            entry * (0.965 if quantity > 0 else 1.035),
            f"if {coin} closes the 4h candle beyond the stop",
        ),
        risk_usd=750.0,
        confidence=0.65,
        entry_oid=212_000_001,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


POSITIONS = {
    "deepseek-chat-v3.1": (
        position("ETH", 4.87, 3_844.1),
        position("BTC", 0.12, 107_343.0, leverage=10.0),
        position("SOL", 81.4, 186.2, leverage=15.0),
        position("XRP", 3_609.0, 2.29),
        position("DOGE", 27_858.0, 0.184, exit_plan=None),
        position("BNB", 8.3, 1_071.0, liquidation_price=1_099.4),
    ),
    "qwen3-max": (position("BTC", -0.18, 112_800.0, leverage=20.0),),
    "claude-sonnet-4-5": (position("XRP", 1_476.0, 2.5), position("BTC", 0.05, 111_000.0)),
    "grok-4": (),
    "gemini-2.5-pro": (position("SOL", -40.0, 190.0), position("ETH", -1.2, 3_950.0)),
    "gpt-5": (position("DOGE", -9_000.0, 0.195),),
    "buynhold_btc": (),
}


def row(trader: str, *, at: datetime = NOW, equity_usd: float | None = None) -> AccountRow:
    positions = POSITIONS[trader]
    return AccountRow(
        account(trader),
        at - timedelta(seconds=3),
        at,
        ENDS[trader] if equity_usd is None else equity_usd,
        unrealized_usd=sum(p.unrealized_usd or 0.0 for p in positions) if positions else None,
        positions=positions,
    )


def trade(trader: str, place: int, coin: str, net_usd: float) -> Trade:
    exit_at = NOW - timedelta(hours=5 * place + 1, minutes=7 * place)
    short = place % 3 == 0
    entry = PRICES[coin] * 0.97
    return Trade(
        f"{trader}-{place}",
        account(trader),
        coin,
        exit_at,
        exit_at,
        quantity=(-1 if short else 1) * round(4_000 / entry, 3),
        side="short" if short else "long",
        entry_at=exit_at - timedelta(hours=3, minutes=11 * place),
        entry_price=entry,
        exit_price=entry * 1.01,
        gross_usd=net_usd + 6.2,
        net_usd=net_usd,
        fees_usd=6.2,
        entry_fee_usd=3.1,
        exit_fee_usd=3.1,
    )


def trades() -> list[Trade]:
    made = []
    for seed, trader in enumerate(ENDS):
        if trader == "buynhold_btc":
            continue
        for place in range(4 + 3 * seed):
            coin = list(PRICES)[(place + seed) % 6]
            made.append(trade(trader, place, coin, 185.86 - 61.7 * ((place * 7 + seed) % 6)))
    return made


def decision(trader: str, minutes: int, summary: str, *signals: Signal) -> Decision:
    at = NOW - timedelta(minutes=minutes)
    return Decision(f"chat-{trader}-{minutes}", account(trader), at, at, summary, signals)


def decisions() -> list[Decision]:
    return [
        decision(
            "qwen3-max",
            2,
            "The short on BTC stays: momentum on the 4h fades below 115k, and the stop above the range high "
            "keeps the risk at what I set out to lose.",
            Signal("BTC", "hold"),
        ),
        decision(
            "deepseek-chat-v3.1",
            4,
            "All six positions run in profit and nothing is invalidated. I hold and let the targets work.",
            Signal("ETH", "hold"),
        ),
        decision(
            "gpt-5",
            6,
            "Taking a small short on DOGE with a tight stop, as the bounce came on thin volume.",
            Signal(
                "DOGE",
                "sell_to_enter",
                9_000.0,
                10.0,
                0.17,
                0.201,
                90.0,
                0.55,
                "close above 0.2010",
                "thin volume",
            ),
            Signal("XRP", "close_position"),
        ),
        decision(
            "claude-sonnet-4-5",
            9,
            "XRP holds above support; I keep both longs and wait.",
            Signal("XRP", "hold"),
        ),
        decision("grok-4", 11, "No setup is worth its fees right now. I stay flat."),
        decision(
            "deepseek-chat-v3.1",
            14,
            "Added SOL to the basket on the breakout above 198.",
            Signal("SOL", "buy_to_enter", 81.4, 15.0, 218.0, 186.0, 400.0, 0.7, "below 186", "breakout"),
        ),
    ]


def prices(at: datetime, shift: float = 0.0) -> list[Price]:
    return [Price(coin, price * (1 + shift), at, at) for coin, price in PRICES.items()]


def events() -> tuple[Event, ...]:
    def event(minutes: int, kind: str, trader: str, **fields: object) -> Event:
        return Event(f"{kind}-{minutes}", NOW - timedelta(minutes=minutes), kind, account(trader), **fields)  # type: ignore[arg-type]

    return (
        event(
            1, "opened", "qwen3-max", coin="BTC", side="short", quantity=0.18, price=112_800.0, leverage=20.0
        ),
        event(
            22,
            "flipped",
            "gemini-2.5-pro",
            coin="SOL",
            side="short",
            quantity=40.0,
            price=190.0,
            leverage=10.0,
        ),
        event(52, "lead", "deepseek-chat-v3.1", other=account("qwen3-max")),
    )


@cache
def board(*, at: datetime = NOW, only: tuple[str, ...] = tuple(ENDS)) -> Board:
    """The arena as of `at`, live: every feed has just answered."""
    wanted = [trader for trader in ENDS if trader in set(only)]
    made = build_board(
        ROSTER,
        SEASON,
        rows=[row(trader) for trader in wanted],
        curves={account(trader): curve_of(trader, ENDS[trader]) for trader in wanted},
        trades=[item for item in trades() if item.account.trader in wanted],
        decisions=decisions(),
        prices=[*prices(NOW - timedelta(seconds=10), -0.001)],
    )
    made = apply_batch(made, Batch(Feed.PRICES, "crypto-prices", at, prices=tuple(prices(at))))
    made = apply_batch(
        made, Batch(Feed.ACCOUNTS, "account-totals", at, accounts=tuple(row(t) for t in wanted), status=200)
    )
    ordered = sorted((*made.events, *events()), key=lambda event: event.at, reverse=True)
    return replace(made, events=tuple(ordered))


def with_rows(old: Board, *rows: AccountRow, at: datetime = NOW) -> Board:
    """The board after one more poll of the accounts."""
    return apply_batch(old, Batch(Feed.ACCOUNTS, "account-totals", at, accounts=rows, status=200))


class Clock:
    """A clock that moves only by `go`."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def go(self, **time: float) -> None:
        self.now += timedelta(**time)


class Texts:
    """A history with the texts of every decision."""

    async def board(self, as_of: datetime | None = None) -> Board:
        return board()

    async def inventory(self) -> StoreInventory:
        return StoreInventory({"account_snapshots": 12_345, "trades": 271}, 23_400_000)

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None:
        return DecisionTexts(prompt="You are trading.", reasoning=f"reasons of {decision_id}", answer="{}")

    async def price_series(
        self, since: datetime, until: datetime, coins: Sequence[str] | None = None
    ) -> dict[str, TimeSeries]:
        """Each coin rose by a tenth, with a wave in it."""
        times = array("d", (until.timestamp() - 600 * place for place in range(400, -1, -1)))
        shown_times = array("d", (time for time in times if time >= since.timestamp()))
        return {
            coin: TimeSeries(
                shown_times,
                array(
                    "d", (price * (0.9 + 0.1 * i / 400 + 0.01 * sin(i / 9)) for i in range(len(shown_times)))
                ),
            )
            for coin, price in PRICES.items()
        }

    async def position_history(
        self, account: AccountKey, position: Position, until: datetime
    ) -> PositionHistory:
        """Up for ten hours, with a stop that was moved once."""
        times = array("d", (until.timestamp() - 3_600 * hours for hours in range(10, -1, -1)))
        line = TimeSeries(times, array("d", (120.0 * place - 300 for place in range(11))))
        plan = position.exit_plan
        before = replace(position, exit_plan=replace(plan, stop_loss=3_500.0)) if plan else position
        return PositionHistory(
            line, ((until - timedelta(hours=10), before), (until - timedelta(hours=2), position))
        )

    async def trades(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Trade]:
        return []

    async def decisions(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None
    ) -> list[Decision]:
        return []

    async def events(self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None) -> list[Event]:
        return []


class ScriptedEngine:
    """Publishes the boards of a test; raises its fault."""

    def __init__(self, *boards: Board, fault: Exception | None = None) -> None:
        self._first = boards
        self._fault = fault
        self._publish: Callable[[Board], None] | None = None
        self.polls = 0
        self.pace = 1.0
        self.closed = False
        self.clean_up_s = 0.0

    async def run(self, publish: Callable[[Board], None]) -> None:
        self._publish = publish
        for item in self._first:
            publish(item)
        try:
            if self._fault is not None:
                raise self._fault
            await asyncio.Event().wait()
        finally:
            if self.clean_up_s:
                await asyncio.sleep(self.clean_up_s)
            self.closed = True

    def publish(self, item: Board) -> None:
        assert self._publish is not None, "the engine does not run yet"
        self._publish(item)

    def poll_now(self) -> None:
        self.polls += 1

    def change_pace(self, factor: float) -> float:
        self.pace *= factor
        return self.pace

    @property
    def history(self) -> Texts:
        return Texts()


def make_app(engine: ScriptedEngine, clock: Clock | None = None, **options: object) -> ArenaApp:
    return ArenaApp(engine, roster=ROSTER, clock=clock or Clock(), **{"theme": DARK, **options})  # type: ignore[arg-type]


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Run the app until this holds."""
    for _ in range(200):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("the condition never held")


def screen_text(app: ArenaApp) -> str:
    """The text of the screen, line by line."""
    return "\n".join(strip.text for strip in rendered_lines(app.screen))


def corner(app: ArenaApp) -> str:
    return app.visible_screen.query_one(TopBar).status_corner.text
