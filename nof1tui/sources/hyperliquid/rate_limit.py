"""What may be asked of Hyperliquid within a minute, and what waits (contract section 6).

Every question has a weight, and an address may spend 1,200 a minute. What is spent is counted before it is
asked, lists at the weight of their longest page, and corrected when the answer is there: in no stretch of
sixty seconds is more spent than `_MAX_REMEMBERED`, which leaves a fifth to whoever else shares the address.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nof1tui.ports.errors import SourceUnavailable

_CONTRACT_WEIGHT_PER_MINUTE, WEIGHT_BUDGET = 1_200, 960
"""A minute's weight by the contract, and what is used of it."""
STATES_SHARE = 0.75
"""Of what is used, for what does not wait; the rest is left to histories, however often states are wanted."""
MINUTE_S = 60.0
_CLOCK_MARGIN_S = 2.0
"""Their minute and ours may not begin together, nor a question arrive when it is sent."""
LIGHT_WEIGHT = 2
"""`clearinghouseState`, `allMids`."""
HEAVY_WEIGHT = 20
"""All other questions but `userRole`."""
ROLE_WEIGHT = 60
_ITEMS_PER_WEIGHT = 20
"""Fills and funding: one more for each so many."""
_MAX_PAGE_ITEMS = 2_000


@dataclass(slots=True)
class SpentWeight:
    """One question's weight, and when it was asked."""

    at_s: float
    weight: int
    deferrable: bool = False
    """Whether it is of what may wait."""


class RateLimiter:
    """The weights of one address: what may wait (histories, orders) and what may not have a share each."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most: int = WEIGHT_BUDGET,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self.budget = most
        self._spent: deque[SpentWeight] = deque()
        self._blocked_until_s = 0.0
        self._block_reason = ""
        self.waiting = 0
        """Questions that wait for their turn."""

    @property
    def spent(self) -> int:
        """Within the last minute."""
        self._drop_expired()
        return sum(item.weight for item in self._spent)

    def can_spend(self, weight: int, *, leave: int = 0) -> bool:
        """Whether this could be asked at once. What leaves something to others is of what may wait."""
        return self._fits(weight, leave, self.spent, self._spent_by_same_kind(leave))

    def _spent_by_same_kind(self, leave: int) -> int:
        """What questions of its kind have spent."""
        return sum(item.weight for item in self._spent if item.deferrable == (leave > 0))

    def _fits(self, weight: int, leave: int, spent: int, alike: int) -> bool:
        share = self.budget - leave if leave else round(STATES_SHARE * self.budget)
        return spent + weight <= self.budget and alike + weight <= share

    async def acquire(self, weight: int, *, leave: int = 0) -> SpentWeight:
        """Wait until this may be asked. Raises SourceUnavailable while the server wants to be left alone."""
        self.waiting += 1
        try:
            while True:
                self._raise_while_blocked()
                if self.can_spend(weight, leave=leave):
                    break
                await self._sleep(self._wait_s(weight, leave))
        finally:
            self.waiting -= 1
        spent = SpentWeight(self._monotonic(), weight, leave > 0)
        self._spent.append(spent)
        return spent

    def block(self, seconds: float, why: str) -> None:
        """Ask nothing for so long: the server has said 429."""
        self._blocked_until_s = max(self._blocked_until_s, self._monotonic() + seconds)
        self._block_reason = why

    def _raise_while_blocked(self) -> None:
        left_s = self._blocked_until_s - self._monotonic()
        if left_s > 0:
            raise SourceUnavailable(self._block_reason, status=429, retry_after_s=left_s)

    def _drop_expired(self) -> None:
        before_s = self._monotonic() - MINUTE_S - _CLOCK_MARGIN_S
        while self._spent and self._spent[0].at_s <= before_s:
            self._spent.popleft()

    def _wait_s(self, weight: int, leave: int) -> float:
        """Seconds until enough of what was spent is a minute old."""
        spent, alike = self.spent, self._spent_by_same_kind(leave)
        for item in self._spent:
            spent -= item.weight
            alike -= item.weight if item.deferrable == (leave > 0) else 0
            if self._fits(weight, leave, spent, alike):
                return max(0.01, item.at_s + MINUTE_S + _CLOCK_MARGIN_S - self._monotonic())
        return MINUTE_S


def page_weight(items: int = _MAX_PAGE_ITEMS) -> int:
    """Of a list of fills or funding payments with so many items."""
    return HEAVY_WEIGHT + -(-items // _ITEMS_PER_WEIGHT)
