"""nof1's API under `/api`: recorded answers come back as they were, and the clients of that API work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from nof1tui.api.options import ApiOptions
from nof1tui.domain.records import Feed
from tests.support.api import Get, ask, running_api
from tests.support.builders import account_row, at, batch, position, price, trade
from tests.support.cli_types import Command

Json = dict[str, Any]
TRADE_KEYS = 33
NAMES = {
    "account-totals": ("account-totals?lastHourlyMarker=0", "accountTotals"),
    "trades": ("trades", "trades"),
    "conversations": ("conversations", "conversations"),
    "analytics": ("analytics", "analytics"),
    "since-inception-values": ("since-inception-values", "sinceInceptionValues"),
}
ALLOWED = {("since-inception-values", "id"), ("account-totals", "sharpe_ratio")}
"""Record and key that may differ: docs/api.md lists them."""


def same(one: Any, other: Any) -> bool:
    """Equal with the same JSON types: 1 is not 1.0, and not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def differences(kind: str, recorded: Json, served: Json) -> list[str]:
    """Keys that differ; of a trade from a trimmed capture only those that it has."""
    is_trimmed = kind == "trades" and len(recorded) < TRADE_KEYS and served
    keys = recorded.keys() if is_trimmed else recorded.keys() | served.keys()
    return sorted(
        key for key in keys
        if not same(recorded.get(key, "absent"), served.get(key, "absent")) and (kind, key) not in ALLOWED
    )  # fmt: skip


def recorded_files(folder: Path) -> list[tuple[str, list[Json]]]:
    """Kind and records of each recorded answer."""
    found = []
    for file in sorted(folder.glob("*/*.json")):
        kind = next((name for name in NAMES if file.name.startswith(name)), None)
        if kind is not None and file.parent.name != "hyperliquid":
            body = json.loads(file.read_text("utf-8"))
            found.append((kind, body[NAMES[kind][1]]))
    return found


async def wider(get: Get) -> dict[str, list[Json]]:
    """Every record that is served, also trades and conversations beyond the newest hundred."""
    return {kind: (await get(f"/api/{path}")).json()[key] for kind, (path, key) in NAMES.items()}


def test_recorded_answers_come_back_as_they_were(
    on_store: Command, recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nof1tui.api.nof1_api.LISTED", 10_000)
    assert on_store("import", str(recordings)).code == 0
    served = ask(wider)
    versions: dict[tuple[str, str], list[Json]] = {}
    for kind, records in recorded_files(recordings):
        for record in records:
            versions.setdefault((kind, _identity(kind, record)), []).append(record)
    found = {(kind, _identity(kind, its)): its for kind, records in served.items() for its in records}
    newest = {key for key in versions if key in found or key[0] != "analytics"}
    different = {
        key: min((differences(key[0], its, found.get(key, {})) for its in versions[key]), key=len)
        for key in newest
    }
    assert {key: keys for key, keys in different.items() if keys} == {}
    assert len(newest) > 0


def _identity(kind: str, record: Json) -> str:
    if kind == "since-inception-values":
        return str(record["model_id"])
    return str(record["id"]) + (str(record["updated_at"]) if kind == "analytics" else "")


# fmt: off
POSITION_KEYS = {
    *("symbol", "quantity", "entry_price", "current_price", "entry_time", "leverage", "margin"),
    *("liquidation_price", "unrealized_pnl", "closed_pnl", "commission", "risk_usd", "confidence"),
    *("exit_plan", "entry_oid", "oid", "tp_oid", "sl_oid", "index_col", "slippage", "wait_for_fill"),
}
# fmt: on
HOURS_BY_DATE = 9_800
"""What clients ask for today: hours since the start of a season that ended long ago."""


@pytest.fixture
def season(on_store: Command, keep: Callable[..., None]) -> Command:
    """Two models and a benchmark over three hours; the benchmark's hour begins later."""
    rows = [
        account_row(
            name, minutes, equity, hourly_marker=hour, positions=(position(entry_oid=7_001, entry_at=at(1)),)
        )
        for name, first in (("gpt-5", 0), ("qwen3-max", 1), ("buynhold_btc", 41))
        for hour, minutes in enumerate(range(first, 170, 60))
        for equity in (10_000.0 + minutes,)
    ]
    keep(
        batch(Feed.ACCOUNTS, accounts=tuple(rows)),
        batch(Feed.TRADES, trades=tuple(trade(n, "gpt-5", minutes=n, net=float(n)) for n in range(1, 121))),
        batch(Feed.PRICES, prices=(price("BTC", 113_000.0, 170),)),
    )
    return on_store


def test_a_copy_trader_asks_by_date_and_gets_the_newest_row_of_each_model(season: Command) -> None:
    async def tracker(get: Get) -> Json:
        body: Json = (await get(f"/api/account-totals?lastHourlyMarker={HOURS_BY_DATE}")).json()
        return body

    body = ask(tracker)
    newest = {row["model_id"]: row for row in body["accountTotals"]}
    assert {model: row["since_inception_hourly_marker"] for model, row in newest.items()} == {
        "gpt-5": 2, "qwen3-max": 2, "buynhold_btc": 2,
    }  # fmt: skip
    assert set(newest["gpt-5"]["positions"]["ETH"]) == POSITION_KEYS
    assert body["lastHourlyMarkerRead"] == 2
    assert isinstance(body["serverTime"], int)


def test_a_monitor_reads_the_leaderboard_and_the_two_last_hours(season: Command) -> None:
    async def monitor(get: Get) -> tuple[list[Json], list[list[Json]]]:
        leaderboard = (await get("/api/leaderboard")).json()["leaderboard"]
        hours = [
            (await get(f"/api/account-totals?lastHourlyMarker={hour}")).json()["accountTotals"]
            for hour in (2, 1)
        ]
        return leaderboard, hours

    leaderboard, (last, two) = ask(monitor)
    models = {row["model_id"] for row in last}
    assert {row["id"] for row in leaderboard} == models - {"buynhold_btc"}
    assert set(leaderboard[0]) == {
        *(
            "id",
            "equity",
            "return_pct",
            "num_trades",
            "num_wins",
            "num_losses",
            "win_dollars",
            "lose_dollars",
        ),
        "sharpe",
    }
    assert [row["id"] for row in last] == ["gpt-5_2", "qwen3-max_2", "buynhold_btc_2"]
    assert [row["id"] for row in two][:3] == ["gpt-5_1", "qwen3-max_1", "buynhold_btc_1"]
    assert [row["timestamp"] for row in two] == sorted(row["timestamp"] for row in two)


def test_a_proxy_polls_every_route_with_the_validators_it_was_given(season: Command) -> None:
    paths = [
        *("account-totals", "account_totals", "trades", "conversations", "leaderboard", "analytics"),
        *("crypto-prices", "since-inception-values"),
    ]

    async def poll(get: Get) -> list[tuple[httpx.Response, httpx.Response]]:
        answers = []
        for path in paths:
            first = await get(f"/api/{path}")
            known = {
                "If-None-Match": first.headers["etag"],
                "If-Modified-Since": first.headers["last-modified"],
            }
            answers.append((first, await get(f"/api/{path}", headers=known)))
        return answers

    for first, again in ask(poll):
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert first.headers["access-control-allow-origin"] == "*"
        assert first.headers["cache-control"] == "public, max-age=0, must-revalidate"


def test_trades_are_the_newest_hundred_of_each_model(season: Command) -> None:
    async def trades(get: Get) -> Json:
        body: Json = (await get("/api/trades")).json()
        return body

    listed = ask(trades)["trades"]
    assert [record["realized_net_pnl"] for record in listed] == list(range(120, 20, -1))
    assert len(listed[0]) == TRADE_KEYS


def test_requests_that_upstream_refuses_are_refused_alike(season: Command) -> None:
    async def answers(get: Get) -> dict[str, httpx.Response]:
        paths = [
            *("positions?limit=5", "weather", "analytics/nothing", "trades/x", "trades/"),
            *("account-totals?lastHourlyMarker=x", "account-totals?lastHourlyMarker=99999999"),
        ]
        return {path: await get(f"/api/{path}") for path in paths}

    found = ask(answers)
    assert {path: response.status_code for path, response in found.items()} == {
        "positions?limit=5": 410,
        "weather": 404,
        "analytics/nothing": 404,
        "trades/x": 404,
        "trades/": 308,
        "account-totals?lastHourlyMarker=x": 400,
        "account-totals?lastHourlyMarker=99999999": 400,
    }
    gone = found["positions?limit=5"].json()
    assert (gone["positions"], set(gone)) == ([], {"message", "positions", "serverTime"})
    assert found["weather"].json() == {"message": "Not found"}
    assert found["trades/"].headers["location"] == "/api/trades"


def test_the_server_time_moves_only_with_the_records(season: Command, keep: Callable[..., None]) -> None:
    async def times() -> list[tuple[int, str]]:
        found = []
        async with running_api() as (application, get):
            live = application.context.live

            async def look() -> None:
                response = await get("/api/crypto-prices")
                found.append((response.json()["serverTime"], response.headers["etag"]))

            await look()
            live.publish(live.board)
            await look()
            before = live.generation
            await asyncio.to_thread(keep, batch(Feed.PRICES, prices=(price("BTC", 114_000.0, 171),)))
            async with asyncio.timeout(20):
                while live.generation == before:
                    await asyncio.sleep(0.01)
            await look()
        return found

    first, same_records, newer = asyncio.run(times())
    assert same_records == first
    assert newer[0] > first[0]
    assert newer[1] != first[1]


def test_a_strict_marker_leaves_out_accounts_without_that_hour(
    season: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.api.ApiOptions", lambda public: ApiOptions(public, strict_marker=True))

    async def rows(get: Get) -> list[int]:
        paths = [f"/api/account-totals?lastHourlyMarker={marker}" for marker in (HOURS_BY_DATE, 2)]
        return [len((await get(path)).json()["accountTotals"]) for path in paths]

    assert ask(rows) == [0, 3]
