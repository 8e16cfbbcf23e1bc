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
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx

from nof1tui.domain.board import Board
from nof1tui.domain.episode_trades import trade_id, trade_of
from nof1tui.domain.episodes import Episode
from nof1tui.domain.fills import FundingPayment
from nof1tui.domain.health import Loading
from nof1tui.domain.model import AccountRow, Batch, Budget, Feed, Inception, Price, Reject, Trade
from nof1tui.domain.wallet_book import WalletBook
from nof1tui.ports import Progress, SourceMalformed, SourceUnavailable, unheard
from nof1tui.sources import hyperliquid_rows as rows
from nof1tui.sources.http import Asking, Limits
from nof1tui.sources.hyperliquid_info import FIRST, Heard, Info
from nof1tui.sources.hyperliquid_records import OrderWire
from nof1tui.sources.hyperliquid_rows import Wallet
from nof1tui.sources.hyperliquid_wire import market_of
from nof1tui.sources.weights import LIGHT, MINUTE_S, STATES_SHARE, Weights, page_weight

T = TypeVar("T")
ENDPOINTS = {
    Feed.ACCOUNTS: "clearinghouseState",
    Feed.PRICES: "allMids",
    Feed.TRADES: "userFillsByTime",
    Feed.SEASON: "portfolio",
}
YARDSTICK = "BTC"
"""Priced even where nobody trades it: figures are held against it."""
ORDERS_EVERY_S = 60.0
TOLD_EVERY_S = 3600.0
"""How often a wallet that is not answered is told."""
OVERLAP = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
LATE = timedelta(minutes=1)
"""Funding is paid at the full hour; it may take so long to be told."""
LOOKS = 2
"""Fills may be told a moment after the state that has them."""
PAST_EVERY_S = 600.0
LOOK_EVERY_S = 300.0
"""Fills of a wallet whose state stands still."""
SIDE_BY_SIDE = 4
"""Wallets asked at the same time."""
PATIENCE_S = 5.0
"""So long after the start a wallet's first row waits for its fills, which tell the markets to ask in."""
FOR_PRICES = 48
"""Of a minute's weights."""
USUAL_S = 10.0
"""How often states are taken to be wanted before it is known."""
BEGIN_WITHIN_S = 30.0
"""No wallet's history is begun later after a poll: the others have their turn at the next one."""


@dataclass
class _Watched:
    """One wallet, and what is known of it beyond the board."""

    wallet: Wallet
    book: WalletBook = field(default_factory=WalletBook)
    orders: dict[str, list[OrderWire]] = field(default_factory=dict)
    """By market."""
    asked_s: float = float("-inf")
    ordered_s: float = float("-inf")
    traded_s: float = float("-inf")
    mark: object = None
    """What of its state only trading, funding and transfers change; None before its first state."""
    looks: int = LOOKS
    """How often its fills are still to be asked for since then."""
    told_s: float = float("-inf")
    past_told: bool = False
    past_s: float = float("-inf")
    fresh: dict[str, Episode] = field(default_factory=dict)
    """Closed, or otherwise than before, and not handed on yet."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Its history is read by one at a time."""
    read: asyncio.Event = field(default_factory=asyncio.Event)
    """Its history has been read."""


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
        asking = Asking(client, limits=limits, clock=clock, monotonic=monotonic)
        self.weights = Weights(monotonic=monotonic, sleep=sleep)
        self._info = Info(asking, self.weights, clock)
        self._watched = [_Watched(wallet) for wallet in wallets]
        self._markets = tuple(dict.fromkeys(("", *markets)))
        self._clock = clock
        self._monotonic = monotonic
        self._begun_s: float | None = None
        self._reads = False
        """Whether histories are being read."""
        self._idle_s = USUAL_S
        """Between the last two polls of states: no longer than their cadence, however long they waited."""
        self._stated_s: float | None = None
        self.name = name

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(ENDPOINTS)

    async def aclose(self) -> None:
        await self._info.aclose()

    async def fetch(self, feed: Feed, board: Board, progress: Progress = unheard) -> Batch:
        """Raises SourceUnavailable or SourceMalformed when no wallet could be asked."""
        heard = Heard()
        self._begun_s = self._monotonic() if self._begun_s is None else self._begun_s
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
                pasts = await self._from_each(
                    self._watched, lambda one: self._past(one, board, heard, progress), heard
                )
                accounts = [row for _, some in pasts for row in some]
                inceptions = [inception for inception, _ in pasts if inception is not None]
        return Batch(
            feed,
            ENDPOINTS[feed],
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
            budget=Budget(self.weights.spent, self.weights.most, self.weights.waiting),
        )

    async def _states(self, board: Board, heard: Heard) -> list[AccountRow]:
        if self._stated_s is not None:
            self._idle_s = max(1.0, self._monotonic() - self._stated_s)
        try:
            return await self._from_each(self._due(), lambda one: self._row(one, board, heard), heard)
        finally:
            self._stated_s = self._monotonic()

    def _due(self) -> list[_Watched]:
        """Who may be asked now, longest not asked first; at least one."""
        waiting = sorted(self._watched, key=lambda one: one.asked_s)
        weight, due = 0, list[_Watched]()
        for one in waiting:
            weight += LIGHT * len(self._markets_of(one))
            if due and not self.weights.affords(weight):
                break
            due.append(one)
        return due

    @property
    def _leave(self) -> int:
        """What may wait leaves so much: all states at their cadence and prices, or most of everything."""
        states = LIGHT * sum(len(self._markets_of(one)) for one in self._watched)
        return min(
            FOR_PRICES + round(states * MINUTE_S / self._idle_s), round(STATES_SHARE * self.weights.most)
        )

    def _markets_of(self, one: _Watched) -> tuple[str, ...]:
        """The markets of the settings, and those it has traded in."""
        return tuple(dict.fromkeys((*self._markets, *sorted(map(market_of, one.book.coins)))))

    async def _from_each(
        self,
        watched: Sequence[_Watched],
        work: Callable[[_Watched], Awaitable[T]],
        heard: Heard,
        *,
        begin_within_s: float = float("inf"),
    ) -> list[T]:
        """What the work gives for each wallet. One that fails does not stop the others, unless all would.

        Whose turn would begin later is left out, but for the first ones. Raises what the first failed with
        where none went well.
        """
        turns = asyncio.Semaphore(SIDE_BY_SIDE)
        failures: list[SourceUnavailable] = []
        found: list[T] = []
        until_s = self._monotonic() + begin_within_s

        async def one_of(one: _Watched) -> None:
            async with turns:
                late = found and self._monotonic() > until_s
                if late or (failures and concerns_all(failures[0])):
                    return
                try:
                    found.append(await work(one))
                except SourceUnavailable as error:
                    failures.append(error)
                    self._tell(one, error, heard)

        async with asyncio.TaskGroup() as group:
            for one in watched:
                group.create_task(one_of(one))
        if failures and not found:
            raise failures[0]
        return found

    def _tell(self, one: _Watched, error: SourceUnavailable, heard: Heard) -> None:
        """A wallet that is refused by itself is told through the quarantine, not each time."""
        now_s = self._monotonic()
        if concerns_all(error) or now_s - one.told_s < TOLD_EVERY_S:
            return
        one.told_s = now_s
        reject = error.reject if isinstance(error, SourceMalformed) else None
        reason = f"wallet of {one.wallet.account.trader}: {error}"
        endpoint, raw = (reject.endpoint, reject.raw) if reject else ("info", one.wallet.address)
        heard.rejects.append(Reject(endpoint, raw, reason, self._clock()))

    async def _row(self, one: _Watched, board: Board, heard: Heard) -> AccountRow:
        one.asked_s = self._monotonic()
        address = one.wallet.address
        states = [await self._info.state(address, heard=heard)]
        await self._wait_for_markets(one)
        others = self._markets_of(one)[1:]
        states += [await self._info.state(address, market, heard=heard) for market in others]
        mark = [state.moved_by_trading for state in states]
        if mark != one.mark:
            one.mark, one.looks = mark, LOOKS
        held = {market_of(holding.wire.coin) for state in states for holding in state.holdings}
        one.orders = {market: orders for market, orders in one.orders.items() if market in held}
        await self._look_at_orders(one, held, heard)
        return rows.account_row(
            one.wallet,
            states,
            [order for orders in one.orders.values() for order in orders],
            one.book,
            realized_usd=_realized_usd(one, board),
            fetched_at=self._clock(),
        )

    async def _wait_for_markets(self, one: _Watched) -> None:
        """A first row without what lies in builders' markets would show a loss that never was."""
        left_s = (self._begun_s or 0.0) + PATIENCE_S - self._monotonic()
        if self._reads and left_s > 0 and not one.read.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(one.read.wait(), left_s)

    async def _look_at_orders(self, one: _Watched, markets: set[str], heard: Heard) -> None:
        """Stops and targets without waiting: at first from what histories may have, then from half of it."""
        now_s = self._monotonic()
        if now_s - one.ordered_s < ORDERS_EVERY_S:
            return
        known = one.ordered_s > float("-inf")
        leave = (self._leave + self.weights.most) // 2 if known else self._leave
        for market in sorted(markets):
            if not self.weights.affords(page_weight(0), leave=leave):
                return
            one.orders[market] = await self._info.orders(one.wallet.address, market, leave=leave, heard=heard)
        one.ordered_s = now_s

    async def _prices(self, board: Board, heard: Heard) -> list[Price]:
        """Of what is held or was traded."""
        coins = {YARDSTICK, *board.prices}
        coins |= {position.coin for row in board.accounts.values() for position in row.positions}
        coins |= {coin for one in self._watched for coin in one.book.coins}
        found: list[Price] = []
        for market in sorted({*self._markets, *map(market_of, coins)}):
            mids = await self._info.mids(market, heard=heard)
            now = self._clock()
            found += [Price(coin, float(mids[coin]), now, now) for coin in sorted(coins & mids.keys())]
        return found

    async def _all_trades(self, board: Board, heard: Heard, progress: Progress) -> list[Trade]:
        self._reads = True
        try:
            found = await self._from_each(
                sorted(self._watched, key=lambda one: one.traded_s),
                lambda one: self._trades(one, board, heard, progress),
                heard,
                begin_within_s=BEGIN_WITHIN_S,
            )
        finally:
            self._reads = False
        return [trade for some in found for trade in some]

    async def _trades(self, one: _Watched, board: Board, heard: Heard, progress: Progress) -> list[Trade]:
        """What was closed since the last look, and what is known better since then."""
        if one.past_told and not board.accounts:
            one.book, one.past_told = WalletBook(), False
        async with one.turn:
            if self._to_be_read(one):
                one.looks = max(one.looks - 1, 0)
                await self._catch_up(one, board, heard, progress)
                one.traded_s = self._monotonic()
        fresh, one.fresh = one.fresh, {}
        now = self._clock()
        return [trade_of(episode, one.wallet.account, now) for episode in fresh.values()]

    def _to_be_read(self, one: _Watched) -> bool:
        """Whether there can be fills that are not known: its state moved, or nobody looked for long."""
        unknown = one.mark is None or one.book.newest_at is None or one.looks > 0
        return unknown or self._monotonic() - one.traded_s >= LOOK_EVERY_S

    async def _catch_up(self, one: _Watched, board: Board, heard: Heard, progress: Progress) -> None:
        """Read what there is to be known of its trading since the last time.

        What the board knows is not asked again; where that leaves a position without its opening, all is.
        """
        if one.book.newest_at is not None:
            await self._read(one, one.book.newest_at + OVERLAP, heard, progress)
            return
        since = _begin(one, board)
        one.book = WalletBook(resumed=since > FIRST)
        await self._read(one, since, heard, progress)
        if one.book.resumed and not _known(one, board):
            one.book = WalletBook()
            await self._read(one, FIRST, heard, progress)

    async def _read(self, one: _Watched, since: datetime, heard: Heard, progress: Progress) -> None:
        book, now = one.book, self._clock()
        fills = await self._info.fills(one.wallet.address, since, leave=self._leave, heard=heard)
        payments: list[FundingPayment] = []
        if book.paid_until is None or _full_hour(now) > book.paid_until:
            paid_since = book.paid_until or since
            payments = await self._info.funding(
                one.wallet.address, paid_since, leave=self._leave, heard=heard
            )
            book.paid_until = _full_hour(now - LATE)
        one.fresh |= {episode.id: episode for episode in book.take(fills, payments)}
        book.newest_at = book.newest_at or now - HOUR
        if one.past_told:
            book.settle(now)
        one.read.set()
        progress(Loading(heard.body_bytes, len(fills) + len(payments)))

    async def _past(
        self, one: _Watched, board: Board, heard: Heard, progress: Progress
    ) -> tuple[Inception | None, list[AccountRow]]:
        """What the wallet began with, and its curve where the board has none of it."""
        now_s = self._monotonic()
        if one.past_told and now_s - one.past_s < PAST_EVERY_S:
            return None, []
        one.past_s = now_s
        portfolio = await self._info.portfolio(one.wallet.address, leave=self._leave, heard=heard)
        async with one.turn:
            if one.book.newest_at is None:
                await self._catch_up(one, board, heard, progress)
        now = self._clock()
        begun = rows.inception(one.wallet, portfolio, now)
        if one.past_told:
            return begun, []
        points = rows.unknown(rows.history(portfolio), board.curves.get(one.wallet.account), now)
        held = one.book.held_at([at for at, _ in points])
        one.past_told = True
        return begun, [
            rows.past_row(one.wallet, at, value, positions, now)
            for (at, value), positions in zip(points, held, strict=True)
        ]


def concerns_all(error: SourceUnavailable) -> bool:
    """Whether asking for another wallet would fail likewise."""
    return not isinstance(error, SourceMalformed) and error.status not in (400, 404, 422, 500)


def _begin(one: _Watched, board: Board) -> datetime:
    """From when on fills are needed: all, or since the board's last closed trade and open positions."""
    log, row = board.trades.get(one.wallet.account), board.accounts.get(one.wallet.account)
    if row is None or log is None or not log.trades:
        return FIRST
    opened = [position.entry_at for position in row.positions]
    known = [moment for moment in opened if moment is not None]
    return FIRST if len(known) < len(opened) else min([log.trades[0].exit_at, *known]) - LATE


def _known(one: _Watched, board: Board) -> bool:
    """Whether the board has every trade whose opening was not asked for again."""
    told = {trade.id for trade in board.trades[one.wallet.account].trades}
    cut_off = one.book.cut_off()
    return all(each.exit_at and trade_id(each, one.wallet.account) in told for each in cut_off)


def _realized_usd(one: _Watched, board: Board) -> float | None:
    """Net of all closed trades and of what open positions have brought so far; None before all are known."""
    if one.book.newest_at is None:
        return None
    log = board.trades.get(one.wallet.account)
    closed = sum(trade.net_usd or 0.0 for trade in log.trades) if log else 0.0
    return closed + float(sum(episode.net for episode in one.book.ledger.open.values()))


def _full_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
