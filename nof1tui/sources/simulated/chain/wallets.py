"""Wallets on the simulated chain: the protocol, and the wallets of the simulated arena's accounts."""

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
"""Fills of a wallet that the endpoint serves, newest first."""
MAIN_EXCHANGE = ""
"""Name of the main exchange; builders' exchanges have a prefix (`xyz`)."""


class PositionTerms(NamedTuple):
    """Leverage and margin of a position; `margin` is its isolated margin, None for cross margin."""

    leverage: int = 10
    margin: Decimal | None = None
    liquidation: Decimal | None = None


class TriggerOrder(NamedTuple):
    """A stop or target order that closes a position at its price."""

    coin: str
    quantity: Decimal
    """Signed quantity of the position it closes."""
    price: Decimal
    is_target: bool
    oid: int
    placed_at: int


class ChainFunding(NamedTuple):
    """A funding payment of one hour; positive when received."""

    at: int
    coin: str
    usd: Decimal
    quantity: Decimal


class WalletValuePoint(NamedTuple):
    """Value of a wallet at a moment, and its net deposits by then."""

    at: int
    value: Decimal
    deposits: Decimal


class MarkPrices(Protocol):
    """Prices of coins at any moment (milliseconds)."""

    def marks(self, at: int) -> MarkPriceLookup: ...


class SimulatedWallet(Protocol):
    """One address. Times are milliseconds; nothing later than `now` is shown."""

    name: str
    address: str
    fill_log: FillLog

    def exchanges(self) -> Sequence[str]: ...
    def exchange_account(self, exchange: str, now: int) -> ExchangeAccount: ...
    def terms(self, coin: str) -> PositionTerms: ...
    def triggers(self, now: int) -> Sequence[TriggerOrder]: ...
    def payments(self, first: int, last: int) -> Sequence[ChainFunding]: ...
    def value_points(self, now: int, prices: MarkPrices) -> Iterator[WalletValuePoint]: ...


class UnusedWallet:
    """An address that was never used."""

    name = ""

    def __init__(self, address: str) -> None:
        self.address = address
        self.fill_log = FillLog(0)

    def exchanges(self) -> Sequence[str]:
        return ()

    def exchange_account(self, exchange: str, now: int) -> ExchangeAccount:
        return ExchangeAccount()

    def terms(self, coin: str) -> PositionTerms:
        return PositionTerms()

    def triggers(self, now: int) -> Sequence[TriggerOrder]:
        return ()

    def payments(self, first: int, last: int) -> Sequence[ChainFunding]:
        return ()

    def value_points(self, now: int, prices: MarkPrices) -> Iterator[WalletValuePoint]:
        return iter(())


def derive_address(*names: object) -> str:
    """A wallet's address; equal names give equal addresses."""
    return "0x" + hashlib.sha256(":".join(map(str, names)).encode()).hexdigest()[:40]


def derive_id(*names: object) -> int:
    """An id of a trade or an order, below 2^53; equal names give equal ids."""
    digest = hashlib.blake2b(":".join(map(str, names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 10**15


def exchange_of(coin: str) -> str:
    """The exchange of a coin: `xyz` of `xyz:NVDA`, the main exchange of `BTC`."""
    return coin.partition(":")[0] if ":" in coin else MAIN_EXCHANGE


def to_exact_decimal(value: float) -> Decimal:
    """A float of the arena as the decimal it prints as, rounded to the millionth."""
    return Decimal(repr(value)).quantize(MILLIONTH).normalize() + ZERO_AMOUNT


class _AccountRow(msgspec.Struct):
    id: str
    timestamp: float
    dollar_equity: float


class ArenaWallet:
    """The wallet of the simulated arena's account `index`; created before the season begins.

    It records the account's executions and nothing else. The time of a fill is the end of its step, when
    the arena's rows begin to show it, so that arena and chain agree at every moment.
    """

    def __init__(self, season: SimulatedSeason, index: int, seed: int) -> None:
        self._season = season
        self._trader = season.traders[index]
        if self._trader.has_begun:
            raise ValueError("the chain must be created before the arena's first step")
        self.name = self._trader.profile.id
        self.address = derive_address(seed, self.name)
        self.fill_log = FillLog(MAX_WALLET_FILLS)
        self._account = ExchangeAccount(deposits=Decimal(int(CAPITAL_USD)))
        self._count = 0
        self._trader.account.on_execution = self._record_execution

    def _record_execution(self, execution: Execution) -> None:
        coin = COIN_SPECS[execution.coin].symbol
        quantity, price, fee = (
            to_exact_decimal(execution.quantity),
            to_exact_decimal(execution.price),
            to_exact_decimal(execution.fee),
        )
        at, start = int(self._season.market.end * 1000), self._account.position_size(coin)
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
                closed_pnl=self._account.fill_order(coin, quantity, price, fee, at),
                oid=execution.oid if execution.oid != ABSENT_OID else number % 10**12,
                tid=number,
                crossed=execution.crossed,
                liquidated=execution.liquidated,
            )
        )

    def exchanges(self) -> Sequence[str]:
        return (MAIN_EXCHANGE,)

    def exchange_account(self, exchange: str, now: int) -> ExchangeAccount:
        return self._account if exchange == MAIN_EXCHANGE and self._has_begun(now) else ExchangeAccount()

    def terms(self, coin: str) -> PositionTerms:
        position = next(
            h for h in self._trader.account.positions.values() if COIN_SPECS[h.coin].symbol == coin
        )
        if self._trader.profile.is_benchmark:
            return PositionTerms(leverage=position.leverage)
        return PositionTerms(
            position.leverage, to_exact_decimal(position.margin), to_exact_decimal(position.liquidation_price)
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
        if not self._has_begun(now):
            return
        capital = self._account.deposits
        yield WalletValuePoint(int(self._trader.inception * 1000), capital, capital)
        prefix = f'{{"id":"{self.name}_'.encode()
        for row in self._season.archive.rows:
            if row.payload.startswith(prefix):
                parsed = msgspec.json.decode(row.payload, type=_AccountRow)
                if parsed.id.rpartition("_")[0] == self.name:
                    yield WalletValuePoint(
                        int(parsed.timestamp * 1000), to_exact_decimal(parsed.dollar_equity), capital
                    )
        yield WalletValuePoint(now, self._account.value(prices.marks(now)), capital)

    def _has_begun(self, now: int) -> bool:
        return self._trader.has_begun and self._trader.inception * 1000 <= now
