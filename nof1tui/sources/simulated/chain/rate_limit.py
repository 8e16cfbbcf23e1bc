"""The rate limit of the simulated chain: request weights as the info endpoint counts them (contract 6)."""

from __future__ import annotations

from collections import Counter, deque

_WEIGHT_BUDGET, _WINDOW_MS = 1_200, 60_000
_LIGHT_WEIGHT, _ROLE_WEIGHT, _USUAL_WEIGHT = 2, 60, 20
_ITEMS_PER_WEIGHT = 20
_LIGHT_KINDS = frozenset({"allMids", "clearinghouseState"})
_PAGED_KINDS = frozenset({"userFillsByTime", "userFunding"})


class WeightMeter:
    """Counts the weight of requests and admits at most 1,200 in any minute."""

    def __init__(self) -> None:
        self._spent: deque[tuple[int, int]] = deque()
        self.weight_by_kind: Counter[str] = Counter()
        """Total weight by type of request."""
        self.requests_by_kind: Counter[str] = Counter()
        self.refused_count = 0
        self.peak_per_minute = 0
        """Largest weight spent within a minute."""

    def spent(self, now: int) -> int:
        """Weight spent within the minute that ends at `now` (milliseconds)."""
        while self._spent and self._spent[0][0] <= now - _WINDOW_MS:
            self._spent.popleft()
        return sum(weight for _, weight in self._spent)

    def try_admit(self, kind: str, now: int) -> bool:
        """Whether a request of this kind fits into the budget now; counts refusals."""
        admitted = self.spent(now) + _weight(kind) <= _WEIGHT_BUDGET
        self.refused_count += not admitted
        return admitted

    def charge(self, kind: str, items: int, now: int) -> None:
        """Count a request that was answered with this many items."""
        weight = _weight(kind) + (items // _ITEMS_PER_WEIGHT if kind in _PAGED_KINDS else 0)
        self._spent.append((now, weight))
        self.weight_by_kind[kind] += weight
        self.requests_by_kind[kind] += 1
        self.peak_per_minute = max(self.peak_per_minute, self.spent(now))


def _weight(kind: str) -> int:
    if kind in _LIGHT_KINDS:
        return _LIGHT_WEIGHT
    return _ROLE_WEIGHT if kind == "userRole" else _USUAL_WEIGHT
