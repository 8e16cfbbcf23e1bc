"""Slows down all feeds of a source when every one of them fails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nof1tui.domain.records import Feed

FAILURE_THRESHOLD = 2
"""Consecutive failures of every feed that open the circuit: then the server is at fault, not a feed."""


@dataclass
class CircuitBreaker:
    """Open while every feed fails. Then delays are multiplied by the number of feeds, so that together they
    send as many requests as one feed alone. The first response closes it for all.
    """

    feeds: Iterable[Feed]
    _failures: dict[Feed, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._failures = dict.fromkeys(self.feeds, 0)

    @property
    def is_open(self) -> bool:
        return min(self._failures.values(), default=0) >= FAILURE_THRESHOLD

    def record_failure(self, feed: Feed) -> bool:
        """Count a failure; returns whether it opened the circuit."""
        was_open = self.is_open
        self._failures[feed] += 1
        return self.is_open and not was_open

    def record_success(self, feed: Feed) -> bool:
        """Reset a feed; returns whether it closed the circuit, so that other feeds can poll immediately."""
        was_open = self.is_open
        self._failures[feed] = 0
        return was_open

    def scaled_delay_s(self, delay_s: float) -> float:
        """The delay of a feed, whose own delay is `delay_s`."""
        return delay_s * len(self._failures) if self.is_open else delay_s
