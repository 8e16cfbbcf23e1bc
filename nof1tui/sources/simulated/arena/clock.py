"""The clock of a simulated arena, which can run faster than real time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class ArenaClock:
    """Arena time: starts at `start`, runs `speed` times as fast as real time."""

    def __init__(self, start: datetime, speed: float, monotonic: Callable[[], float]) -> None:
        self.start = start.astimezone(UTC)
        self._speed = speed
        self._monotonic = monotonic
        self.started = monotonic()

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=(self._monotonic() - self.started) * self._speed)
