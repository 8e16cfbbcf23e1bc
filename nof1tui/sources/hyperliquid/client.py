"""Hyperliquid's info endpoint, asked politely: typed answers, weights kept, history by the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec

from nof1tui.domain.batch import Reject, SchemaDrift
from nof1tui.domain.fills.fill import Fill, FundingPayment
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.decoding.schema_drift import KnownDrift
from nof1tui.sources.http.client import HttpClient
from nof1tui.sources.hyperliquid.decoder import AddressRole, InfoDecoder, MarketState
from nof1tui.sources.hyperliquid.rate_limit import (
    HEAVY_WEIGHT,
    LIGHT_WEIGHT,
    ROLE_WEIGHT,
    RateLimiter,
    page_weight,
)
from nof1tui.sources.hyperliquid.schema import OrderWire, PeriodWire

_T = TypeVar("_T")
_Item = TypeVar("_Item", Fill, FundingPayment)
_FetchPage = Callable[[datetime, datetime | None], Awaitable[list[_Item]]]
_INFO_PATH = "info"
_DEFAULT_RETRY_AFTER_S = 60.0
"""How long nothing is asked after a 429 that does not say for how long."""
CHAIN_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""The chain has nothing older."""
_TIME_RESOLUTION = timedelta(milliseconds=1)
"""The chain's times are no finer: past a page that is all of one, the next one is asked for."""
_MAX_PAGES = 400
"""Of one history: a server that never comes to an end is not followed for ever."""


@dataclass
class FetchReport:
    """What came beside the answers since it was last taken."""

    body_bytes: int = 0
    latency_s: float = 0.0
    status: int | None = None
    skew_s: float | None = None
    rejects: list[Reject] = field(default_factory=list)
    drift: list[SchemaDrift] = field(default_factory=list)
    coerced: int = 0


class InfoClient:
    """Asks one server of the chain. Every method raises SourceUnavailable or SourceMalformed."""

    def __init__(self, asking: HttpClient, weights: RateLimiter, clock: Callable[[], datetime]) -> None:
        self._client = asking
        self.rate_limiter = weights
        self._clock = clock
        self._known_drift = KnownDrift()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def fetch_state(self, wallet: str, market: str = "", *, heard: FetchReport) -> MarketState:
        """What a wallet holds now. A question that does not wait for history."""
        reading = await self._fetch(
            "clearinghouseState", {"user": wallet, **_market_params(market)}, LIGHT_WEIGHT, heard
        )
        return _decode_into(reading, reading.parse_state, heard)

    async def fetch_mids(self, market: str = "", *, heard: FetchReport) -> dict[str, Decimal]:
        reading = await self._fetch("allMids", _market_params(market), LIGHT_WEIGHT, heard)
        return _decode_into(reading, reading.parse_mids, heard)

    async def fetch_orders(
        self, wallet: str, market: str = "", *, leave: int = 0, heard: FetchReport
    ) -> list[OrderWire]:
        """Open orders, triggers among them."""
        question = {"user": wallet, **_market_params(market)}
        reading = await self._fetch("frontendOpenOrders", question, HEAVY_WEIGHT, heard, leave=leave)
        return _decode_into(reading, reading.parse_orders, heard)

    async def fetch_portfolio(
        self, wallet: str, *, leave: int = 0, heard: FetchReport
    ) -> dict[str, PeriodWire]:
        """Account value and profit of the past, by period."""
        reading = await self._fetch("portfolio", {"user": wallet}, HEAVY_WEIGHT, heard, leave=leave)
        return _decode_into(reading, reading.parse_portfolio, heard)

    async def fetch_role(self, wallet: str, *, heard: FetchReport) -> AddressRole:
        reading = await self._fetch("userRole", {"user": wallet}, ROLE_WEIGHT, heard)
        return _decode_into(reading, reading.parse_role, heard)

    async def fetch_fills(
        self, wallet: str, since: datetime = CHAIN_EPOCH, *, leave: int = 0, heard: FetchReport
    ) -> list[Fill]:
        """All from then on, each once, those of spot pairs too."""
        return await self._fetch_history(
            "userFillsByTime", InfoDecoder.parse_fills, wallet, since, leave, heard
        )

    async def fetch_funding(
        self, wallet: str, since: datetime = CHAIN_EPOCH, *, leave: int = 0, heard: FetchReport
    ) -> list[FundingPayment]:
        """All payments from then on, each once."""
        return await self._fetch_history(
            "userFunding", InfoDecoder.parse_funding, wallet, since, leave, heard
        )

    async def _fetch_history(
        self,
        kind: str,
        read: Callable[[InfoDecoder], list[_Item]],
        wallet: str,
        since: datetime,
        leave: int,
        heard: FetchReport,
    ) -> list[_Item]:
        async def page(start: datetime, end: datetime | None) -> list[_Item]:
            """What it weighs is known when it is there; until then the most it can is spent."""
            until = {} if end is None else {"endTime": _millis(end)}
            spent = await self.rate_limiter.acquire(page_weight(), leave=leave)
            reading = await self._post(kind, {"user": wallet, "startTime": _millis(start), **until}, heard)
            found = _decode_into(reading, lambda: read(reading), heard)
            spent.weight = page_weight(reading.item_count)
            return found

        return await _fetch_all_pages(page, since)

    async def _fetch(
        self, kind: str, question: dict[str, str], weight: int, heard: FetchReport, *, leave: int = 0
    ) -> InfoDecoder:
        await self.rate_limiter.acquire(weight, leave=leave)
        return await self._post(kind, question, heard)

    async def _post(self, kind: str, question: Mapping[str, object], heard: FetchReport) -> InfoDecoder:
        body = bytearray()
        try:
            answer = await self._client.post(
                _INFO_PATH, msgspec.json.encode({"type": kind, **question}), body.extend
            )
        except SourceUnavailable as error:
            if error.status == 429:
                self.rate_limiter.block(error.retry_after_s or _DEFAULT_RETRY_AFTER_S, str(error))
            raise
        heard.status, heard.skew_s = answer.status, answer.skew_s
        heard.body_bytes += answer.body_bytes
        heard.latency_s = max(heard.latency_s, answer.latency_s)
        return InfoDecoder(kind, bytes(body), self._clock(), self._known_drift, str(question.get("user", "")))


def _decode_into(reading: InfoDecoder, read: Callable[[], _T], heard: FetchReport) -> _T:
    found = read()
    heard.rejects += reading.rejects
    heard.coerced += reading.drift.coerced
    heard.drift += reading.drift.take_new()
    return found


async def _fetch_all_pages(page: _FetchPage[_Item], since: datetime) -> list[_Item]:
    """Everything from a moment on, whichever end of the range a page begins at and however long it is.

    Asks on from the newest that came until nothing new does, then back from the oldest likewise, both ends
    included: what shares a millisecond with the end of a page comes again and is known by its key. Raises
    SourceMalformed for a history without end.
    """
    found: dict[object, _Item] = {}
    pages = 0

    async def take(start: datetime, end: datetime | None) -> bool:
        """Whether anything new came."""
        nonlocal pages
        pages += 1
        if pages > _MAX_PAGES:
            raise SourceMalformed(f"a history of more than {_MAX_PAGES} pages")
        before, items = len(found), await page(start, end)
        found.update((_key(item), item) for item in items)
        if len(found) == before and len(items) > 1 and items[0].at == items[-1].at:
            if end is None:
                return await take(start + _TIME_RESOLUTION, None)
            return end - _TIME_RESOLUTION >= start and await take(start, end - _TIME_RESOLUTION)
        return len(found) > before

    if not await take(since, None):
        return []
    while await take(max(item.at for item in found.values()), None):
        pass
    while (oldest := min(item.at for item in found.values())) > since and await take(since, oldest):
        pass
    return sorted(found.values(), key=lambda item: item.at)


def _key(item: Fill | FundingPayment) -> object:
    return item.key if isinstance(item, Fill) else item


def _market_params(market: str) -> dict[str, str]:
    return {"dex": market} if market else {}


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
