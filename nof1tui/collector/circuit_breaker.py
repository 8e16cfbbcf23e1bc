"""One upstream, many feeds: when none of them is answered, ask as one and slowly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nof1tui.domain.records import Feed

FAILURE_THRESHOLD = 2
"""Failures in a row of every single feed, after which it is the server that is ill, not a feed."""


@dataclass
class CircuitBreaker:
    """Open while every feed fails: then each feed waits so much longer that together they ask no more
    often than one alone would. The first that is answered closes it for all."""

    feeds: Iterable[Feed]
    _failures: dict[Feed, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._failures = dict.fromkeys(self.feeds, 0)

    @property
    def is_open(self) -> bool:
        return min(self._failures.values(), default=0) >= FAILURE_THRESHOLD

    def record_failure(self, feed: Feed) -> bool:
        """True when this failure opened it."""
        was_open = self.is_open
        self._failures[feed] += 1
        return self.is_open and not was_open

    def record_success(self, feed: Feed) -> bool:
        """True when this answer closed it: the other feeds may ask at once."""
        was_open = self.is_open
        self._failures[feed] = 0
        return was_open

    def scaled_delay_s(self, delay_s: float) -> float:
        """How long a feed waits that would wait `delay_s` by itself."""
        return delay_s * len(self._failures) if self.is_open else delay_s
