"""A simulated chain under httpx: the info endpoint (contract 6) over the same books as the simulated arena.

Whoever asks the arena and the chain at the same moment of the same clock is told the same equity,
positions, fees and fills, so that a comparison of both has a true answer.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import httpx
import msgspec

from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.arena.market import COIN_SPECS
from nof1tui.sources.simulated.chain import payloads as records
from nof1tui.sources.simulated.chain.exchange_account import MarkPriceLookup
from nof1tui.sources.simulated.chain.scripted_wallet import QuoteSeries, ScriptedWallet
from nof1tui.sources.simulated.chain.wallets import (
    MAIN_EXCHANGE,
    ArenaWallet,
    SimulatedWallet,
    exchange_of,
    to_exact_decimal,
)

_WEIGHT_BUDGET, _WINDOW_MS = 1_200, 60_000
_LIGHT_WEIGHT, _ROLE_WEIGHT, _USUAL_WEIGHT = 2, 60, 20
_ITEMS_PER_WEIGHT = 20
_PAGE_ITEMS = 2_000
PageOrder = Literal["oldest", "newest"]
_JsonObject = dict[str, Any]


class InvalidInfoRequest(ValueError):
    """A question that the endpoint does not understand."""


class WeightMeter:
    """The weight that was spent, and what for; 1,200 in any minute and no more."""

    def __init__(self) -> None:
        self._spent: deque[tuple[int, int]] = deque()
        self.weight_by_kind: Counter[str] = Counter()
        """Weight by type of question, since ever."""
        self.requests_by_kind: Counter[str] = Counter()
        self.refused_count = 0
        self.peak_per_minute = 0
        """The most that was spent within a minute."""

    def spent(self, now: int) -> int:
        """Weight of the minute that ends now (milliseconds)."""
        while self._spent and self._spent[0][0] <= now - _WINDOW_MS:
            self._spent.popleft()
        return sum(weight for _, weight in self._spent)

    def try_admit(self, kind: str, now: int) -> bool:
        """Whether a question of this kind may be answered now."""
        admitted = self.spent(now) + _weight(kind) <= _WEIGHT_BUDGET
        self.refused_count += not admitted
        return admitted

    def charge(self, kind: str, items: int, now: int) -> None:
        weight = _weight(kind) + (items // _ITEMS_PER_WEIGHT if kind in _PAGED_KINDS else 0)
        self._spent.append((now, weight))
        self.weight_by_kind[kind] += weight
        self.requests_by_kind[kind] += 1
        self.peak_per_minute = max(self.peak_per_minute, self.spent(now))


class SimulatedChain:
    """The chain beneath a simulated arena that has not begun yet, or beneath scripted wallets alone, or both.

    `pages` says which part of a longer history a page of fills shows: its oldest 2,000 in the order
    of time, or its newest 2,000 with the newest first. Nobody knows which the real one does.
    """

    def __init__(
        self,
        arena: SimulatedArena | None = None,
        scripted: Iterable[ScriptedWallet] = (),
        *,
        pages: PageOrder = "oldest",
    ) -> None:
        self._arena = arena
        self._scripted = list(scripted)
        self._pages = pages
        self._quotes = QuoteSeries()
        of_arena = (
            [ArenaWallet(arena.season, index, arena.seed) for index in range(len(arena.season.traders))]
            if arena
            else []
        )
        wallets: list[SimulatedWallet] = [*of_arena, *self._scripted]
        self._by_address = {wallet.address: wallet for wallet in wallets}

    @property
    def wallets(self) -> Mapping[str, str]:
        """Addresses by the trader's id."""
        return {wallet.name: address for address, wallet in self._by_address.items()}

    def traders_toml(self) -> str:
        """What makes `config.toml` watch these wallets."""
        return "\n".join(f'[[trader]]\nid = "{n}"\nwallet = "{a}"\n' for n, a in self.wallets.items())

    def set_price(self, coin: str, price: Decimal | str | int, since: datetime) -> None:
        """What a coin costs from a moment on; without a word of it the last fill's price."""
        self._quotes.set(coin, Decimal(price), int(since.timestamp() * 1000))

    def slices(self, now: datetime) -> Iterator[None]:
        """Bring the arena to `now`, yielding every few milliseconds."""
        if self._arena:
            yield from self._arena.season.slices(now.timestamp())

    def marks(self, at: int) -> MarkPriceLookup:
        """Prices of a moment: quoted, the arena's, or those of the newest fill."""

        def mark(coin: str) -> Decimal:
            quoted = self._quotes.at(coin, at)
            if quoted is None:
                index = self._market().get(coin)
                if index is not None and self._arena:
                    return to_exact_decimal(self._arena.season.market.price(index, at / 1000.0))
                quoted = max(filter(None, (wallet.quotes.at(coin, at) for wallet in self._scripted)))
            return quoted[1]

        return mark

    def answer(self, question: _JsonObject, now: datetime) -> Any:
        """What the endpoint answers at `now`, to which `slices` has been run.

        Raises Malformed.
        """
        kind, at = question.get("type"), int(now.timestamp() * 1000)
        if kind == "allMids":
            return self._mids(_exchange(question), at)
        if kind not in _WALLET_KINDS:
            raise InvalidInfoRequest(f"unknown type {kind}")
        address = _address(question)
        wallet = self._by_address.get(address) or ScriptedWallet("nobody", address=address)
        match kind:
            case "clearinghouseState":
                book = wallet.exchange_account(_exchange(question), at)
                return records.build_state_payload(wallet, book, self.marks(at), at)
            case "userFillsByTime":
                return self._fills(wallet, question, at)
            case "userFunding":
                paid = wallet.payments(*_range(question, at))
                shown = paid[:_PAGE_ITEMS] if self._pages == "oldest" else paid[: -_PAGE_ITEMS - 1 : -1]
                return [records.build_funding_payload(address, payment) for payment in shown]
            case "portfolio":
                fills = (fill for fill in wallet.fill_log if fill.at <= at)
                return records.build_portfolio_payload(list(wallet.value_points(at, self)), fills, at)
            case "frontendOpenOrders":
                exchange = _exchange(question)
                waiting = (t for t in wallet.triggers(at) if exchange_of(t.coin) == exchange)
                return [records.build_order_payload(trigger) for trigger in waiting]
            case "userRole":
                return {"role": "user" if address in self._by_address else "missing"}
            case _:
                volume = sum((abs(f.quantity) * f.price for f in wallet.fill_log if f.at <= at), Decimal(0))
                cap = 10_000 + int(volume)
                return {"cumVlm": records.format_amount(volume), "nRequestsUsed": 0, "nRequestsCap": cap}

    def _fills(self, wallet: SimulatedWallet, question: _JsonObject, at: int) -> list[_JsonObject]:
        first, last = _range(question, at)
        found = wallet.fill_log.index_range(first, min(last, at))
        if self._pages == "oldest":
            return [
                records.build_fill_payload(wallet.address, wallet.fill_log.fill_at(index))
                for index in found[:_PAGE_ITEMS]
            ]
        newest = [wallet.fill_log.fill_at(index) for index in found[-_PAGE_ITEMS:]]
        newest.sort(key=lambda fill: fill.at, reverse=True)
        return [records.build_fill_payload(wallet.address, fill) for fill in newest]

    def _mids(self, exchange: str, at: int) -> dict[str, str]:
        mark = self.marks(at)
        traded = (coin for wallet in self._scripted for coin in wallet.quotes if wallet.quotes.at(coin, at))
        quoted = (coin for coin in self._quotes if self._quotes.at(coin, at))
        coins = dict.fromkeys((*self._market(), *quoted, *traded))
        return {coin: records.format_amount(mark(coin)) for coin in coins if exchange_of(coin) == exchange}

    def _market(self) -> Mapping[str, int]:
        return _COIN_INDEX if self._arena else {}


class SimulatedChainTransport(httpx.AsyncBaseTransport):
    """Serves a chain's `POST …/info` at the clock's moment; `meter` tells what was spent."""

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
    """Status and body for the body of a question, its weight charged; `slices` has been run to `now`."""
    at = int(now.timestamp() * 1000)
    try:
        question = msgspec.json.decode(content, type=dict[str, Any])
        kind = str(question.get("type"))
        if not meter.try_admit(kind, at):
            return 429, b"Too Many Requests"
        answer = chain.answer(question, now)
    except (msgspec.DecodeError, InvalidInfoRequest) as error:
        return 422, f"Failed to deserialize the JSON body into the target type: {error}".encode()
    meter.charge(kind, len(answer), at)
    return 200, msgspec.json.encode(answer)


_COIN_INDEX = {coin.symbol: index for index, coin in enumerate(COIN_SPECS)}
_LIGHT_KINDS = frozenset({"allMids", "clearinghouseState"})
_PAGED_KINDS = frozenset({"userFillsByTime", "userFunding"})
_WALLET_KINDS = frozenset(
    {"clearinghouseState", "userFillsByTime", "userFunding", "portfolio", "frontendOpenOrders",
     "userRole", "userRateLimit"}
)  # fmt: skip


def _weight(kind: str) -> int:
    if kind in _LIGHT_KINDS:
        return _LIGHT_WEIGHT
    return _ROLE_WEIGHT if kind == "userRole" else _USUAL_WEIGHT


def _address(question: _JsonObject) -> str:
    user = question.get("user")
    if not isinstance(user, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", user):
        raise InvalidInfoRequest("missing or invalid field `user`")
    return user.lower()


def _exchange(question: _JsonObject) -> str:
    exchange = question.get("dex", MAIN_EXCHANGE)
    if not isinstance(exchange, str):
        raise InvalidInfoRequest("invalid field `dex`")
    return exchange


def _range(question: _JsonObject, now: int) -> tuple[int, int]:
    first, last = question.get("startTime"), question.get("endTime")
    if type(first) is not int or (last is not None and type(last) is not int):
        raise InvalidInfoRequest("missing or invalid field `startTime` or `endTime`")
    return first, now if last is None else last
