"""Hyperliquid as a source: a set of wallets as an arena (contract section 6).

Account rows are the wallets' current states, trades are round trips of their fills, the season feed is their
portfolios, which give past account values. Where the rate limit does not allow a request for every wallet
at the configured interval, wallets take turns; histories and orders leave the states their share.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import httpx

from nof1tui.domain.batch import Batch, RateLimitUsage
from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountRow, Feed, Inception, Price, Trade
from nof1tui.ports.source import ProgressCallback, ignore_progress
from nof1tui.sources.http.client import HttpClient, Limits
from nof1tui.sources.hyperliquid import wallet_records as rows
from nof1tui.sources.hyperliquid.client import FetchReport, InfoClient
from nof1tui.sources.hyperliquid.decoder import market_of
from nof1tui.sources.hyperliquid.rate_limit import (
    LIGHT_WEIGHT,
    MINUTE_S,
    STATES_SHARE,
    RateLimiter,
    page_weight,
)
from nof1tui.sources.hyperliquid.scheduler import READS_AFTER_CHANGE, WalletScheduler, WatchedWallet
from nof1tui.sources.hyperliquid.wallet_history import WalletHistoryReader
from nof1tui.sources.hyperliquid.wallet_records import Wallet

_ENDPOINT_BY_FEED = {
    Feed.ACCOUNTS: "clearinghouseState",
    Feed.PRICES: "allMids",
    Feed.TRADES: "userFillsByTime",
    Feed.SEASON: "portfolio",
}
_BENCHMARK_COIN = "BTC"
"""Always priced: other figures are compared with it."""
_ORDERS_EVERY_S = 60.0
_FIRST_FILLS_WAIT_S = 5.0
"""Longest time after the start that a wallet's first row waits for its fills, which show its markets."""
_PRICES_WEIGHT = 48
"""Weight per minute kept for prices."""
_DEFAULT_STATE_INTERVAL_S = 10.0
"""Assumed interval between polls of states until two have happened."""
_START_WITHIN_S = 30.0
"""Time after which a poll starts no more histories: the other wallets come first at the next poll."""


class HyperliquidSource:
    """`ports.Source` over the chain's info endpoint, or any transport that speaks it."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        wallets: Sequence[Wallet],
        markets: Sequence[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limits: Limits | None = None,
        name: str = "hyperliquid",
    ) -> None:
        http = HttpClient(client, limits=limits, clock=clock, monotonic=monotonic)
        self.rate_limiter = RateLimiter(monotonic=monotonic, sleep=sleep)
        self._info = InfoClient(http, self.rate_limiter, clock)
        self._watched = [WatchedWallet(wallet) for wallet in wallets]
        self._markets = tuple(dict.fromkeys(("", *markets)))
        self._clock = clock
        self._monotonic = monotonic
        self._scheduler = WalletScheduler(clock, monotonic)
        self._histories = WalletHistoryReader(self._info, lambda: self._reserve, clock, monotonic)
        self._started_s: float | None = None
        self._reading_histories = False
        """Whether a poll of trades is running."""
        self._state_interval_s = _DEFAULT_STATE_INTERVAL_S
        """Time between the last two polls of states."""
        self._states_read_s: float | None = None
        self.name = name

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(_ENDPOINT_BY_FEED)

    async def aclose(self) -> None:
        await self._info.aclose()

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        """The feed's records. Raises SourceUnavailable or SourceMalformed when no wallet could be read."""
        report = FetchReport()
        self._started_s = self._monotonic() if self._started_s is None else self._started_s
        accounts: list[AccountRow] = []
        trades: list[Trade] = []
        prices: list[Price] = []
        inceptions: list[Inception] = []
        match feed:
            case Feed.ACCOUNTS:
                accounts = await self._fetch_states(board, report)
            case Feed.PRICES:
                prices = await self._fetch_prices(board, report)
            case Feed.TRADES:
                trades = await self._fetch_trades(board, report, progress)
            case _:
                pasts = await self._scheduler.run_each(
                    self._watched,
                    lambda watched: self._histories.fetch_past(watched, board, report, progress),
                    report,
                )
                accounts = [row for _, rows_of_wallet in pasts for row in rows_of_wallet]
                inceptions = [inception for inception, _ in pasts if inception is not None]
        return Batch(
            feed,
            _ENDPOINT_BY_FEED[feed],
            self._clock(),
            accounts=tuple(accounts),
            trades=tuple(trades),
            prices=tuple(prices),
            inceptions=tuple(inceptions),
            rejects=tuple(report.rejects),
            status=report.status,
            body_bytes=report.body_bytes,
            latency_s=report.latency_s,
            coerced=report.coerced,
            drift=tuple(report.drift),
            skew_s=report.skew_s,
            piecemeal=feed in (Feed.TRADES, Feed.SEASON),
            budget=RateLimitUsage(
                self.rate_limiter.spent, self.rate_limiter.budget, self.rate_limiter.waiting
            ),
        )

    async def _fetch_states(self, board: Board, report: FetchReport) -> list[AccountRow]:
        if self._states_read_s is not None:
            self._state_interval_s = max(1.0, self._monotonic() - self._states_read_s)
        try:
            return await self._scheduler.run_each(
                self._due(), lambda watched: self._fetch_row(watched, board, report), report
            )
        finally:
            self._states_read_s = self._monotonic()

    def _due(self) -> list[WatchedWallet]:
        """The wallets whose states fit into the rate limit now, least recently read first; at least one."""
        by_age = sorted(self._watched, key=lambda watched: watched.state_read_s)
        weight, due = 0, list[WatchedWallet]()
        for watched in by_age:
            weight += LIGHT_WEIGHT * len(self._markets_of(watched))
            if due and not self.rate_limiter.can_spend(weight):
                break
            due.append(watched)
        return due

    @property
    def _reserve(self) -> int:
        """Weight per minute that deferrable requests leave: for states and prices, at most their share."""
        states = LIGHT_WEIGHT * sum(len(self._markets_of(watched)) for watched in self._watched)
        return min(
            _PRICES_WEIGHT + round(states * MINUTE_S / self._state_interval_s),
            round(STATES_SHARE * self.rate_limiter.budget),
        )

    def _markets_of(self, watched: WatchedWallet) -> tuple[str, ...]:
        """The configured markets and those the wallet has traded in."""
        return tuple(dict.fromkeys((*self._markets, *sorted(map(market_of, watched.history.coins)))))

    async def _fetch_row(self, watched: WatchedWallet, board: Board, report: FetchReport) -> AccountRow:
        watched.state_read_s = self._monotonic()
        address = watched.wallet.address
        states = [await self._info.fetch_state(address, report=report)]
        await self._wait_for_markets(watched)
        others = self._markets_of(watched)[1:]
        states += [await self._info.fetch_state(address, market, report=report) for market in others]
        trading_state = [state.trading_state for state in states]
        if trading_state != watched.trading_state:
            watched.trading_state, watched.pending_reads = trading_state, READS_AFTER_CHANGE
        markets = {market_of(position.wire.coin) for state in states for position in state.positions}
        watched.orders = {market: orders for market, orders in watched.orders.items() if market in markets}
        await self._refresh_orders(watched, markets, report)
        return rows.build_wallet_row(
            watched.wallet,
            states,
            [order for orders in watched.orders.values() for order in orders],
            watched.history,
            realized_usd=_realized_usd(watched, board),
            fetched_at=self._clock(),
        )

    async def _wait_for_markets(self, watched: WatchedWallet) -> None:
        """Wait for the fills, so that the first row includes builders' markets and shows no false loss."""
        remaining_s = (self._started_s or 0.0) + _FIRST_FILLS_WAIT_S - self._monotonic()
        if self._reading_histories and remaining_s > 0 and not watched.history_read.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(watched.history_read.wait(), remaining_s)

    async def _refresh_orders(self, watched: WatchedWallet, markets: set[str], report: FetchReport) -> None:
        """Read stops and targets if the rate limit allows: first all that histories may use, then half."""
        now_s = self._monotonic()
        if now_s - watched.orders_read_s < _ORDERS_EVERY_S:
            return
        known = watched.orders_read_s > float("-inf")
        reserve = (self._reserve + self.rate_limiter.budget) // 2 if known else self._reserve
        for market in sorted(markets):
            if not self.rate_limiter.can_spend(page_weight(0), reserve=reserve):
                return
            watched.orders[market] = await self._info.fetch_orders(
                watched.wallet.address, market, reserve=reserve, report=report
            )
        watched.orders_read_s = now_s

    async def _fetch_prices(self, board: Board, report: FetchReport) -> list[Price]:
        """Prices of the coins that are or were held."""
        coins = {_BENCHMARK_COIN, *board.prices}
        coins |= {position.coin for row in board.accounts.values() for position in row.positions}
        coins |= {coin for watched in self._watched for coin in watched.history.coins}
        prices: list[Price] = []
        for market in sorted({*self._markets, *map(market_of, coins)}):
            mids = await self._info.fetch_mids(market, report=report)
            now = self._clock()
            prices += [Price(coin, float(mids[coin]), now, now) for coin in sorted(coins & mids.keys())]
        return prices

    async def _fetch_trades(
        self, board: Board, report: FetchReport, progress: ProgressCallback
    ) -> list[Trade]:
        self._reading_histories = True
        try:
            closed = await self._scheduler.run_each(
                sorted(self._watched, key=lambda watched: watched.fills_read_s),
                lambda watched: self._histories.fetch_closed_trades(watched, board, report, progress),
                report,
                begin_within_s=_START_WITHIN_S,
            )
        finally:
            self._reading_histories = False
        return [trade for trades in closed for trade in trades]


def _realized_usd(watched: WatchedWallet, board: Board) -> float | None:
    """Net P&L of closed trades and realised part of open positions; None before the history is known."""
    if watched.history.newest_at is None:
        return None
    log = board.trades.get(watched.wallet.account)
    closed = sum(trade.net_usd or 0.0 for trade in log.trades) if log else 0.0
    return closed + float(sum(round_trip.net for round_trip in watched.history.ledger.open.values()))
