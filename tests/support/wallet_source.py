"""A wallet source on a scripted info server, and the board that its batches make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster, Season
from nof1tui.sources.hyperliquid.source import HyperliquidSource
from nof1tui.sources.hyperliquid.wallet_records import Wallet
from tests.support.info_server import START, FakeTime, InfoServer, millis, state

ROSTER = Roster(open_season=Season("hyperliquid", "Hyperliquid wallets"))
Answer = Callable[[dict[str, Any]], Any]


def account(trader: str) -> AccountKey:
    return AccountKey("hyperliquid", trader)


def wallets(*traders: str, capital_usd: float | None = None) -> list[Wallet]:
    return [Wallet(account(trader), f"0x{trader}", capital_usd) for trader in traders]


class SourceRun:
    """A source on a scripted server, and the board that its batches make."""

    def __init__(self, watched: Sequence[Wallet], *, markets: Sequence[str] = (), **answers: Answer) -> None:
        self.time = FakeTime()
        self.server = InfoServer(self.time, {**DEFAULT_ANSWERS, **answers})
        self.wallets = watched
        self.markets = markets
        self.board = Board(ROSTER)
        self.source = self.make_source()

    def make_source(self) -> HyperliquidSource:
        return HyperliquidSource(
            self.server.client(),
            wallets=self.wallets,
            markets=self.markets,
            clock=self.time.now,
            monotonic=self.time.monotonic,
            sleep=self.time.sleep,
        )

    async def poll(self, *feeds: Feed) -> Board:
        for feed in feeds:
            batch = await self.source.fetch(feed, self.board)
            self.board = apply_batch(self.board, batch)
        return self.board


DEFAULT_ANSWERS: dict[str, Answer] = {
    "clearinghouseState": lambda question: state("1000.0"),
    "allMids": lambda question: {"BTC": "100.0", "ETH": "10.0"},
    "portfolio": lambda question: [],
}
ALL_FEEDS = (Feed.ACCOUNTS, Feed.PRICES, Feed.TRADES, Feed.SEASON)


def portfolio(*points: tuple[float, str, str]) -> Answer:
    """A portfolio: days ago, account value, profit."""
    times = [millis(START - timedelta(days=days)) for days, _, _ in points]
    values = [[at, value] for at, (_, value, _) in zip(times, points, strict=True)]
    profits = [[at, pnl] for at, (_, _, pnl) in zip(times, points, strict=True)]
    period = {"accountValueHistory": values, "pnlHistory": profits, "vlm": "0.0"}
    return lambda question: [["day", period], ["perpAllTime", period]]
