"""The demo's transport: status codes, ETags, a loop that stays responsive, and a clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from nof1tui.domain.records import Feed
from nof1tui.sources.nof1.endpoints import FEED_BY_ENDPOINT
from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.arena.clock import ArenaClock
from nof1tui.sources.simulated.arena.transport import SimulatedArenaTransport
from tests.support.simulated_season import ENVELOPES, START, make


def client_of(arena: SimulatedArena, now: datetime = START) -> httpx.AsyncClient:
    transport = SimulatedArenaTransport(arena, lambda: now)
    return httpx.AsyncClient(transport=transport, base_url="http://demo/api/")


class TestTransport:
    async def test_an_unknown_address_is_a_web_page(self) -> None:
        response = await client_of(make(history=timedelta(0))).get("health")
        assert response.status_code == 404
        assert response.headers["Content-Type"].startswith("text/html")

    async def test_positions_are_gone_with_a_body_that_looks_like_success(self) -> None:
        response = await client_of(make(history=timedelta(0))).get("positions")
        assert response.status_code == 410
        assert response.json()["positions"] == []

    async def test_only_get_is_allowed(self) -> None:
        response = await client_of(make(history=timedelta(0))).post("trades")
        assert (response.status_code, response.json()) == (405, {"message": "Method not allowed"})

    async def test_an_unknown_trader_has_no_analytics(self) -> None:
        response = await client_of(make(history=timedelta(hours=2))).get("analytics/unknown")
        assert response.status_code == 404

    @pytest.mark.parametrize("endpoint", sorted(set(ENVELOPES) - {"positions"}))
    async def test_an_unchanged_body_is_answered_304(self, endpoint: str) -> None:
        client = client_of(make(history=timedelta(hours=3)))
        first = await client.get(endpoint)
        again = await client.get(endpoint, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code) == (200, 304)
        assert again.content == b""

    async def test_the_same_trades_a_second_later_are_answered_304(self) -> None:
        arena = make(history=timedelta(hours=3))
        first = await client_of(arena).get("trades")
        etag = {"If-None-Match": first.headers["ETag"]}
        later = await client_of(arena, START + timedelta(seconds=1)).get("trades", headers=etag)
        assert later.status_code == 304

    @pytest.mark.parametrize("text", ["", "abc", "-1", "9" * 40])
    async def test_a_malformed_marker_selects_everything(self, text: str) -> None:
        client = client_of(make(history=timedelta(hours=3)))
        response = await client.get("account-totals", params={"lastHourlyMarker": text})
        assert {row["since_inception_hourly_marker"] for row in response.json()["accountTotals"]} == {0, 1, 2}

    async def test_building_the_history_yields_to_the_event_loop(self) -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.create_task(others())
        await client_of(make(traders=50, history=timedelta(days=3))).get("account-totals")
        other.cancel()
        assert turns > 300

    async def test_a_cancelled_request_changes_no_later_answer(self) -> None:
        given_up, untouched = make(history=timedelta(days=3)), make(history=timedelta(days=3))
        client = client_of(given_up)
        for _ in range(5):
            request = asyncio.create_task(client.get("conversations"))
            for _ in range(30):
                await asyncio.sleep(0)
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)
        for endpoint in ("account-totals", "conversations", "trades"):
            assert (await client.get(endpoint)).content == untouched.answer(endpoint, START).body

    async def test_requests_at_the_same_time_wait_for_each_other(self) -> None:
        client = client_of(make(history=timedelta(days=2)))
        responses = await asyncio.gather(*(client.get(endpoint) for endpoint in sorted(FEED_BY_ENDPOINT)))
        assert {response.status_code for response in responses} == {200}

    def test_every_feed_of_the_monitor_is_served(self) -> None:
        assert set(FEED_BY_ENDPOINT.values()) == set(Feed)


class TestClock:
    def test_arena_time_runs_at_its_speed_from_its_start(self) -> None:
        moments: Iterator[float] = iter([100.0, 100.0, 102.5])
        clock = ArenaClock(START, 60.0, lambda: next(moments))
        assert clock() == START
        assert clock() == START + timedelta(seconds=150)
