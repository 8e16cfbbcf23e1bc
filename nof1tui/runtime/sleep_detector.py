"""A computer that slept, or whose clock was set: noticed, so that nobody waits for old appointments.

Timers run on a clock that stands still while a computer sleeps. After a night they would ask the
arena only when the rest of their pause is over.
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
"""How far the clock must have moved against the timers; less is a busy computer or a corrected clock."""


async def detect_clock_jumps(
    jumped: Callable[[], None],
    *,
    clock: Callable[[], datetime],
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Call `jumped` whenever the wall clock and the timers part, until cancelled."""
    wall, steady = clock(), monotonic()
    while True:
        await sleep(_CHECK_EVERY_S)
        now, steady_now = clock(), monotonic()
        jump_s = (now - wall).total_seconds() - (steady_now - steady)
        wall, steady = now, steady_now
        if abs(jump_s) > MIN_CLOCK_JUMP_S:
            log.info("the clock jumped by %+.0f s: asking every feed now", jump_s)
            jumped()
