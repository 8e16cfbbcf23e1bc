"""`serve --as-of`: no record of the future exists, in any route; it appears when the clock comes to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from nof1tui.api.live_board import LiveBoard
from nof1tui.api.options import ApiOptions
from nof1tui.cli.handlers import serve
from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.runtime.arenas import live_arena
from nof1tui.runtime.engine import ArenaEngine
from nof1tui.runtime.replayed_store import PastClock, ReplayedStore
from nof1tui.settings.model import load_settings
from tests.support.api import OwnerPeer
from tests.support.builders import account_row, at, batch, decision, price, trade
from tests.support.cli_types import Command

MINUTES = range(0, 200, 10)
HOURS_BY_DATE = 9_800


@pytest.fixture
def season(on_store: Command, keep: Callable[..., None]) -> Command:
    """A row, a trade, a decision and a price every ten minutes."""
    keep(
        batch(
            Feed.ACCOUNTS,
            accounts=tuple(account_row("gpt-5", m, 10_000.0 + m, hourly_marker=m // 60) for m in MINUTES),
        ),
        batch(Feed.TRADES, trades=tuple(trade(m, "gpt-5", minutes=m, net=float(m)) for m in MINUTES)),
        batch(Feed.DECISIONS, decisions=tuple(decision(m, "gpt-5", m) for m in MINUTES)),
        batch(Feed.PRICES, prices=tuple(price("BTC", 100_000.0 + m, m) for m in MINUTES)),
    )
    return on_store


def test_a_rehearsal_shows_nothing_of_the_future(season: Command) -> None:
    """The clock is moved by the test: at 07:04 plus 65 minutes, then by thirty more."""
    seconds = 0.0

    async def look() -> list[dict[str, Any]]:
        nonlocal seconds
        settings = load_settings({"read_only": True, "serve_rate": "off"})
        arena = replace(live_arena(settings, on_progress=lambda text: None), read_only=True)
        clock = PastClock(at(65), 60.0, lambda: seconds)
        engine, live = ReplayedStore(ArenaEngine(arena), clock), LiveBoard(Board(arena.roster), clock)
        application = serve.build_application(settings, engine, live, ApiOptions(), clock)
        following = asyncio.create_task(engine.run(live.publish))
        transport = httpx.ASGITransport(OwnerPeer(application))
        seen = []
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for expected in (60, 90):
                async with asyncio.timeout(20):
                    while (live.board.newest_at or at(0)) < at(expected):
                        await asyncio.sleep(0.01)
                seen.append(await everything(client))
                seconds += 30
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        return seen

    async def everything(client: httpx.AsyncClient) -> dict[str, Any]:
        async def rows(path: str, key: str = "rows") -> Any:
            return (await client.get(path)).json()[key]

        body = (await client.get("/v1/leaderboard")).json()
        return {
            "clock": body["clock"],
            "stale": body["stale"],
            "equity": body["rows"][0]["equity_usd"],
            "equity as of later": (await rows("/v1/leaderboard?as_of=2025-10-29"))[0]["equity_usd"],
            "trades": len(await rows("/v1/trades")),
            "totals": (await rows("/v1/trades?totals=1", "totals"))["n"],
            "decisions": len(await rows("/v1/decisions")),
            "price": (await rows("/v1/prices"))[0]["price"],
            "steps": len(await rows("/v1/steps?around=2025-10-29&limit=200", "steps")),
            "future text": (await client.get("/v1/decisions/" + decision(190, "gpt-5", 190).id)).status_code,
            "markers": [
                row["since_inception_hourly_marker"]
                for row in await rows(
                    f"/api/account-totals?lastHourlyMarker={HOURS_BY_DATE}", "accountTotals"
                )
            ],
            "api trades": len(await rows("/api/trades", "trades")),
            "conversations": len(await rows("/api/conversations", "conversations")),
        }

    first, later = asyncio.run(look())
    assert first == {
        "clock": "replay",
        "stale": False,
        "equity": 10_060.0,
        "equity as of later": 10_060.0,
        "future text": 404,
        "price": 100_060.0,
        "markers": [1],
        **dict.fromkeys(("trades", "totals", "decisions", "steps", "api trades", "conversations"), 7),
    }
    assert (later["equity"], later["trades"], later["steps"], later["markers"]) == (10_090.0, 10, 10, [1])


def test_a_clock_of_speed_0_does_not_move() -> None:
    seconds = [5.0]
    still, fast = (PastClock(at(0), speed, lambda: seconds[0]) for speed in (0.0, 60.0))
    seconds[0] += 90
    assert (still(), fast()) == (at(0), at(90))
