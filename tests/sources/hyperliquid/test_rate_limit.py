"""Weights: no minute is overspent, what can wait leaves room, a 429 silences everything."""

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


def made(time: FakeTime, most: int = WEIGHT_BUDGET) -> RateLimiter:
    return RateLimiter(monotonic=time.monotonic, sleep=time.sleep, most=most)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([2, 20, 60, 120]), st.floats(0, 20)), max_size=120))
def test_no_minute_is_ever_overspent(questions: list[tuple[int, float]]) -> None:
    async def ask() -> None:
        time, spent = FakeTime(), list[tuple[float, int]]()
        weights = made(time)
        for weight, pause_s in questions:
            time.passed_s += pause_s / 10
            await weights.acquire(weight)
            spent.append((time.passed_s, weight))
        for at, _ in spent:
            assert (
                sum(weight for when, weight in spent if at <= when <= at + 60)
                <= WEIGHT_BUDGET
                < _CONTRACT_WEIGHT_PER_MINUTE
            )

    asyncio.run(ask())


async def test_what_may_wait_leaves_the_states_their_share() -> None:
    time = FakeTime()
    weights = made(time, most=300)
    await weights.acquire(120, leave=100)
    assert weights.can_spend(100)
    assert not weights.can_spend(100, leave=100)
    await weights.acquire(100)
    assert time.passed_s == 0
    await weights.acquire(100, leave=100)
    assert 60 < time.passed_s < 70


async def test_states_wanted_without_end_leave_histories_a_quarter() -> None:
    time = FakeTime()
    weights = made(time, most=400)
    for _ in range(150):
        await weights.acquire(2)
    assert not weights.can_spend(2)
    await weights.acquire(100, leave=300)
    assert time.passed_s == 0
    await weights.acquire(2)
    assert 60 < time.passed_s < 70


async def test_a_page_that_turns_out_short_gives_its_weight_back() -> None:
    weights = made(FakeTime())
    spent = await weights.acquire(page_weight())
    assert weights.spent == page_weight() == 120
    spent.weight = page_weight(3)
    assert weights.spent == page_weight(3) == 21


async def test_after_a_429_nothing_is_asked_for_as_long_as_the_server_said() -> None:
    time = FakeTime()
    weights = made(time)
    weights.block(30, "429: too many")
    time.passed_s += 10
    with pytest.raises(SourceUnavailable, match="too many") as refused:
        await weights.acquire(2)
    assert (refused.value.status, refused.value.retry_after_s) == (429, 20)
    time.passed_s += 20.5
    await weights.acquire(2)
    assert weights.spent == 2


async def test_it_tells_how_many_wait_for_their_turn() -> None:
    time, held = FakeTime(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        await held.wait()
        await time.sleep(seconds)

    weights = RateLimiter(monotonic=time.monotonic, sleep=sleep, most=200)
    await weights.acquire(140)
    waiting = asyncio.create_task(weights.acquire(20))
    await asyncio.sleep(0)
    assert weights.waiting == 1
    held.set()
    await waiting
    assert weights.waiting == 0
