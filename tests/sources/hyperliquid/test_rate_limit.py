"""The rate limiter: no minute is overspent, deferrable requests leave a reserve, a 429 blocks all."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.ports.errors import SourceUnavailable
from nof1tui.sources.hyperliquid.rate_limit import (
    _CONTRACT_WEIGHT_PER_MINUTE,
    WEIGHT_BUDGET,
    RateLimiter,
    page_weight,
)
from tests.support.info_server import FakeTime


def make_limiter(time: FakeTime, budget: int = WEIGHT_BUDGET) -> RateLimiter:
    return RateLimiter(monotonic=time.monotonic, sleep=time.sleep, budget=budget)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([2, 20, 60, 120]), st.floats(0, 20)), max_size=120))
def test_no_minute_is_ever_overspent(requests: list[tuple[int, float]]) -> None:
    async def spend() -> None:
        time, spent = FakeTime(), list[tuple[float, int]]()
        limiter = make_limiter(time)
        for weight, pause_s in requests:
            time.passed_s += pause_s / 10
            await limiter.acquire(weight)
            spent.append((time.passed_s, weight))
        for at, _ in spent:
            assert (
                sum(weight for when, weight in spent if at <= when <= at + 60)
                <= WEIGHT_BUDGET
                < _CONTRACT_WEIGHT_PER_MINUTE
            )

    asyncio.run(spend())


async def test_deferrable_requests_leave_their_reserve() -> None:
    time = FakeTime()
    limiter = make_limiter(time, budget=300)
    await limiter.acquire(120, reserve=100)
    assert limiter.can_spend(100)
    assert not limiter.can_spend(100, reserve=100)
    await limiter.acquire(100)
    assert time.passed_s == 0
    await limiter.acquire(100, reserve=100)
    assert 60 < time.passed_s < 70


async def test_frequent_state_requests_leave_histories_a_quarter() -> None:
    time = FakeTime()
    limiter = make_limiter(time, budget=400)
    for _ in range(150):
        await limiter.acquire(2)
    assert not limiter.can_spend(2)
    await limiter.acquire(100, reserve=300)
    assert time.passed_s == 0
    await limiter.acquire(2)
    assert 60 < time.passed_s < 70


async def test_a_short_page_returns_the_weight_reserved_for_a_full_one() -> None:
    limiter = make_limiter(FakeTime())
    spent = await limiter.acquire(page_weight())
    assert limiter.spent == page_weight() == 120
    spent.weight = page_weight(3)
    assert limiter.spent == page_weight(3) == 21


async def test_a_429_blocks_requests_until_retry_after_has_passed() -> None:
    time = FakeTime()
    limiter = make_limiter(time)
    limiter.block(30, "429: too many")
    time.passed_s += 10
    with pytest.raises(SourceUnavailable, match="too many") as raised:
        await limiter.acquire(2)
    assert (raised.value.status, raised.value.retry_after_s) == (429, 20)
    time.passed_s += 20.5
    await limiter.acquire(2)
    assert limiter.spent == 2


async def test_waiting_requests_are_counted() -> None:
    time, released = FakeTime(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        await released.wait()
        await time.sleep(seconds)

    limiter = RateLimiter(monotonic=time.monotonic, sleep=sleep, budget=200)
    await limiter.acquire(140)
    waiting = asyncio.create_task(limiter.acquire(20))
    await asyncio.sleep(0)
    assert limiter.waiting == 1
    released.set()
    await waiting
    assert limiter.waiting == 0
