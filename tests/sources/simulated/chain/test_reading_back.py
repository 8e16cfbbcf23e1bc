"""Fills and payments read from the simulated chain add up to its accounts."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.fills.round_trips import build_ledger
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster, Season
from nof1tui.sources.http.client import HttpClient, make_client
from nof1tui.sources.hyperliquid.client import FetchReport, InfoClient
from nof1tui.sources.hyperliquid.rate_limit import WEIGHT_BUDGET, RateLimiter
from nof1tui.sources.hyperliquid.source import HyperliquidSource
from nof1tui.sources.hyperliquid.wallet_records import Wallet
from nof1tui.sources.simulated.arena.market import COIN_SPECS
from nof1tui.sources.simulated.chain.transport import PageOrder, SimulatedChain, SimulatedChainTransport
from tests.support.scripted_wallet import ScriptedChain, ScriptedWallet
from tests.support.simulated_season import START, make

URL = "https://chain.example"
BEGIN = datetime(2025, 10, 1, tzinfo=UTC)


class Time:
    """A clock that a sleep moves."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self.passed_s = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        self.passed_s += seconds


def busy(fills: int) -> ScriptedWallet:
    """Opens, adds, reduces, flips, is liquidated and pays funding; up to four fills in a millisecond."""
    rng = random.Random(5)
    wallet, at = ScriptedWallet("busy"), BEGIN
    wallet.deposit(1_000_000, at)
    for number in range(fills):
        at += timedelta(seconds=number % 3 == 0)
        coin = rng.choice(("BTC", "ETH", "xyz:NVDA"))
        size = Decimal(rng.randint(1, 90)) / 10
        wallet.trade(coin, rng.choice((-size, size)), rng.randint(90, 110), at)
        if number % 50 == 49 and wallet.position_size(coin):
            at += timedelta(seconds=1)
            wallet.fund(coin, Decimal(rng.randint(-99, 99)) / 100, at)
            at += timedelta(seconds=1)
        if number % 170 == 168 and wallet.position_size(coin):
            wallet.liquidate(coin, 100, at)
    return wallet


@pytest.mark.parametrize("pages", get_args(PageOrder))
async def test_all_fills_and_payments_are_read_in_any_page_order_and_match_the_account(
    pages: PageOrder,
) -> None:
    wallet = busy(4_700)
    time = Time(BEGIN + timedelta(days=2))
    transport = SimulatedChainTransport(ScriptedChain([wallet], pages=pages), time.now)
    asking = HttpClient(make_client(URL, transport=transport), clock=time.now, monotonic=time.monotonic)
    info = InfoClient(asking, RateLimiter(monotonic=time.monotonic, sleep=time.sleep), time.now)
    fills = await info.fetch_fills(wallet.address, report=FetchReport())
    payments = await info.fetch_funding(wallet.address, report=FetchReport())
    await info.aclose()
    assert len(fills) == len(wallet.fill_log)
    assert transport.meter.refused_count == 0 and transport.meter.peak_per_minute <= WEIGHT_BUDGET

    ledger = build_ledger(fills, payments)
    books = [wallet.exchange_account(name, int(time.now().timestamp() * 1000)) for name in wallet.exchanges()]
    assert ledger.complete
    assert ledger.gross == sum(book.closed_pnl for book in books)
    assert ledger.fees == sum(book.fees for book in books)
    assert ledger.funding == sum(book.funding for book in books)
    stakes = {coin: stake for book in books for coin, stake in book.positions.items()}
    assert {coin: held.quantity for coin, held in ledger.open.items()} == {
        coin: stake.quantity for coin, stake in stakes.items()
    }
    for coin, stake in stakes.items():
        entry = ledger.open[coin].open_entry_price
        assert entry is not None and abs(entry - stake.cost / stake.quantity) < Decimal("1e-5")


async def test_the_wallets_of_a_simulated_season_are_an_arena_with_its_figures() -> None:
    arena = make()
    chain, time = SimulatedChain(arena), Time(START)
    transport = SimulatedChainTransport(chain, time.now)
    source = HyperliquidSource(
        make_client(URL, transport=transport),
        wallets=[Wallet(AccountKey("hyperliquid", name), address) for name, address in chain.wallets.items()],
        clock=time.now,
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
    board = Board(Roster(open_season=Season("hyperliquid", "Hyperliquid wallets")))
    for feed in (Feed.TRADES, Feed.SEASON, Feed.PRICES, Feed.ACCOUNTS):
        board = apply_batch(board, await source.fetch(feed, board))
    await source.aclose()
    prices = arena.season.market.prices(time.now().timestamp())
    for trader in arena.season.traders:
        key, ledger = AccountKey("hyperliquid", trader.profile.id), trader.account
        row, log = board.accounts[key], board.trades.get(key)
        assert row.equity_usd == pytest.approx(ledger.equity(prices), abs=1e-3)
        assert {p.coin: p.quantity for p in row.positions} == pytest.approx(
            {COIN_SPECS[held.coin].symbol: held.quantity for held in ledger.positions.values()}
        )
        net = sum(trade.net_usd or 0.0 for trade in log.trades) if log else 0.0
        open_fees = sum(position.commission_usd or 0.0 for position in row.positions)
        booked = sum(position.closed_pnl_usd or 0.0 for position in row.positions)
        assert net - open_fees + booked == pytest.approx(ledger.realized, abs=1e-3)
        assert len(board.curves[key].values) > 20
    assert transport.meter.peak_per_minute <= WEIGHT_BUDGET


async def test_a_first_row_includes_builders_markets_known_only_from_fills() -> None:
    wallet = ScriptedWallet("broad")
    wallet.deposit(500, BEGIN)
    wallet.deposit(300, BEGIN, exchange="xyz")
    wallet.trade("xyz:NVDA", 1, 180, BEGIN + timedelta(hours=1), fee=0)
    time = Time(BEGIN + timedelta(hours=2))
    source = HyperliquidSource(
        make_client(
            URL,
            transport=SimulatedChainTransport(ScriptedChain([wallet], pages="newest"), time.now),
        ),
        wallets=[Wallet(AccountKey("hyperliquid", wallet.name), wallet.address)],
        clock=time.now,
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
    board = Board(Roster(open_season=Season("hyperliquid", "Hyperliquid wallets")))
    accounts, _ = await asyncio.gather(source.fetch(Feed.ACCOUNTS, board), source.fetch(Feed.TRADES, board))
    await source.aclose()
    assert [row.equity_usd for row in accounts.accounts] == [800]
