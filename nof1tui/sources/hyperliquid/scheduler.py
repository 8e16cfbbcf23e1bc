"""Schedules requests over the watched wallets; a wallet that fails does not stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from nof1tui.domain.batch import Reject
from nof1tui.domain.fills.round_trips import RoundTrip
from nof1tui.domain.fills.wallet_history import WalletHistory
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.hyperliquid.client import FetchReport
from nof1tui.sources.hyperliquid.schema import OrderWire
from nof1tui.sources.hyperliquid.wallet_records import Wallet

_T = TypeVar("_T")
_REPORT_EVERY_S = 3600.0
"""Minimum time between two reports of a failing wallet."""
READS_AFTER_CHANGE = 2
"""Reads of the fills after a change of state: the API shows fills a moment later than the state."""
_MAX_CONCURRENT_WALLETS = 4
"""Wallets requested at the same time."""


@dataclass
class WatchedWallet:
    """One wallet, its history, and when its feeds were last read (monotonic seconds)."""

    wallet: Wallet
    history: WalletHistory = field(default_factory=WalletHistory)
    orders: dict[str, list[OrderWire]] = field(default_factory=dict)
    """Open orders by market."""
    state_read_s: float = float("-inf")
    orders_read_s: float = float("-inf")
    fills_read_s: float = float("-inf")
    trading_state: object = None
    """`MarketState.trading_state` of its markets; None before the first state."""
    pending_reads: int = READS_AFTER_CHANGE
    """Reads of its fills still due since the last change of state."""
    failure_reported_s: float = float("-inf")
    past_delivered: bool = False
    portfolio_read_s: float = float("-inf")
    undelivered: dict[str, RoundTrip] = field(default_factory=dict)
    """Round trips closed or changed since the last delivery, by key."""
    history_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while its history is read."""
    history_read: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when its history has been read once."""


class WalletScheduler:
    """Runs work for several wallets at a time and reports the wallets that fail."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic

    async def run_each(
        self,
        watched: Sequence[WatchedWallet],
        work: Callable[[WatchedWallet], Awaitable[_T]],
        report: FetchReport,
        *,
        begin_within_s: float = float("inf"),
    ) -> list[_T]:
        """Results of the work for each wallet. A failure stops the others only if it affects all wallets.

        After `begin_within_s` no more wallets are started, once one has a result. Raises the first failure
        when no wallet has a result.
        """
        slots = asyncio.Semaphore(_MAX_CONCURRENT_WALLETS)
        failures: list[SourceUnavailable] = []
        results: list[_T] = []
        until_s = self._monotonic() + begin_within_s

        async def run_one(watched_wallet: WatchedWallet) -> None:
            async with slots:
                late = results and self._monotonic() > until_s
                if late or (failures and affects_all_wallets(failures[0])):
                    return
                try:
                    results.append(await work(watched_wallet))
                except SourceUnavailable as error:
                    failures.append(error)
                    self._report_failure(watched_wallet, error, report)

        async with asyncio.TaskGroup() as group:
            for watched_wallet in watched:
                group.create_task(run_one(watched_wallet))
        if failures and not results:
            raise failures[0]
        return results

    def _report_failure(self, watched: WatchedWallet, error: SourceUnavailable, report: FetchReport) -> None:
        """Report a failure of this wallet alone through the quarantine, once an hour."""
        now_s = self._monotonic()
        if affects_all_wallets(error) or now_s - watched.failure_reported_s < _REPORT_EVERY_S:
            return
        watched.failure_reported_s = now_s
        reject = error.reject if isinstance(error, SourceMalformed) else None
        reason = f"wallet of {watched.wallet.account.trader}: {error}"
        endpoint, raw = (reject.endpoint, reject.raw) if reject else ("info", watched.wallet.address)
        report.rejects.append(Reject(endpoint, raw, reason, self._clock()))


def affects_all_wallets(error: SourceUnavailable) -> bool:
    """Whether a request for another wallet would fail too."""
    return not isinstance(error, SourceMalformed) and error.status not in (400, 404, 422, 500)
