"""Hyperliquid's rate limit: weights of requests per minute (contract section 6).

Every request has a weight, and an IP address may spend 1,200 a minute. Weight is counted before a request is
sent, lists at the weight of their longest page, and corrected when the answer is there: within any sixty
seconds at most `WEIGHT_BUDGET` is spent, which leaves a fifth to other programs at the same address.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nof1tui.ports.errors import SourceUnavailable

_CONTRACT_WEIGHT_PER_MINUTE, WEIGHT_BUDGET = 1_200, 960
"""Weight per minute by the contract, and the part of it that is used."""
STATES_SHARE = 0.75
"""Share of the budget for states and prices; the rest is always left to histories."""
MINUTE_S = 60.0
_CLOCK_MARGIN_S = 2.0
"""Added to the window, since the server's clock differs and requests take time to arrive."""
LIGHT_WEIGHT = 2
"""`clearinghouseState`, `allMids`."""
HEAVY_WEIGHT = 20
"""All other requests except `userRole`."""
ROLE_WEIGHT = 60
_ITEMS_PER_WEIGHT = 20
"""Fills and funding payments: items per additional weight of one."""
_MAX_PAGE_ITEMS = 2_000


@dataclass(slots=True)
class SpentWeight:
    """The weight of one request, and when it was sent."""

    at_s: float
    weight: int
    deferrable: bool = False
    """Whether the request may be delayed (histories, orders)."""


class RateLimiter:
    """Spends the weight of one IP address; deferrable requests (histories, orders) have their own share.

    A request with a `reserve` is deferrable and leaves that much weight to the others.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        budget: int = WEIGHT_BUDGET,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self.budget = budget
        self._spent: deque[SpentWeight] = deque()
        self._blocked_until_s = 0.0
        self._block_reason = ""
        self.waiting = 0
        """Requests that wait for budget."""

    @property
    def spent(self) -> int:
        """Weight spent within the last minute."""
        self._drop_expired()
        return sum(item.weight for item in self._spent)

    def can_spend(self, weight: int, *, reserve: int = 0) -> bool:
        """Whether a request of this weight can be sent now."""
        return self._fits(weight, reserve, self.spent, self._spent_by_same_kind(reserve))

    def _spent_by_same_kind(self, reserve: int) -> int:
        """Weight spent by requests of the same kind, deferrable or not."""
        return sum(item.weight for item in self._spent if item.deferrable == (reserve > 0))

    def _fits(self, weight: int, reserve: int, spent: int, same_kind: int) -> bool:
        share = self.budget - reserve if reserve else round(STATES_SHARE * self.budget)
        return spent + weight <= self.budget and same_kind + weight <= share

    async def acquire(self, weight: int, *, reserve: int = 0) -> SpentWeight:
        """Wait for budget and spend it. Raises SourceUnavailable while the server refuses requests (429)."""
        self.waiting += 1
        try:
            while True:
                self._raise_while_blocked()
                if self.can_spend(weight, reserve=reserve):
                    break
                await self._sleep(self._wait_s(weight, reserve))
        finally:
            self.waiting -= 1
        spent = SpentWeight(self._monotonic(), weight, reserve > 0)
        self._spent.append(spent)
        return spent

    def block(self, seconds: float, reason: str) -> None:
        """Refuse requests for this time, after a 429."""
        self._blocked_until_s = max(self._blocked_until_s, self._monotonic() + seconds)
        self._block_reason = reason

    def _raise_while_blocked(self) -> None:
        remaining_s = self._blocked_until_s - self._monotonic()
        if remaining_s > 0:
            raise SourceUnavailable(self._block_reason, status=429, retry_after_s=remaining_s)

    def _drop_expired(self) -> None:
        before_s = self._monotonic() - MINUTE_S - _CLOCK_MARGIN_S
        while self._spent and self._spent[0].at_s <= before_s:
            self._spent.popleft()

    def _wait_s(self, weight: int, reserve: int) -> float:
        """Seconds until enough spent weight has expired."""
        spent, same_kind = self.spent, self._spent_by_same_kind(reserve)
        for item in self._spent:
            spent -= item.weight
            same_kind -= item.weight if item.deferrable == (reserve > 0) else 0
            if self._fits(weight, reserve, spent, same_kind):
                return max(0.01, item.at_s + MINUTE_S + _CLOCK_MARGIN_S - self._monotonic())
        return MINUTE_S


def page_weight(items: int = _MAX_PAGE_ITEMS) -> int:
    """The weight of a list with this number of fills or funding payments."""
    return HEAVY_WEIGHT + -(-items // _ITEMS_PER_WEIGHT)
