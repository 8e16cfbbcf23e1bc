"""Detects a laptop that wakes up, or a clock that was set, so that overdue polls start immediately.

Timers use a clock that stops while a computer sleeps: after a night they would still wait for the rest
of their pause.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

log = logging.getLogger(__name__)

_CHECK_EVERY_S = 2.0
MIN_CLOCK_JUMP_S = 20.0
"""Smallest difference between clock and timers that counts; less is a busy computer or a clock correction."""


async def detect_clock_jumps(
    on_jump: Callable[[], None],
    *,
    clock: Callable[[], datetime],
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Call `on_jump` whenever the wall clock has moved against the timers, until cancelled."""
    wall, steady = clock(), monotonic()
    while True:
        await sleep(_CHECK_EVERY_S)
        now, steady_now = clock(), monotonic()
        jump_s = (now - wall).total_seconds() - (steady_now - steady)
        wall, steady = now, steady_now
        if abs(jump_s) > MIN_CLOCK_JUMP_S:
            log.info("the clock jumped by %+.0f s: polling every feed", jump_s)
            on_jump()
