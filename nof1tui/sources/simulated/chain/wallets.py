"""Wallets on the simulated chain: what every one answers, and those of the simulated arena's accounts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

import msgspec

from nof1tui.sources.simulated.arena.executions import Execution
from nof1tui.sources.simulated.arena.margin_account import ABSENT_OID, CAPITAL_USD
from nof1tui.sources.simulated.arena.market import COIN_SPECS
from nof1tui.sources.simulated.arena.season import SimulatedSeason
from nof1tui.sources.simulated.chain.exchange_account import (
    MILLIONTH,
    ZERO_AMOUNT,
    ChainFill,
    ExchangeAccount,
    FillLog,
    MarkPriceLookup,
)

MAX_WALLET_FILLS = 10_000
"""So many of the newest fills of a wallet are to be had."""
MAIN_EXCHANGE = ""
"""The name of the main exchange among those of the builders."""


class PositionTerms(NamedTuple):
    """How a position is held; `margin` is what backs it alone, None where the whole account does."""

    leverage: int = 10
    margin: Decimal | None = None
    liquidation: Decimal | None = None


class TriggerOrder(NamedTuple):
    """An order that waits to close a position."""

    coin: str
    quantity: Decimal
    """Of the position that it closes, with its sign."""
    price: Decimal
    is_target: bool
    oid: int
    placed_at: int


class ChainFunding(NamedTuple):
    """Funding of one hour; positive was received."""

    at: int
    coin: str
    usd: Decimal
    quantity: Decimal


class WalletValuePoint(NamedTuple):
    """What a wallet was worth, and what had been paid into it by then."""

    at: int
    value: Decimal
    deposits: Decimal


class MarkPrices(Protocol):
    """What coins cost at moments (milliseconds)."""

    def marks(self, at: int) -> MarkPriceLookup: ...


class SimulatedWallet(Protocol):
    """One address. Times are milliseconds; moments to come are not known."""

    name: str
    address: str
    fill_log: FillLog

    def exchanges(self) -> Sequence[str]: ...
    def exchange_account(self, exchange: str, now: int) -> ExchangeAccount: ...
    def terms(self, coin: str) -> PositionTerms: ...
    def triggers(self, now: int) -> Sequence[TriggerOrder]: ...
    def payments(self, first: int, last: int) -> Sequence[ChainFunding]: ...
    def value_points(self, now: int, prices: MarkPrices) -> Iterator[WalletValuePoint]: ...


def derive_address(*names: object) -> str:
    """A wallet's address, the same for the same names for ever."""
    return "0x" + hashlib.sha256(":".join(map(str, names)).encode()).hexdigest()[:40]


def derive_id(*names: object) -> int:
    """An id of a trade or an order, the same for the same names for ever; below 2^53."""
    digest = hashlib.blake2b(":".join(map(str, names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 10**15


def exchange_of(coin: str) -> str:
    """`xyz` of `xyz:NVDA`."""
    return coin.partition(":")[0] if ":" in coin else MAIN_EXCHANGE


def to_exact_decimal(figure: float) -> Decimal:
    """A figure of the arena as people would write it, to the millionth."""
    return Decimal(repr(figure)).quantize(MILLIONTH).normalize() + ZERO_AMOUNT


class _AccountRow(msgspec.Struct):
    id: str
    timestamp: float
    dollar_equity: float


class ArenaWallet:
    """The wallet of the simulated arena's account `index`; must be there before the season begins.

    The ledger tells of what it did, nothing else is kept. A fill's time is that from which on the
    arena's accounts show it, the end of its step, so that both tell the same at every moment.
    """

    def __init__(self, season: SimulatedSeason, index: int, seed: int) -> None:
        self._season = season
        self._trader = season.traders[index]
        if self._trader.has_begun:
            raise ValueError("the chain must be there before the arena's first step")
        self.name = self._trader.character.id
        self.address = derive_address(seed, self.name)
        self.fill_log = FillLog(MAX_WALLET_FILLS)
        self._book = ExchangeAccount(deposits=Decimal(int(CAPITAL_USD)))
        self._count = 0
        self._trader.account.on_execution = self._record_execution

    def _record_execution(self, execution: Execution) -> None:
        coin = COIN_SPECS[execution.coin].symbol
        quantity, price, fee = (
            to_exact_decimal(execution.quantity),
            to_exact_decimal(execution.price),
            to_exact_decimal(execution.fee),
        )
        at, start = int(self._season.market.end * 1000), self._book.position_size(coin)
        self._count += 1
        number = derive_id(self.address, self._count)
        self.fill_log.append(
            ChainFill(
                at=at,
                coin=coin,
                quantity=quantity,
                price=price,
                fee=fee,
                start_position=start,
                closed_pnl=self._book.fill_order(coin, quantity, price, fee, at),
                oid=execution.oid if execution.oid != ABSENT_OID else number % 10**12,
                tid=number,
                crossed=execution.crossed,
                liquidated=execution.liquidated,
            )
        )

    def exchanges(self) -> Sequence[str]:
        return (MAIN_EXCHANGE,)

    def exchange_account(self, exchange: str, now: int) -> ExchangeAccount:
        return self._book if exchange == MAIN_EXCHANGE and self._began(now) else ExchangeAccount()

    def terms(self, coin: str) -> PositionTerms:
        holding = next(
            h for h in self._trader.account.positions.values() if COIN_SPECS[h.coin].symbol == coin
        )
        if self._trader.character.is_benchmark:
            return PositionTerms(leverage=holding.leverage)
        return PositionTerms(
            holding.leverage, to_exact_decimal(holding.margin), to_exact_decimal(holding.liquidation_price)
        )

    def triggers(self, now: int) -> Sequence[TriggerOrder]:
        return [
            TriggerOrder(
                COIN_SPECS[h.coin].symbol,
                to_exact_decimal(h.quantity),
                to_exact_decimal(level),
                target,
                oid,
                int(h.entry_at * 1000),
            )
            for h in self._trader.account.positions.values()
            for level, target, oid in ((h.plan.target, True, h.tp_oid), (h.plan.stop, False, h.sl_oid))
            if oid != ABSENT_OID
        ]

    def payments(self, first: int, last: int) -> Sequence[ChainFunding]:
        return ()

    def value_points(self, now: int, prices: MarkPrices) -> Iterator[WalletValuePoint]:
        """The account's inception, the last minute of each hour, and now."""
        if not self._began(now):
            return
        capital = self._book.deposits
        yield WalletValuePoint(int(self._trader.inception * 1000), capital, capital)
        own = f'{{"id":"{self.name}_'.encode()
        for row in self._season.archive.rows:
            if row.payload.startswith(own):
                told = msgspec.json.decode(row.payload, type=_AccountRow)
                if told.id.rpartition("_")[0] == self.name:
                    yield WalletValuePoint(
                        int(told.timestamp * 1000), to_exact_decimal(told.dollar_equity), capital
                    )
        yield WalletValuePoint(now, self._book.value(prices.marks(now)), capital)

    def _began(self, now: int) -> bool:
        return self._trader.has_begun and self._trader.inception * 1000 <= now
