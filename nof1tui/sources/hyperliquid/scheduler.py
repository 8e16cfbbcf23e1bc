"""Wallets that are watched, and how they are asked: in turn, one that fails not stopping the others."""

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
"""How often a wallet that is not answered is told."""
READS_AFTER_CHANGE = 2
"""Fills may be told a moment after the state that has them."""
_MAX_CONCURRENT_WALLETS = 4
"""Wallets asked at the same time."""


@dataclass
class WatchedWallet:
    """One wallet, and what is known of it beyond the board."""

    wallet: Wallet
    book: WalletHistory = field(default_factory=WalletHistory)
    orders: dict[str, list[OrderWire]] = field(default_factory=dict)
    """By market."""
    state_read_s: float = float("-inf")
    orders_read_s: float = float("-inf")
    fills_read_s: float = float("-inf")
    trading_state: object = None
    """What of its state only trading, funding and transfers change; None before its first state."""
    pending_reads: int = READS_AFTER_CHANGE
    """How often its fills are still to be asked for since then."""
    failure_reported_s: float = float("-inf")
    past_delivered: bool = False
    portfolio_read_s: float = float("-inf")
    undelivered: dict[str, RoundTrip] = field(default_factory=dict)
    """Closed, or otherwise than before, and not handed on yet."""
    history_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Its history is read by one at a time."""
    history_read: asyncio.Event = field(default_factory=asyncio.Event)
    """Its history has been read."""


class WalletScheduler:
    """Asks some wallets at a time, and tells which of them are refused."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic

    async def run_each(
        self,
        watched: Sequence[WatchedWallet],
        work: Callable[[WatchedWallet], Awaitable[_T]],
        heard: FetchReport,
        *,
        begin_within_s: float = float("inf"),
    ) -> list[_T]:
        """What the work gives for each wallet. One that fails does not stop the others, unless all would.

        Whose turn would begin later is left out, but for the first ones. Raises what the first failed with
        where none went well.
        """
        turns = asyncio.Semaphore(_MAX_CONCURRENT_WALLETS)
        failures: list[SourceUnavailable] = []
        found: list[_T] = []
        until_s = self._monotonic() + begin_within_s

        async def one_of(one: WatchedWallet) -> None:
            async with turns:
                late = found and self._monotonic() > until_s
                if late or (failures and affects_all_wallets(failures[0])):
                    return
                try:
                    found.append(await work(one))
                except SourceUnavailable as error:
                    failures.append(error)
                    self._report_failure(one, error, heard)

        async with asyncio.TaskGroup() as group:
            for one in watched:
                group.create_task(one_of(one))
        if failures and not found:
            raise failures[0]
        return found

    def _report_failure(self, one: WatchedWallet, error: SourceUnavailable, heard: FetchReport) -> None:
        """A wallet that is refused by itself is told through the quarantine, not each time."""
        now_s = self._monotonic()
        if affects_all_wallets(error) or now_s - one.failure_reported_s < _REPORT_EVERY_S:
            return
        one.failure_reported_s = now_s
        reject = error.reject if isinstance(error, SourceMalformed) else None
        reason = f"wallet of {one.wallet.account.trader}: {error}"
        endpoint, raw = (reject.endpoint, reject.raw) if reject else ("info", one.wallet.address)
        heard.rejects.append(Reject(endpoint, raw, reason, self._clock()))


def affects_all_wallets(error: SourceUnavailable) -> bool:
    """Whether asking for another wallet would fail likewise."""
    return not isinstance(error, SourceMalformed) and error.status not in (400, 404, 422, 500)
