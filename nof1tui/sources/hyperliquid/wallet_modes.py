"""Reads where the money of each wallet is, and the equity of those that pool it in spot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import inf

from nof1tui.domain.fills.fill import ZERO
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.hyperliquid.client import FetchReport, InfoClient
from nof1tui.sources.hyperliquid.decoder import MarketState
from nof1tui.sources.hyperliquid.pooled_equity import PooledEquity, WalletEquity, equity_tolerance
from nof1tui.sources.hyperliquid.schema import PeriodWire
from nof1tui.sources.hyperliquid.spot import (
    POOLED_MODES,
    AccountMode,
    BalanceWire,
    SpotValue,
    needs_prices,
    value_of_balances,
)

MODE_EVERY_S = 600.0
"""Interval between two readings of an account's mode, and of the portfolio that equity must agree with."""
_PAIRS_EVERY_S = 3600.0
_DUST_USD = Decimal(1)
UNKNOWN_TYPE = (400, 404, 422, 500)
"""Statuses of a server that does not know a request's type."""


@dataclass
class WalletMode:
    """The mode of one wallet and how its equity is formed; times are monotonic seconds."""

    kind: AccountMode | None = None
    """None before the first reading."""
    read_s: float = -inf
    pooled: PooledEquity = field(default_factory=PooledEquity)
    reconciled_s: float = -inf
    vaults_usd: Decimal = ZERO
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_pooled(self) -> bool:
        return self.kind in POOLED_MODES


async def read_mode(info: InfoClient, address: str, report: FetchReport) -> AccountMode:
    """The mode of an account.

    Only an account with money in spot can pool it there: the others are classic, and so is every account on
    a server that has no spot balances. Raises SourceUnavailable for any other failure.
    """
    balances = await fetch_balances_if_known(info, address, report)
    if not any(abs(balance.total) > 0 for balance in balances):
        return "classic"
    try:
        mode = await info.fetch_mode(address, report=report)
    except SourceUnavailable as error:
        if error.status not in UNKNOWN_TYPE:
            raise
        mode = "unknown"
    if mode == "unknown" and value_of_balances(balances, {}, {}).usd <= _DUST_USD:
        return "classic"
    return mode


async def fetch_balances_if_known(info: InfoClient, address: str, report: FetchReport) -> list[BalanceWire]:
    """Spot balances; none from a server that does not know them."""
    try:
        return await info.fetch_balances(address, report=report)
    except SourceMalformed:
        return []
    except SourceUnavailable as error:
        if error.status in UNKNOWN_TYPE:
            return []
        raise


class WalletModeReader:
    """Reads modes and pooled equities; prices of tokens are shared by all wallets."""

    def __init__(self, info: InfoClient, monotonic: Callable[[], float]) -> None:
        self._info = info
        self._monotonic = monotonic
        self._pairs: Mapping[str, str] = {}
        self._pairs_read_s = -inf

    async def refresh(self, mode: WalletMode, address: str, report: FetchReport) -> AccountMode:
        """The mode, read again after ten minutes."""
        async with mode.lock:
            now_s = self._monotonic()
            if mode.kind is None or now_s - mode.read_s >= MODE_EVERY_S:
                mode.kind, mode.read_s = await read_mode(self._info, address, report), now_s
            return mode.kind

    async def equity(
        self, mode: WalletMode, address: str, states: Sequence[MarketState], report: FetchReport
    ) -> WalletEquity:
        """Equity of a wallet from its states and, where it pools its money, from its balances.

        Raises SourceMalformed for a wallet whose mode is not known.
        """
        value_usd = sum((state.value_usd for state in states), ZERO)
        positions = [position.wire for state in states for position in state.positions if position.wire.szi]
        if mode.kind == "classic" and not value_usd and positions:
            mode.read_s = -inf
            await self.refresh(mode, address, report)
        if mode.kind == "unknown":
            raise SourceMalformed(
                f"userAbstraction: the account mode of {address} is not known, so its equity is n/a",
                status=200,
            )
        if not mode.is_pooled:
            return WalletEquity(value_usd, mode.kind or "classic")
        spot = await self._spot_value(address, report)
        unrealized_usd = sum((position.unrealized_pnl or ZERO for position in positions), ZERO)
        await self._reconcile(mode, address, spot.usd, unrealized_usd, report)
        return WalletEquity(
            mode.pooled.equity_usd(spot.usd, unrealized_usd) + mode.vaults_usd,
            mode.kind or "unknown",
            mode.pooled.rule,
            mode.vaults_usd,
            mode.pooled.unreconciled_usd,
            spot.unpriced,
            spot.assumed,
        )

    async def _spot_value(self, address: str, report: FetchReport) -> SpotValue:
        balances = await self._info.fetch_balances(address, report=report)
        if not needs_prices(balances):
            return value_of_balances(balances, {}, {})
        now_s = self._monotonic()
        if now_s - self._pairs_read_s >= _PAIRS_EVERY_S:
            self._pairs, self._pairs_read_s = await self._fetch_pairs(report), now_s
        mids = await self._info.fetch_mids(report=report, spot=True)
        return value_of_balances(balances, mids, self._pairs)

    async def _fetch_pairs(self, report: FetchReport) -> Mapping[str, str]:
        try:
            return await self._info.fetch_pairs(report=report)
        except SourceUnavailable as error:
            if isinstance(error, SourceMalformed) or error.status in UNKNOWN_TYPE:
                return {}
            raise

    async def _reconcile(
        self, mode: WalletMode, address: str, spot_usd: Decimal, unrealized_usd: Decimal, report: FetchReport
    ) -> None:
        """Hold the equity against the portfolio's last value, which is of the moment of the request."""
        now_s = self._monotonic()
        if now_s - mode.reconciled_s < MODE_EVERY_S:
            return
        value_usd = current_value(await self._info.fetch_portfolio(address, report=report))
        mode.reconciled_s = now_s
        if value_usd is None:
            return
        found = mode.pooled.reconciled(spot_usd, unrealized_usd, value_usd - mode.vaults_usd)
        tolerance = equity_tolerance(value_usd)
        if found.unreconciled_usd is not None and (mode.vaults_usd or found.unreconciled_usd < -tolerance):
            mode.vaults_usd = await self._fetch_vaults(address, report)
            found = mode.pooled.reconciled(spot_usd, unrealized_usd, value_usd - mode.vaults_usd)
        mode.pooled = found

    async def _fetch_vaults(self, address: str, report: FetchReport) -> Decimal:
        try:
            return await self._info.fetch_vault_equity(address, report=report)
        except SourceUnavailable as error:
            if isinstance(error, SourceMalformed) or error.status in UNKNOWN_TYPE:
                return ZERO
            raise


def current_value(portfolio: Mapping[str, PeriodWire]) -> Decimal | None:
    """The newest value of everything that a wallet owns; None for a wallet without history."""
    for name in ("day", "week", "month", "allTime"):
        period = portfolio.get(name)
        if period is not None and period.account_value_history:
            return max(period.account_value_history)[1]
    return None


def scoped_periods(portfolio: dict[str, PeriodWire], mode: WalletMode) -> dict[str, PeriodWire]:
    """The periods of the wallet's scope: those of its perpetuals alone say nothing of pooled money."""
    if not mode.is_pooled:
        return portfolio
    return {name: period for name, period in portfolio.items() if not name.startswith("perp")}
