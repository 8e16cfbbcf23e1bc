"""Detection of a suspended machine or a changed clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from nof1tui.runtime.sleep_detector import detect_clock_jumps


@dataclass
class Times:
    """A wall clock and a timer; each reading has the next jump between them."""

    jumps: list[float]
    wall: datetime = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    steady: float = 5.0

    def clock(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.steady

    async def sleep(self, seconds: float) -> None:
        if not self.jumps:
            raise asyncio.CancelledError
        self.wall += timedelta(seconds=seconds + self.jumps.pop(0))
        self.steady += seconds


@pytest.mark.parametrize(
    ("jumps", "noticed"),
    [
        ([0.0, 0.0, 0.0], 0),
        ([8 * 3600.0, 0.0, 0.0], 1),
        ([0.0, -7200.0, 0.0], 1),
        ([1.5, -1.5, 3.0], 0),
        ([3600.0, 3600.0], 2),
    ],
)
async def test_a_jump_of_the_clock_is_detected_once_forwards_and_backwards(
    jumps: list[float], noticed: int
) -> None:
    times, calls = Times(jumps), list[int]()
    with pytest.raises(asyncio.CancelledError):
        await detect_clock_jumps(
            lambda: calls.append(1), clock=times.clock, monotonic=times.monotonic, sleep=times.sleep
        )
    assert len(calls) == noticed
