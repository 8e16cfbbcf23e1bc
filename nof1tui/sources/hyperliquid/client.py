"""Client of Hyperliquid's info endpoint: typed answers, rate limit, paged history."""

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
"""Pause after a 429 without `Retry-After`."""
CHAIN_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""Lower bound of all times on the chain."""
_TIME_RESOLUTION = timedelta(milliseconds=1)
"""Resolution of the chain's times: the step beyond a page whose items share one time."""
_MAX_PAGES = 400
"""Limit of pages in one history, against a server that never ends it."""


@dataclass
class FetchReport:
    """Sizes, timing, rejects and drift of the answers to one poll."""

    body_bytes: int = 0
    latency_s: float = 0.0
    status: int | None = None
    skew_s: float | None = None
    rejects: list[Reject] = field(default_factory=list)
    drift: list[SchemaDrift] = field(default_factory=list)
    coerced: int = 0


class InfoClient:
    """Typed requests to one info endpoint. Every method raises SourceUnavailable or SourceMalformed.

    `reserve` is the weight per minute a request leaves to others, see `RateLimiter`.
    """

    def __init__(self, http: HttpClient, rate_limiter: RateLimiter, clock: Callable[[], datetime]) -> None:
        self._client = http
        self.rate_limiter = rate_limiter
        self._clock = clock
        self._known_drift = KnownDrift()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def fetch_state(self, wallet: str, market: str = "", *, report: FetchReport) -> MarketState:
        """Value and positions of a wallet in one market. Not delayed by history requests."""
        decoder = await self._fetch(
            "clearinghouseState", {"user": wallet, **_market_params(market)}, LIGHT_WEIGHT, report
        )
        return _decode_into(decoder, decoder.parse_state, report)

    async def fetch_mids(self, market: str = "", *, report: FetchReport) -> dict[str, Decimal]:
        """Mid prices by coin."""
        decoder = await self._fetch("allMids", _market_params(market), LIGHT_WEIGHT, report)
        return _decode_into(decoder, decoder.parse_mids, report)

    async def fetch_orders(
        self, wallet: str, market: str = "", *, reserve: int = 0, report: FetchReport
    ) -> list[OrderWire]:
        """Open orders, including stop and target triggers."""
        params = {"user": wallet, **_market_params(market)}
        decoder = await self._fetch("frontendOpenOrders", params, HEAVY_WEIGHT, report, reserve=reserve)
        return _decode_into(decoder, decoder.parse_orders, report)

    async def fetch_portfolio(
        self, wallet: str, *, reserve: int = 0, report: FetchReport
    ) -> dict[str, PeriodWire]:
        """History of account value and P&L, by period."""
        decoder = await self._fetch("portfolio", {"user": wallet}, HEAVY_WEIGHT, report, reserve=reserve)
        return _decode_into(decoder, decoder.parse_portfolio, report)

    async def fetch_role(self, wallet: str, *, report: FetchReport) -> AddressRole:
        """What an address is: user, vault, agent or sub-account."""
        decoder = await self._fetch("userRole", {"user": wallet}, ROLE_WEIGHT, report)
        return _decode_into(decoder, decoder.parse_role, report)

    async def fetch_fills(
        self, wallet: str, since: datetime = CHAIN_EPOCH, *, reserve: int = 0, report: FetchReport
    ) -> list[Fill]:
        """All fills since a moment, each once, oldest first; spot pairs included."""
        return await self._fetch_history(
            "userFillsByTime", InfoDecoder.parse_fills, wallet, since, reserve, report
        )

    async def fetch_funding(
        self, wallet: str, since: datetime = CHAIN_EPOCH, *, reserve: int = 0, report: FetchReport
    ) -> list[FundingPayment]:
        """All funding payments since a moment, each once, oldest first."""
        return await self._fetch_history(
            "userFunding", InfoDecoder.parse_funding, wallet, since, reserve, report
        )

    async def _fetch_history(
        self,
        kind: str,
        parse: Callable[[InfoDecoder], list[_Item]],
        wallet: str,
        since: datetime,
        reserve: int,
        report: FetchReport,
    ) -> list[_Item]:
        async def page(start: datetime, end: datetime | None) -> list[_Item]:
            """One page. The largest weight is reserved first and corrected when the page is there."""
            until = {} if end is None else {"endTime": _millis(end)}
            spent = await self.rate_limiter.acquire(page_weight(), reserve=reserve)
            decoder = await self._post(kind, {"user": wallet, "startTime": _millis(start), **until}, report)
            items = _decode_into(decoder, lambda: parse(decoder), report)
            spent.weight = page_weight(decoder.item_count)
            return items

        return await _fetch_all_pages(page, since)

    async def _fetch(
        self, kind: str, params: dict[str, str], weight: int, report: FetchReport, *, reserve: int = 0
    ) -> InfoDecoder:
        await self.rate_limiter.acquire(weight, reserve=reserve)
        return await self._post(kind, params, report)

    async def _post(self, kind: str, params: Mapping[str, object], report: FetchReport) -> InfoDecoder:
        body = bytearray()
        try:
            answer = await self._client.post(
                _INFO_PATH, msgspec.json.encode({"type": kind, **params}), body.extend
            )
        except SourceUnavailable as error:
            if error.status == 429:
                self.rate_limiter.block(error.retry_after_s or _DEFAULT_RETRY_AFTER_S, str(error))
            raise
        report.status, report.skew_s = answer.status, answer.skew_s
        report.body_bytes += answer.body_bytes
        report.latency_s = max(report.latency_s, answer.latency_s)
        return InfoDecoder(kind, bytes(body), self._clock(), self._known_drift, str(params.get("user", "")))


def _decode_into(decoder: InfoDecoder, parse: Callable[[], _T], report: FetchReport) -> _T:
    """The parsed answer; its rejects and drift are added to the report."""
    parsed = parse()
    report.rejects += decoder.rejects
    report.coerced += decoder.drift.coerced
    report.drift += decoder.drift.take_new()
    return parsed


async def _fetch_all_pages(fetch_page: _FetchPage[_Item], since: datetime) -> list[_Item]:
    """All items since a moment, whichever end of the range a page begins at.

    Requests pages forward from the newest item until one brings nothing new, then backward from the oldest.
    Ranges include both ends: items that share a millisecond with the end of a page come again and are
    deduplicated by key. Raises SourceMalformed for a history without end.
    """
    items_by_key: dict[object, _Item] = {}
    pages = 0

    async def add_page(start: datetime, end: datetime | None) -> bool:
        """Whether the page had a new item."""
        nonlocal pages
        pages += 1
        if pages > _MAX_PAGES:
            raise SourceMalformed(f"a history of more than {_MAX_PAGES} pages")
        before, items = len(items_by_key), await fetch_page(start, end)
        items_by_key.update((_key(item), item) for item in items)
        if len(items_by_key) == before and len(items) > 1 and items[0].at == items[-1].at:
            if end is None:
                return await add_page(start + _TIME_RESOLUTION, None)
            return end - _TIME_RESOLUTION >= start and await add_page(start, end - _TIME_RESOLUTION)
        return len(items_by_key) > before

    if not await add_page(since, None):
        return []
    while await add_page(max(item.at for item in items_by_key.values()), None):
        pass
    while (oldest := min(item.at for item in items_by_key.values())) > since and await add_page(
        since, oldest
    ):
        pass
    return sorted(items_by_key.values(), key=lambda item: item.at)


def _key(item: Fill | FundingPayment) -> object:
    return item.key if isinstance(item, Fill) else item


def _market_params(market: str) -> dict[str, str]:
    return {"dex": market} if market else {}


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
