"""Hyperliquid as the witness of another arena: what wallets hold and traded (`ports.Chain`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import httpx

from nof1tui.domain.fills.fill import ZERO, Fill
from nof1tui.domain.fills.reconciliation import ChainPosition, ChainState
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.http.client import HttpClient, Limits
from nof1tui.sources.hyperliquid.client import FetchReport, InfoClient
from nof1tui.sources.hyperliquid.decoder import WalletPosition
from nof1tui.sources.hyperliquid.rate_limit import RateLimiter


class HyperliquidChain:
    """Over the chain's info endpoint, or any transport that speaks it."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        markets: Sequence[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limits: Limits | None = None,
    ) -> None:
        asking = HttpClient(client, limits=limits, clock=clock, monotonic=monotonic)
        self._info = InfoClient(asking, RateLimiter(monotonic=monotonic, sleep=sleep), clock)
        self._markets = tuple(dict.fromkeys(("", *markets)))

    async def aclose(self) -> None:
        await self._info.aclose()

    async def fetch_state(self, wallet: str) -> ChainState:
        heard = FetchReport()
        states = [await self._info.fetch_state(wallet, market, heard=heard) for market in self._markets]
        _raise_on_rejects(heard)
        return ChainState(
            min(state.at for state in states),
            sum((state.value_usd for state in states), ZERO),
            tuple(
                _to_chain_holding(holding)
                for state in states
                for holding in state.positions
                if holding.cached_payload.szi
            ),
        )

    async def fetch_fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        heard = FetchReport()
        found = await self._info.fetch_fills(wallet, since, heard=heard)
        _raise_on_rejects(heard)
        return found


def _raise_on_rejects(heard: FetchReport) -> None:
    """One record that cannot be read would have an arena accused of inventing it. Raises SourceMalformed."""
    if heard.rejects:
        raise SourceMalformed(f"the chain told a record that cannot be read: {heard.rejects[0].reason}")


def _to_chain_holding(holding: WalletPosition) -> ChainPosition:
    wire = holding.cached_payload
    price = wire.entry_px or Decimal(0)
    mark = price if wire.position_value is None else abs(wire.position_value / wire.szi)
    return ChainPosition(wire.coin, wire.szi, mark)
