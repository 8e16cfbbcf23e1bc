"""Hyperliquid as the reference for reconciliation: positions and fills of wallets (`ports.Chain`)."""

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
    """`ports.Chain` over the info endpoint, or any transport that speaks it."""

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
        http = HttpClient(client, limits=limits, clock=clock, monotonic=monotonic)
        self._info = InfoClient(http, RateLimiter(monotonic=monotonic, sleep=sleep), clock)
        self._markets = tuple(dict.fromkeys(("", *markets)))

    async def aclose(self) -> None:
        await self._info.aclose()

    async def fetch_state(self, wallet: str) -> ChainState:
        """Value and positions over all markets. Raises SourceUnavailable or SourceMalformed."""
        report = FetchReport()
        states = [await self._info.fetch_state(wallet, market, report=report) for market in self._markets]
        _raise_on_rejects(report)
        return ChainState(
            min(state.at for state in states),
            sum((state.value_usd for state in states), ZERO),
            tuple(
                _to_chain_position(position)
                for state in states
                for position in state.positions
                if position.wire.szi
            ),
        )

    async def fetch_fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        """Fills since a moment, oldest first. Raises SourceUnavailable or SourceMalformed."""
        report = FetchReport()
        fills = await self._info.fetch_fills(wallet, since, report=report)
        _raise_on_rejects(report)
        return fills


def _raise_on_rejects(report: FetchReport) -> None:
    """Raise SourceMalformed for an undecodable record: without it a correct account would not match."""
    if report.rejects:
        raise SourceMalformed(f"the chain sent a record that cannot be decoded: {report.rejects[0].reason}")


def _to_chain_position(position: WalletPosition) -> ChainPosition:
    wire = position.wire
    price = wire.entry_px or Decimal(0)
    mark = price if wire.position_value is None else abs(wire.position_value / wire.szi)
    return ChainPosition(wire.coin, wire.szi, mark)
