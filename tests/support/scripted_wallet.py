"""Wallets that follow a script, and a simulated chain of them: histories richer than the arena's."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
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
from nof1tui.sources.simulated.chain.transport import PageOrder, SimulatedChain
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
    """Prices of coins, each valid from a moment on (milliseconds)."""

    def __init__(self) -> None:
        self._series: dict[str, list[tuple[int, Decimal]]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def set(self, coin: str, price: Decimal, at: int) -> None:
        """Add a price that is valid from `at` on."""
        insort(self._series.setdefault(coin, []), (at, price), key=_quote_time)

    def at(self, coin: str, moment: int) -> tuple[int, Decimal] | None:
        """The moment from which the price at this moment is valid, and the price."""
        series = self._series.get(coin, [])
        known = bisect_right(series, moment, key=_quote_time)
        return series[known - 1] if known else None


class _ScriptStep(NamedTuple):
    """One line of a script: a deposit without a coin, a funding payment without a price, else a trade."""

    at: int
    exchange: str
    amount: Decimal
    coin: str = ""
    price: Decimal | None = None
    fee: Decimal = ZERO_AMOUNT

    def apply(self, accounts: dict[str, ExchangeAccount]) -> Decimal:
        """Apply the step to the accounts; returns the P&L of what it closed."""
        account = accounts.setdefault(self.exchange, ExchangeAccount())
        if not self.coin:
            account.deposits += self.amount
        elif self.price is None:
            account.book_funding(self.coin, self.amount)
        else:
            return account.fill_order(self.coin, self.amount, self.price, self.fee, self.at)
        return ZERO_AMOUNT


class ScriptedWallet:
    """A wallet whose history is written in a test, in time order.

    Amounts are exact: decimals, or text for them. A coin of a builder's exchange is written
    `xyz:NVDA`, and that exchange has deposits of its own. Raises ValueError for impossible steps:
    time running backwards, a trade of nothing, more decimals than the chain has.
    """

    def __init__(self, name: str, *, address: str | None = None, leverage: int = 10) -> None:
        self.name = name
        self.address = address or derive_address("script", name)
        self.fill_log = FillLog(MAX_WALLET_FILLS)
        self.quotes = QuoteSeries()
        """Prices it traded at: the prices of coins without a quote."""
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
        """Deposit, or withdraw a negative amount."""
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
        """Buy, or sell a negative quantity; the default fee is a taker's."""
        size, fill_price = _exact(quantity), _exact(price)
        if not size or fill_price <= 0:
            raise ValueError(f"{coin}: cannot trade {quantity} at {price}")
        notional = abs(_exact(size * fill_price))
        cost = (notional * _TAKER_FEE_RATE).quantize(MILLIONTH) if fee is None else _exact(fee)
        step = _ScriptStep(_ms(at), exchange_of(coin), size, coin, fill_price, cost)
        start = (
            self._current_accounts[step.exchange].position_size(coin)
            if step.exchange in self._current_accounts
            else ZERO_AMOUNT
        )
        closed_pnl = self._add(step)
        number = derive_id(self.address, len(self._steps))
        order = number % 10**12 if oid is None else oid
        fill = ChainFill(
            step.at, coin, size, fill_price, cost, start, closed_pnl, order, number, crossed, liquidated
        )
        self.fill_log.append(fill)
        self.quotes.set(coin, fill_price, step.at)
        return fill

    def liquidate(self, coin: str, price: Amount, at: datetime) -> ChainFill:
        """Liquidate the whole position at this price."""
        return self.trade(coin, -self.position_size(coin), price, at, liquidated=True)

    def fund(self, coin: str, usd: Amount, at: datetime) -> None:
        """Receive funding for a position, or pay a negative amount."""
        step = _ScriptStep(_ms(at), exchange_of(coin), _exact(usd), coin)
        self._add(step)
        self._payments.append(ChainFunding(step.at, coin, step.amount, self.position_size(coin)))

    def place_triggers(
        self, coin: str, at: datetime, *, target: Amount | None = None, stop: Amount | None = None
    ) -> None:
        """Place a target and a stop for the whole position; None removes one."""
        for price, wins in ((target, True), (stop, False)):
            self._triggers.pop((coin, wins), None)
            if price is not None:
                number = derive_id(self.address, coin, wins, at) % 10**12
                trigger = TriggerOrder(coin, self.position_size(coin), _exact(price), wins, number, _ms(at))
                self._triggers[coin, wins] = trigger

    def position_size(self, coin: str) -> Decimal:
        """The signed position at the end of the script."""
        account = self._current_accounts.get(exchange_of(coin))
        return account.position_size(coin) if account else ZERO_AMOUNT

    def exchanges(self) -> Sequence[str]:
        return list(self._current_accounts)

    def exchange_account(self, exchange: str, now: int) -> ExchangeAccount:
        return self._accounts_at(now).get(exchange, ExchangeAccount())

    def terms(self, coin: str) -> PositionTerms:
        return PositionTerms(self._leverage)

    def triggers(self, now: int) -> Sequence[TriggerOrder]:
        """Orders placed by now, sized to the position held now."""
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
        """The value after each moment with a step, and now."""
        accounts: dict[str, ExchangeAccount] = {}
        known = [step for step in self._steps if step.at <= now]
        if not known:
            return
        for step, following in zip(known, [*(step.at for step in known[1:]), None], strict=True):
            step.apply(accounts)
            if step.at != following:
                yield _point(accounts, step.at, prices)
        if known[-1].at < now:
            yield _point(accounts, now, prices)

    def _add(self, step: _ScriptStep) -> Decimal:
        if self._steps and step.at < self._steps[-1].at:
            raise ValueError(f"{self.name}: a script moves forward in time, {step} does not")
        self._steps.append(step)
        return step.apply(self._current_accounts)

    def _accounts_at(self, now: int) -> dict[str, ExchangeAccount]:
        """The accounts as of now, continued from the previous call."""
        done, accounts = self._replayed_accounts
        if done and self._steps[done - 1].at > now:
            done, accounts = 0, {MAIN_EXCHANGE: ExchangeAccount()}
        while done < len(self._steps) and self._steps[done].at <= now:
            self._steps[done].apply(accounts)
            done += 1
        self._replayed_accounts = (done, accounts)
        return accounts


class ScriptedQuotes:
    """Prices set by a test, else those of the newest fill of any wallet (`transport.PriceQuotes`)."""

    def __init__(self, wallets: Sequence[ScriptedWallet]) -> None:
        self._wallets = wallets
        self.set_prices = QuoteSeries()

    def coins(self, at: int) -> Iterator[str]:
        for series in (self.set_prices, *(wallet.quotes for wallet in self._wallets)):
            yield from (coin for coin in series if series.at(coin, at))

    def price(self, coin: str, at: int) -> Decimal | None:
        quote = self.set_prices.at(coin, at)
        if quote is None:
            fills = (wallet.quotes.at(coin, at) for wallet in self._wallets)
            quote = max(filter(None, fills), default=None)
        return None if quote is None else quote[1]


class ScriptedChain(SimulatedChain):
    """A simulated chain of scripted wallets."""

    def __init__(self, wallets: Iterable[ScriptedWallet], *, pages: PageOrder = "oldest") -> None:
        scripted = list(wallets)
        self._scripted_quotes = ScriptedQuotes(scripted)
        super().__init__(wallets=scripted, quotes=self._scripted_quotes, pages=pages)

    def set_price(self, coin: str, price: Amount, since: datetime) -> None:
        """Set a coin's price from a moment on; without one it is the price of the newest fill."""
        self._scripted_quotes.set_prices.set(coin, Decimal(price), _ms(since))


def _point(accounts: dict[str, ExchangeAccount], at: int, prices: MarkPrices) -> WalletValuePoint:
    marks = prices.marks(at)
    value = sum((account.value(marks) for account in accounts.values()), ZERO_AMOUNT)
    return WalletValuePoint(at, value, sum((account.deposits for account in accounts.values()), ZERO_AMOUNT))


def _quote_time(quote: tuple[int, Decimal]) -> int:
    return quote[0]


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _exact(amount: Amount) -> Decimal:
    """Raises ValueError for more than six decimals."""
    value = Decimal(amount)
    if value != value.quantize(MILLIONTH):
        raise ValueError(f"the chain has six decimals, {value} has more")
    return value
