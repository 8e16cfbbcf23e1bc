"""Hyperliquid as a source: any set of wallets is an arena (contract section 6).

Accounts are states of the wallets, now; trades are their fills, folded; the season is their portfolios, which
tell the curve of the past. When the weights do not allow to ask for every wallet at the cadence of the
settings, they are asked in turn, and what can wait (history, orders) leaves the states their share.
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
"""Priced even where nobody trades it: figures are held against it."""
_ORDERS_EVERY_S = 60.0
_FIRST_FILLS_WAIT_S = 5.0
"""So long after the start a wallet's first row waits for its fills, which tell the markets to ask in."""
_PRICES_WEIGHT = 48
"""Of a minute's weights."""
_DEFAULT_STATE_INTERVAL_S = 10.0
"""How often states are taken to be wanted before it is known."""
_START_WITHIN_S = 30.0
"""No wallet's history is begun later after a poll: the others have their turn at the next one."""


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
        asking = HttpClient(client, limits=limits, clock=clock, monotonic=monotonic)
        self.rate_limiter = RateLimiter(monotonic=monotonic, sleep=sleep)
        self._info = InfoClient(asking, self.rate_limiter, clock)
        self._watched = [WatchedWallet(wallet) for wallet in wallets]
        self._markets = tuple(dict.fromkeys(("", *markets)))
        self._clock = clock
        self._monotonic = monotonic
        self._scheduler = WalletScheduler(clock, monotonic)
        self._histories = WalletHistoryReader(self._info, lambda: self._reserve, clock, monotonic)
        self._started_s: float | None = None
        self._reading_histories = False
        """Whether histories are being read."""
        self._state_interval_s = _DEFAULT_STATE_INTERVAL_S
        """Between the last two polls of states: no longer than their cadence, however long they waited."""
        self._states_read_s: float | None = None
        self.name = name

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(_ENDPOINT_BY_FEED)

    async def aclose(self) -> None:
        await self._info.aclose()

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        """Raises SourceUnavailable or SourceMalformed when no wallet could be asked."""
        heard = FetchReport()
        self._started_s = self._monotonic() if self._started_s is None else self._started_s
        accounts: list[AccountRow] = []
        trades: list[Trade] = []
        prices: list[Price] = []
        inceptions: list[Inception] = []
        match feed:
            case Feed.ACCOUNTS:
                accounts = await self._states(board, heard)
            case Feed.PRICES:
                prices = await self._prices(board, heard)
            case Feed.TRADES:
                trades = await self._all_trades(board, heard, progress)
            case _:
                pasts = await self._scheduler.run_each(
                    self._watched, lambda one: self._histories.fetch_past(one, board, heard, progress), heard
                )
                accounts = [row for _, some in pasts for row in some]
                inceptions = [inception for inception, _ in pasts if inception is not None]
        return Batch(
            feed,
            _ENDPOINT_BY_FEED[feed],
            self._clock(),
            accounts=tuple(accounts),
            trades=tuple(trades),
            prices=tuple(prices),
            inceptions=tuple(inceptions),
            rejects=tuple(heard.rejects),
            status=heard.status,
            body_bytes=heard.body_bytes,
            latency_s=heard.latency_s,
            coerced=heard.coerced,
            drift=tuple(heard.drift),
            skew_s=heard.skew_s,
            piecemeal=feed in (Feed.TRADES, Feed.SEASON),
            budget=RateLimitUsage(
                self.rate_limiter.spent, self.rate_limiter.budget, self.rate_limiter.waiting
            ),
        )

    async def _states(self, board: Board, heard: FetchReport) -> list[AccountRow]:
        if self._states_read_s is not None:
            self._state_interval_s = max(1.0, self._monotonic() - self._states_read_s)
        try:
            return await self._scheduler.run_each(
                self._due(), lambda one: self._row(one, board, heard), heard
            )
        finally:
            self._states_read_s = self._monotonic()

    def _due(self) -> list[WatchedWallet]:
        """Who may be asked now, longest not asked first; at least one."""
        waiting = sorted(self._watched, key=lambda one: one.state_read_s)
        weight, due = 0, list[WatchedWallet]()
        for one in waiting:
            weight += LIGHT_WEIGHT * len(self._markets_of(one))
            if due and not self.rate_limiter.can_spend(weight):
                break
            due.append(one)
        return due

    @property
    def _reserve(self) -> int:
        """What may wait leaves so much: all states at their cadence and prices, or most of everything."""
        states = LIGHT_WEIGHT * sum(len(self._markets_of(one)) for one in self._watched)
        return min(
            _PRICES_WEIGHT + round(states * MINUTE_S / self._state_interval_s),
            round(STATES_SHARE * self.rate_limiter.budget),
        )

    def _markets_of(self, one: WatchedWallet) -> tuple[str, ...]:
        """The markets of the settings, and those it has traded in."""
        return tuple(dict.fromkeys((*self._markets, *sorted(map(market_of, one.book.coins)))))

    async def _row(self, one: WatchedWallet, board: Board, heard: FetchReport) -> AccountRow:
        one.state_read_s = self._monotonic()
        address = one.wallet.address
        states = [await self._info.fetch_state(address, heard=heard)]
        await self._wait_for_markets(one)
        others = self._markets_of(one)[1:]
        states += [await self._info.fetch_state(address, market, heard=heard) for market in others]
        mark = [state.trading_state for state in states]
        if mark != one.trading_state:
            one.trading_state, one.pending_reads = mark, READS_AFTER_CHANGE
        held = {market_of(holding.cached_payload.coin) for state in states for holding in state.positions}
        one.orders = {market: orders for market, orders in one.orders.items() if market in held}
        await self._refresh_orders(one, held, heard)
        return rows.build_wallet_row(
            one.wallet,
            states,
            [order for orders in one.orders.values() for order in orders],
            one.book,
            realized_usd=_realized_usd(one, board),
            fetched_at=self._clock(),
        )

    async def _wait_for_markets(self, one: WatchedWallet) -> None:
        """A first row without what lies in builders' markets would show a loss that never was."""
        left_s = (self._started_s or 0.0) + _FIRST_FILLS_WAIT_S - self._monotonic()
        if self._reading_histories and left_s > 0 and not one.history_read.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(one.history_read.wait(), left_s)

    async def _refresh_orders(self, one: WatchedWallet, markets: set[str], heard: FetchReport) -> None:
        """Stops and targets without waiting: at first from what histories may have, then from half of it."""
        now_s = self._monotonic()
        if now_s - one.orders_read_s < _ORDERS_EVERY_S:
            return
        known = one.orders_read_s > float("-inf")
        leave = (self._reserve + self.rate_limiter.budget) // 2 if known else self._reserve
        for market in sorted(markets):
            if not self.rate_limiter.can_spend(page_weight(0), leave=leave):
                return
            one.orders[market] = await self._info.fetch_orders(
                one.wallet.address, market, leave=leave, heard=heard
            )
        one.orders_read_s = now_s

    async def _prices(self, board: Board, heard: FetchReport) -> list[Price]:
        """Of what is held or was traded."""
        coins = {_BENCHMARK_COIN, *board.prices}
        coins |= {position.coin for row in board.accounts.values() for position in row.positions}
        coins |= {coin for one in self._watched for coin in one.book.coins}
        found: list[Price] = []
        for market in sorted({*self._markets, *map(market_of, coins)}):
            mids = await self._info.fetch_mids(market, heard=heard)
            now = self._clock()
            found += [Price(coin, float(mids[coin]), now, now) for coin in sorted(coins & mids.keys())]
        return found

    async def _all_trades(self, board: Board, heard: FetchReport, progress: ProgressCallback) -> list[Trade]:
        self._reading_histories = True
        try:
            found = await self._scheduler.run_each(
                sorted(self._watched, key=lambda one: one.fills_read_s),
                lambda one: self._histories.fetch_closed_trades(one, board, heard, progress),
                heard,
                begin_within_s=_START_WITHIN_S,
            )
        finally:
            self._reading_histories = False
        return [trade for some in found for trade in some]


def _realized_usd(one: WatchedWallet, board: Board) -> float | None:
    """Net of all closed trades and of what open positions have brought so far; None before all are known."""
    if one.book.newest_at is None:
        return None
    log = board.trades.get(one.wallet.account)
    closed = sum(trade.net_usd or 0.0 for trade in log.trades) if log else 0.0
    return closed + float(sum(episode.net for episode in one.book.ledger.open.values()))
