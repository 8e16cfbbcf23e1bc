"""Prices of the simulated arena: seeded, known one segment ahead, quoted like the real ones."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.sources.simulated.arena.market import (
    COIN_SPECS,
    MAX_STEP_MOVE,
    Market,
    round_order_price,
    round_quantity,
    seeded_random,
)

AT = 1_761_600_000.0


def market(seed: int = 1, width_s: float = 120.0) -> Market:
    return Market(seeded_random(seed, "market"), AT, width_s)


def test_the_same_seed_gives_the_same_prices_and_another_seed_others() -> None:
    def path(seed: int) -> list[list[float]]:
        walk = market(seed)
        prices = []
        for _ in range(50):
            walk.advance(120.0)
            prices.append(walk.before)
        return prices

    assert path(1) == path(1)
    assert path(1) != path(2)


def test_a_segment_begins_where_the_one_before_it_ended() -> None:
    walk = market()
    for _ in range(20):
        end, after = walk.end, walk.after
        walk.advance(120.0)
        assert (walk.start, walk.before) == (end, after)
        assert walk.prices(walk.start) == walk.before
        assert walk.prices(walk.end) == walk.after


@given(st.lists(st.floats(0, 120), min_size=1, max_size=20))
def test_reading_prices_changes_nothing(seconds: list[float]) -> None:
    walk, other = market(), market()
    answers = [walk.prices(AT + second) for second in seconds]
    assert [walk.prices(AT + second) for second in seconds] == answers
    walk.advance(120.0)
    other.advance(120.0)
    assert walk.after == other.after


def test_prices_move_from_second_to_second() -> None:
    walk = market()
    seen = {walk.price(0, AT + second) for second in range(120)}
    assert len(seen) > 30


@pytest.mark.parametrize("seed", range(5))
def test_no_coin_moves_further_in_two_minutes_than_a_safe_position_allows(seed: int) -> None:
    walk = market(seed)
    for _ in range(720):
        walk.advance(120.0)
        for before, after in zip(walk.before, walk.after, strict=True):
            assert abs(math.log(after / before)) < MAX_STEP_MOVE + 1e-3


def test_mid_prices_come_in_halves_of_a_tick() -> None:
    walk = market()
    for index, coin in enumerate(COIN_SPECS):
        halves = walk.price(index, AT + 61.5) / (coin.tick / 2)
        assert halves == pytest.approx(round(halves), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_ten_days_have_plausible_returns_and_volatility(seed: int) -> None:
    walk = market(seed, 600.0)
    for _ in range(1_440):
        walk.advance(600.0)
    for coin, price in zip(COIN_SPECS, walk.before, strict=True):
        assert 0.1 < price / coin.price < 10.0


def test_orders_are_priced_by_the_tick_and_sized_by_the_lot() -> None:
    by_symbol = {coin.symbol: coin for coin in COIN_SPECS}
    assert round_order_price(by_symbol["BTC"], 108_123.6) == 108_124.0
    assert round_order_price(by_symbol["DOGE"], 0.1234567) == 0.12346
    assert round_quantity(by_symbol["ETH"], 1.239) == 1.23
    assert round_quantity(by_symbol["XRP"], 812.9) == 812
