"""A simulated chain behind an httpx transport: the info endpoint (contract 6) over the simulated arena.

At the same moment of the same clock arena and chain report the same equity, positions, fees and fills,
so that a comparison of both has a known answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

import httpx
import msgspec

from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.arena.market import COIN_SPECS
from nof1tui.sources.simulated.chain import payloads as records
from nof1tui.sources.simulated.chain.exchange_account import MarkPriceLookup
from nof1tui.sources.simulated.chain.rate_limit import WeightMeter
from nof1tui.sources.simulated.chain.wallets import (
    MAIN_EXCHANGE,
    ArenaWallet,
    SimulatedWallet,
    UnusedWallet,
    exchange_of,
    to_exact_decimal,
)

_PAGE_ITEMS = 2_000
PageOrder = Literal["oldest", "newest"]
"""The end of a long history that a page of fills shows."""
_JsonObject = dict[str, Any]


class InvalidInfoRequest(ValueError):
    """A request that the endpoint does not understand."""


class PriceQuotes(Protocol):
    """Prices of coins beside those of the arena; moments are milliseconds."""

    def coins(self, at: int) -> Iterable[str]:
        """The coins with a price at this moment."""
        ...

    def price(self, coin: str, at: int) -> Decimal | None:
        """A coin's price at this moment; None leaves it to the arena."""
        ...


class SimulatedChain:
    """The chain beneath a simulated arena that has not begun yet, or beneath other wallets.

    `pages` selects the part of a longer history that a page of fills shows: the oldest 2,000 in time
    order, or the newest 2,000, newest first. The contract leaves open which one the real endpoint shows.
    """

    def __init__(
        self,
        arena: SimulatedArena | None = None,
        wallets: Iterable[SimulatedWallet] = (),
        *,
        quotes: PriceQuotes | None = None,
        pages: PageOrder = "oldest",
    ) -> None:
        self._arena = arena
        self._pages = pages
        self._quotes = quotes
        of_arena: list[SimulatedWallet] = (
            [ArenaWallet(arena.season, index, arena.seed) for index in range(len(arena.season.traders))]
            if arena
            else []
        )
        self._by_address = {wallet.address: wallet for wallet in (*of_arena, *wallets)}

    @property
    def wallets(self) -> Mapping[str, str]:
        """Addresses by the trader's id."""
        return {wallet.name: address for address, wallet in self._by_address.items()}

    def traders_toml(self) -> str:
        """The `[[trader]]` tables of a `config.toml` that watches these wallets."""
        return "\n".join(f'[[trader]]\nid = "{n}"\nwallet = "{a}"\n' for n, a in self.wallets.items())

    def slices(self, now: datetime) -> Iterator[None]:
        """Advance the arena to `now`, yielding every few milliseconds."""
        if self._arena:
            yield from self._arena.season.slices(now.timestamp())

    def marks(self, at: int) -> MarkPriceLookup:
        """Prices at a moment (milliseconds): quoted ones, else the arena's. Raises KeyError without one."""

        def mark(coin: str) -> Decimal:
            quoted = self._quotes.price(coin, at) if self._quotes else None
            if quoted is not None:
                return quoted
            if self._arena is None:
                raise KeyError(coin)
            return to_exact_decimal(self._arena.season.market.price(_COIN_INDEX[coin], at / 1000.0))

        return mark

    def answer(self, request: _JsonObject, now: datetime) -> Any:
        """The endpoint's answer at `now`, to which `slices` has been run. Raises InvalidInfoRequest."""
        kind, at = request.get("type"), int(now.timestamp() * 1000)
        if kind == "allMids":
            return self._mids(_exchange(request), at)
        if kind not in _WALLET_KINDS:
            raise InvalidInfoRequest(f"unknown type {kind}")
        address = _address(request)
        wallet = self._by_address.get(address) or UnusedWallet(address)
        match kind:
            case "clearinghouseState":
                account = wallet.exchange_account(_exchange(request), at)
                return records.build_state_payload(wallet, account, self.marks(at), at)
            case "userFillsByTime":
                return self._fills(wallet, request, at)
            case "userFunding":
                payments = wallet.payments(*_range(request, at))
                oldest_first = self._pages == "oldest"
                page = payments[:_PAGE_ITEMS] if oldest_first else payments[: -_PAGE_ITEMS - 1 : -1]
                return [records.build_funding_payload(address, payment) for payment in page]
            case "portfolio":
                fills = (fill for fill in wallet.fill_log if fill.at <= at)
                return records.build_portfolio_payload(list(wallet.value_points(at, self)), fills, at)
            case "frontendOpenOrders":
                exchange = _exchange(request)
                triggers = (t for t in wallet.triggers(at) if exchange_of(t.coin) == exchange)
                return [records.build_order_payload(trigger) for trigger in triggers]
            case "userRole":
                return {"role": "user" if address in self._by_address else "missing"}
            case _:
                volume = sum((abs(f.quantity) * f.price for f in wallet.fill_log if f.at <= at), Decimal(0))
                cap = 10_000 + int(volume)
                return {"cumVlm": records.format_amount(volume), "nRequestsUsed": 0, "nRequestsCap": cap}

    def _fills(self, wallet: SimulatedWallet, request: _JsonObject, at: int) -> list[_JsonObject]:
        first, last = _range(request, at)
        indices = wallet.fill_log.index_range(first, min(last, at))
        if self._pages == "oldest":
            return [
                records.build_fill_payload(wallet.address, wallet.fill_log.fill_at(index))
                for index in indices[:_PAGE_ITEMS]
            ]
        newest = [wallet.fill_log.fill_at(index) for index in indices[-_PAGE_ITEMS:]]
        newest.sort(key=lambda fill: fill.at, reverse=True)
        return [records.build_fill_payload(wallet.address, fill) for fill in newest]

    def _mids(self, exchange: str, at: int) -> dict[str, str]:
        mark = self.marks(at)
        of_arena = _COIN_INDEX if self._arena else ()
        coins = dict.fromkeys((*of_arena, *(self._quotes.coins(at) if self._quotes else ())))
        return {coin: records.format_amount(mark(coin)) for coin in coins if exchange_of(coin) == exchange}


class SimulatedChainTransport(httpx.AsyncBaseTransport):
    """Serves a chain's `POST …/info` at the clock's time; `meter` counts the weight spent."""

    def __init__(self, chain: SimulatedChain, clock: Callable[[], datetime]) -> None:
        self._chain = chain
        self._clock = clock
        self.meter = WeightMeter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        if not request.url.path.rstrip("/").endswith("/info"):
            return httpx.Response(404, text="404 page not found", request=request)
        if request.method != "POST":
            return httpx.Response(405, request=request)
        now = self._clock()
        for _ in self._chain.slices(now):
            await asyncio.sleep(0)
        status, body = answer_info_request(self._chain, self.meter, content, now)
        kind = "application/json" if status == 200 else "text/plain; charset=utf-8"
        return httpx.Response(status, content=body, headers={"Content-Type": kind}, request=request)


def answer_info_request(
    chain: SimulatedChain, meter: WeightMeter, content: bytes, now: datetime
) -> tuple[int, bytes]:
    """Status and body of the answer to a request's body; charges its weight. Run `slices` to `now` first."""
    at = int(now.timestamp() * 1000)
    try:
        request = msgspec.json.decode(content, type=dict[str, Any])
        kind = str(request.get("type"))
        if not meter.try_admit(kind, at):
            return 429, b"Too Many Requests"
        answer = chain.answer(request, now)
    except (msgspec.DecodeError, InvalidInfoRequest) as error:
        return 422, f"Failed to deserialize the JSON body into the target type: {error}".encode()
    meter.charge(kind, len(answer), at)
    return 200, msgspec.json.encode(answer)


_COIN_INDEX = {coin.symbol: index for index, coin in enumerate(COIN_SPECS)}
_WALLET_KINDS = frozenset(
    {"clearinghouseState", "userFillsByTime", "userFunding", "portfolio", "frontendOpenOrders",
     "userRole", "userRateLimit"}
)  # fmt: skip


def _address(request: _JsonObject) -> str:
    user = request.get("user")
    if not isinstance(user, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", user):
        raise InvalidInfoRequest("missing or invalid field `user`")
    return user.lower()


def _exchange(request: _JsonObject) -> str:
    exchange = request.get("dex", MAIN_EXCHANGE)
    if not isinstance(exchange, str):
        raise InvalidInfoRequest("invalid field `dex`")
    return exchange


def _range(request: _JsonObject, now: int) -> tuple[int, int]:
    first, last = request.get("startTime"), request.get("endTime")
    if type(first) is not int or (last is not None and type(last) is not int):
        raise InvalidInfoRequest("missing or invalid field `startTime` or `endTime`")
    return first, now if last is None else last
