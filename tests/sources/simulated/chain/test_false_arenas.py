"""The arena that lies or lags differs from the chain in just that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.lying_arena import LIES, Json, Lie, World, rows_of, world
from tests.support.simulated_season import START


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


async def rows(of: World) -> dict[str, Json]:
    async with httpx.AsyncClient(transport=of.arena, base_url="https://arena.example/api/") as http:
        return rows_of((await http.get("account-totals")).json())


async def states(of: World) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=of.chain, base_url="https://chain.example/") as http:
        return {
            name: (await http.post("info", json={"type": "clearinghouseState", "user": wallet})).json()
            for name, wallet in of.wallets.items()
        }


def quantities(row: Json) -> dict[str, float]:
    return {coin: held["quantity"] for coin, held in row["positions"].items()}


def on_chain(state: Json) -> dict[str, float]:
    return {i["position"]["coin"]: float(i["position"]["szi"]) for i in state["assetPositions"]}


@pytest.mark.parametrize("lie", [lie for _, lie in LIES], ids=[name for name, _ in LIES])
async def test_a_lie_changes_the_arenas_rows_and_not_the_chain(lie: Lie) -> None:
    clock = Clock()
    small = world(clock, start=START)
    honest = await rows(small)
    liar = max(honest, key=lambda name: len(honest[name]["positions"]))
    small.arena.add_lie(liar, lie, START + timedelta(seconds=30))
    assert await rows(small) == honest
    clock.now = START + timedelta(seconds=50)
    reported, true = await rows(small), await states(small)
    for name, row in reported.items():
        same = quantities(row) == on_chain(true[name])
        near = abs(row["dollar_equity"] / float(true[name]["marginSummary"]["accountValue"]) - 1) < 0.02
        assert (same and near) == (name != liar)
    small.arena.be_honest()
    assert quantities((await rows(small))[liar]) == on_chain(true[liar])


@pytest.mark.parametrize(("arena_s", "chain_s"), [(60, 0), (0, 60)], ids=["the arena lags", "the chain lags"])
async def test_a_lagging_side_answers_as_the_other_did_a_minute_before(arena_s: int, chain_s: int) -> None:
    clock = Clock()
    current = world(clock, start=START)
    late = world(
        clock,
        start=START,
        arena_behind=timedelta(seconds=arena_s),
        chain_behind=timedelta(seconds=chain_s),
    )
    apart = 0
    for minute in range(0, 40, 2):
        clock.now = START + timedelta(minutes=minute, seconds=7)
        then_rows, then_states = await rows(current), await states(current)
        now_rows, now_states = await rows(late), await states(late)
        apart += any(quantities(now_rows[n]) != on_chain(now_states[n]) for n in now_rows)
        clock.now += timedelta(minutes=1)
        later_rows, later_states = await rows(late), await states(late)
        if arena_s:
            assert now_states == then_states
            assert later_rows == then_rows
        else:
            assert now_rows == then_rows
            assert {n: on_chain(s) for n, s in later_states.items()} == {
                n: on_chain(s) for n, s in then_states.items()
            }
    assert apart > 0
