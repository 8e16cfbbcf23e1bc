"""Wallets on the simulated chain that follow a script: histories richer than the arena's."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from nof1tui.sources.simulated.chain.exchange_account import (
    MILLIONTH,
    ZERO_AMOUNT,
    ChainFill,
    ExchangeAccount,
    FillLog,
)
from nof1tui.sources.simulated.chain.wallets import (
    MAIN_EXCHANGE,
    MAX_WALLET_FILLS,
    ChainFunding,
    MarkPrices,
    PositionTerms,
    TriggerOrder,
    WalletValuePoint,
    derive_address,
    derive_id,
    exchange_of,
)

Amount = Decimal | str | int
_TAKER_FEE_RATE = Decimal("0.00045")


class QuoteSeries:
    """What coins cost, from moments on (milliseconds)."""

    def __init__(self) -> None:
        self._series: dict[str, list[tuple[int, Decimal]]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def set(self, coin: str, price: Decimal, at: int) -> None:
        insort(self._series.setdefault(coin, []), (at, price), key=_quote_time)

    def at(self, coin: str, moment: int) -> tuple[int, Decimal] | None:
        """The price that holds at a moment, and since when."""
        series = self._series.get(coin, [])
        known = bisect_right(series, moment, key=_quote_time)
        return series[known - 1] if known else None


class _ScriptStep(NamedTuple):
    """One line of a script. Which coin nothing is said of is a deposit, without a price it is funding."""

    at: int
    exchange: str
    amount: Decimal
    coin: str = ""
    price: Decimal | None = None
    fee: Decimal = ZERO_AMOUNT

    def apply(self, books: dict[str, ExchangeAccount]) -> Decimal:
        """Book it; answers with the P&L of what it closed."""
        book = books.setdefault(self.exchange, ExchangeAccount())
        if not self.coin:
            book.deposits += self.amount
        elif self.price is None:
            book.book_funding(self.coin, self.amount)
        else:
            return book.fill_order(self.coin, self.amount, self.price, self.fee, self.at)
        return ZERO_AMOUNT


class ScriptedWallet:
    """A wallet to which happens what a script says, in the order of time.

    Figures are exact: decimals, or texts of them. A coin of a builder's exchange is written
    `xyz:NVDA`, and that exchange has deposits of its own. Raises ValueError for what cannot be:
    time that goes back, nothing traded, more decimals than the chain has.
    """

    def __init__(self, name: str, *, address: str | None = None, leverage: int = 10) -> None:
        self.name = name
        self.address = address or derive_address("script", name)
        self.fill_log = FillLog(MAX_WALLET_FILLS)
        self.quotes = QuoteSeries()
        """What it traded at, which is the price of coins that nobody else quotes."""
        self._leverage = leverage
        self._steps: list[_ScriptStep] = []
        self._payments: list[ChainFunding] = []
        self._triggers: dict[tuple[str, bool], TriggerOrder] = {}
        self._current_accounts: dict[str, ExchangeAccount] = {MAIN_EXCHANGE: ExchangeAccount()}
        self._replayed_accounts: tuple[int, dict[str, ExchangeAccount]] = (
            0,
            {MAIN_EXCHANGE: ExchangeAccount()},
        )

    def deposit(self, usd: Amount, at: datetime, *, exchange: str = MAIN_EXCHANGE) -> None:
        """Pay in, or out when negative."""
        self._add(_ScriptStep(_ms(at), exchange, _exact(usd)))

    def trade(
        self,
        coin: str,
        quantity: Amount,
        price: Amount,
        at: datetime,
        *,
        fee: Amount | None = None,
        oid: int | None = None,
        crossed: bool = True,
        liquidated: bool = False,
    ) -> ChainFill:
        """Buy, or sell a negative quantity; the fee is a taker's unless it is given."""
        size, paid = _exact(quantity), _exact(price)
        if not size or paid <= 0:
            raise ValueError(f"{coin}: nobody trades {quantity} at {price}")
        notional = abs(_exact(size * paid))
        cost = (notional * _TAKER_FEE_RATE).quantize(MILLIONTH) if fee is None else _exact(fee)
        act = _ScriptStep(_ms(at), exchange_of(coin), size, coin, paid, cost)
        start = (
            self._current_accounts[act.exchange].position_size(coin)
            if act.exchange in self._current_accounts
            else ZERO_AMOUNT
        )
        closed_pnl = self._add(act)
        number = derive_id(self.address, len(self._steps))
        order = number % 10**12 if oid is None else oid
        fill = ChainFill(
            act.at, coin, size, paid, cost, start, closed_pnl, order, number, crossed, liquidated
        )
        self.fill_log.append(fill)
        self.quotes.set(coin, paid, act.at)
        return fill

    def liquidate(self, coin: str, price: Amount, at: datetime) -> ChainFill:
        """The whole position is taken and closed at the market."""
        return self.trade(coin, -self.held(coin), price, at, liquidated=True)

    def fund(self, coin: str, usd: Amount, at: datetime) -> None:
        """Receive funding for a position, or pay a negative amount."""
        act = _ScriptStep(_ms(at), exchange_of(coin), _exact(usd), coin)
        self._add(act)
        self._payments.append(ChainFunding(act.at, coin, act.amount, self.held(coin)))

    def place_triggers(
        self, coin: str, at: datetime, *, target: Amount | None = None, stop: Amount | None = None
    ) -> None:
        """Place a target and a stop for the whole position; None takes one away."""
        for price, wins in ((target, True), (stop, False)):
            self._triggers.pop((coin, wins), None)
            if price is not None:
                number = derive_id(self.address, coin, wins, at) % 10**12
                waiting = TriggerOrder(coin, self.held(coin), _exact(price), wins, number, _ms(at))
                self._triggers[coin, wins] = waiting

    def held(self, coin: str) -> Decimal:
        """The signed position at the end of the script."""
        book = self._current_accounts.get(exchange_of(coin))
        return book.position_size(coin) if book else ZERO_AMOUNT

    def exchanges(self) -> Sequence[str]:
        return list(self._current_accounts)

    def exchange_account(self, exchange: str, now: int) -> ExchangeAccount:
        return self._books(now).get(exchange, ExchangeAccount())

    def terms(self, coin: str) -> PositionTerms:
        return PositionTerms(self._leverage)

    def triggers(self, now: int) -> Sequence[TriggerOrder]:
        """Those placed by now, in the size of what is held now."""
        sized = [
            trigger._replace(
                quantity=self.exchange_account(exchange_of(trigger.coin), now).position_size(trigger.coin)
            )
            for trigger in self._triggers.values()
            if trigger.placed_at <= now
        ]
        return [trigger for trigger in sized if trigger.quantity]

    def payments(self, first: int, last: int) -> Sequence[ChainFunding]:
        return [payment for payment in self._payments if first <= payment.at <= last]

    def value_points(self, now: int, prices: MarkPrices) -> Iterator[WalletValuePoint]:
        """After everything that happened, and now."""
        books: dict[str, ExchangeAccount] = {}
        known = [act for act in self._steps if act.at <= now]
        if not known:
            return
        for act, following in zip(known, [*(act.at for act in known[1:]), None], strict=True):
            act.apply(books)
            if act.at != following:
                yield _point(books, act.at, prices)
        if known[-1].at < now:
            yield _point(books, now, prices)

    def _add(self, act: _ScriptStep) -> Decimal:
        if self._steps and act.at < self._steps[-1].at:
            raise ValueError(f"{self.name}: a script goes forward in time, {act} does not")
        self._steps.append(act)
        return act.apply(self._current_accounts)

    def _books(self, now: int) -> dict[str, ExchangeAccount]:
        """The books as of now, carried on from where the last question left them."""
        done, books = self._replayed_accounts
        if done and self._steps[done - 1].at > now:
            done, books = 0, {MAIN_EXCHANGE: ExchangeAccount()}
        while done < len(self._steps) and self._steps[done].at <= now:
            self._steps[done].apply(books)
            done += 1
        self._replayed_accounts = (done, books)
        return books


def _point(books: dict[str, ExchangeAccount], at: int, prices: MarkPrices) -> WalletValuePoint:
    marks = prices.marks(at)
    value = sum((book.value(marks) for book in books.values()), ZERO_AMOUNT)
    return WalletValuePoint(at, value, sum((book.deposits for book in books.values()), ZERO_AMOUNT))


def _quote_time(quoted: tuple[int, Decimal]) -> int:
    return quoted[0]


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _exact(amount: Amount) -> Decimal:
    """Raises ValueError for more than six decimals."""
    figure = Decimal(amount)
    if figure != figure.quantize(MILLIONTH):
        raise ValueError(f"the chain has six decimals, {figure} has more")
    return figure
