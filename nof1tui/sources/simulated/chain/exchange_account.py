"""A wallet's account and fills on the simulated chain, in exact decimals.

At every moment

    account value = deposits + closed P&L - fees + funding + unrealised P&L

holds to the last digit: a closed quantity is booked at its share of the cost, rounded to the millionth
as on the real chain, and the rest of the cost stays with the open quantity.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

ZERO_AMOUNT = Decimal(0)
MILLIONTH = Decimal("0.000001")
MarkPriceLookup = Callable[[str], Decimal]
"""The price of a coin at one moment."""


class ChainFill(NamedTuple):
    """One execution on the chain; `quantity` is negative for a sale, times are milliseconds."""

    at: int
    coin: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    start_position: Decimal
    """The signed position before the fill."""
    closed_pnl: Decimal
    """P&L before fees."""
    oid: int
    tid: int
    crossed: bool = True
    liquidated: bool = False


@dataclass(slots=True)
class ExchangePosition:
    """An open position."""

    quantity: Decimal = ZERO_AMOUNT
    cost: Decimal = ZERO_AMOUNT
    """Quantity times entry price, negative for a short."""
    opened_at: int = 0
    funding: Decimal = ZERO_AMOUNT
    """Funding received since it was opened."""

    def value(self, mark: Decimal) -> Decimal:
        """Value at this price; negative for a short."""
        return self.quantity * mark

    def unrealised(self, mark: Decimal) -> Decimal:
        return self.value(mark) - self.cost


@dataclass(slots=True)
class ExchangeAccount:
    """Balance and positions of one wallet on one exchange of the chain."""

    deposits: Decimal = ZERO_AMOUNT
    closed_pnl: Decimal = ZERO_AMOUNT
    fees: Decimal = ZERO_AMOUNT
    funding: Decimal = ZERO_AMOUNT
    positions: dict[str, ExchangePosition] = field(default_factory=dict)
    funding_by_coin: dict[str, Decimal] = field(default_factory=dict)

    @property
    def cash(self) -> Decimal:
        """Account value if all positions were worth nothing; the chain's `rawUsd`."""
        paid = sum((position.cost for position in self.positions.values()), ZERO_AMOUNT)
        return self.deposits + self.closed_pnl - self.fees + self.funding - paid

    def unrealised(self, marks: MarkPriceLookup) -> Decimal:
        return sum(
            (position.unrealised(marks(coin)) for coin, position in self.positions.items()), ZERO_AMOUNT
        )

    def value(self, marks: MarkPriceLookup) -> Decimal:
        return self.cash + sum(
            (position.value(marks(coin)) for coin, position in self.positions.items()), ZERO_AMOUNT
        )

    def position_size(self, coin: str) -> Decimal:
        position = self.positions.get(coin)
        return position.quantity if position else ZERO_AMOUNT

    def fill_order(self, coin: str, quantity: Decimal, price: Decimal, fee: Decimal, at: int) -> Decimal:
        """Fill an order; returns the P&L of the closed quantity, before the fee."""
        position = self.positions.get(coin) or ExchangePosition(opened_at=at)
        closed, cost = ZERO_AMOUNT, ZERO_AMOUNT
        if position.quantity * quantity < 0:
            closed = max(quantity, -position.quantity) if quantity < 0 else min(quantity, -position.quantity)
            whole = closed == -position.quantity
            cost = (
                position.cost if whole else (position.cost * -closed / position.quantity).quantize(MILLIONTH)
            )
            if whole:
                position.opened_at, position.funding = at, ZERO_AMOUNT
        pnl = -closed * price - cost
        position.quantity += quantity
        position.cost += (quantity - closed) * price - cost
        self.closed_pnl += pnl
        self.fees += fee
        if position.quantity:
            self.positions[coin] = position
        else:
            del self.positions[coin]
        return pnl

    def book_funding(self, coin: str, usd: Decimal) -> None:
        """Book a funding payment; positive was received."""
        self.funding += usd
        self.funding_by_coin[coin] = self.funding_by_coin.get(coin, ZERO_AMOUNT) + usd
        if coin in self.positions:
            self.positions[coin].funding += usd


class FillLog:
    """Fills in time order, packed into integers (millionths): about ninety bytes each.

    Keeps the newest `limit`, the number that the chain serves.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._coins: list[str] = []
        self._times = array("q")
        self._figures = array("q")

    def __len__(self) -> int:
        return len(self._times)

    def append(self, fill: ChainFill) -> None:
        if fill.coin not in self._coins:
            self._coins.append(fill.coin)
        self._times.append(fill.at)
        amounts = (fill.quantity, fill.price, fill.fee, fill.start_position, fill.closed_pnl)
        self._figures.extend(int(amount.scaleb(6)) for amount in amounts)
        flags = fill.crossed + 2 * fill.liquidated
        self._figures.extend((self._coins.index(fill.coin), fill.oid, fill.tid, flags))
        if len(self._times) > self._limit + self._limit // 8:
            self._drop(len(self._times) - self._limit)

    def index_range(self, first: int, last: int) -> range:
        """Indices of the fills between these milliseconds, both included, among the newest `limit`."""
        lowest = max(0, len(self._times) - self._limit)
        begin = max(lowest, bisect_left(self._times, first))
        return range(begin, max(begin, bisect_right(self._times, last)))

    def fill_at(self, index: int) -> ChainFill:
        row = self._figures[index * _FIGURES_PER_FILL : (index + 1) * _FIGURES_PER_FILL]
        quantity, price, fee, start, closed_pnl = (Decimal(figure).scaleb(-6) for figure in row[:5])
        coin, oid, tid, flags = row[5:]
        return ChainFill(
            self._times[index], self._coins[coin], quantity, price, fee, start, closed_pnl, oid, tid,
            crossed=bool(flags & 1), liquidated=bool(flags & 2),
        )  # fmt: skip

    def __iter__(self) -> Iterator[ChainFill]:
        return map(self.fill_at, range(len(self)))

    def _drop(self, count: int) -> None:
        del self._times[:count]
        del self._figures[: count * _FIGURES_PER_FILL]


_FIGURES_PER_FILL = 9
