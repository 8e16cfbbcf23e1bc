"""Bodies of `/v1` on a real store: they are those of `show --json`; paging is complete; formats; 304."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import jsonschema
import pytest

from nof1tui.api.endpoints import api_endpoints
from nof1tui.api.openapi import body_schema
from nof1tui.cli.handlers import serve, show
from nof1tui.domain.events.event import ALL_EVENT_KINDS
from nof1tui.domain.records import Feed, Signal
from tests.support.api import Get, ask, running_api
from tests.support.builders import account_row, at, batch, decision, position, price, trade
from tests.support.cli_types import Command

ENTRY = Signal("ETH", "buy_to_enter", quantity=1.5, confidence=0.7)
TRADES = 23


@pytest.fixture
def show_command(on_store: Command, keep: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`nof1-tui show` on two traders and a benchmark, at a fixed time."""
    short = position("BTC", -0.5, entry_price=114_000.0, mark_price=113_000.0, unrealized_usd=500.0)
    keep(
        batch(
            Feed.ACCOUNTS,
            accounts=(
                account_row("gpt-5", 0, 10_500.0, positions=(position(),)),
                account_row("qwen3-max", 1, 9_000.0, positions=(position(exit_plan=None), short)),
                account_row("buynhold_btc", 1, 20_000.0),
                account_row("gpt-5", 60, 8_000.0),
                account_row("qwen3-max", 61, 12_000.0, positions=(short,)),
            ),
        ),
        batch(
            Feed.TRADES,
            trades=tuple(
                trade(n, "gpt-5" if n % 2 else "qwen3-max", minutes=n // 2, net=10.0 * (-1) ** n)
                for n in range(1, TRADES + 1)
            ),
        ),
        batch(Feed.DECISIONS, decisions=tuple(decision(n, "gpt-5", n, signals=(ENTRY,)) for n in range(4))),
        batch(Feed.PRICES, prices=(price("ETH", 3_900.0, 61), price("BTC", 113_000.0, 60))),
    )
    for module in (serve, show):
        monkeypatch.setattr(module, "utc_now", lambda: at(65))
    return on_store


# fmt: off
SAME = [
    ("leaderboard", "", ()),
    ("leaderboard", "?as_of=2025-10-28T07:20", ("--as-of", "2025-10-28 07:20")),
    ("leaderboard", "?trader=GPT-5", ("--trader", "GPT-5")),
    ("positions", "", ()),
    ("positions", "?coin=btc", ("--coin", "btc")),
    ("positions", "?where=coin:btc", ("--where", "coin:btc")),
    ("coins", "", ()),
    ("prices", "", ()),
    ("prices", "?as_of=2025-10-28T08:04", ("--as-of", "2025-10-28 08:04")),
    ("stats", "", ()),
    ("stats", "?since=2025-10-28T07:06&trader=GPT%205", ("--since", "2025-10-28 07:06", "--trader", "GPT 5")),
    ("trades", "?totals=1&limit=500", ()),
    ("trades", "?totals=1&trader=qwen3-max&limit=3", ("--trader", "qwen3-max", "--limit", "3")),
    ("events", "?limit=500", ()),
    ("events", "?kind=opened,closed&limit=7", ("--kind", "opened", "--kind", "closed", "--limit", "7")),
    ("decisions", "?limit=2", ("--limit", "2")),
]
# fmt: on


def test_every_body_is_the_document_of_show(show_command: Command) -> None:
    async def bodies(get: Get) -> list[Any]:
        return [(await get(f"/v1/{name}{query}")).json() for name, query, _ in SAME]

    different = []
    for (name, query, options), body in zip(SAME, ask(bodies), strict=True):
        what = "chat" if name == "decisions" else name
        done = show_command("show", what, "--json", *options)
        assert done.code == 0, (name, done.err)
        printed = json.loads(done.out)
        assert printed["rows"], name
        for key, value in printed.items():
            if body.get(key) != value:
                different.append((name, query, key))
    assert different == []


def test_bodies_validate_against_the_schemas_of_the_openapi_document(show_command: Command) -> None:
    async def bodies(get: Get) -> list[tuple[str, Any]]:
        return [(name, (await get(f"/v1/{name}")).json()) for name, query, _ in SAME if not query] + [
            (name, (await get(f"/v1/{name}?totals=1")).json()) for name in ("trades",)
        ]

    for name, body in ask(bodies):
        jsonschema.validate(body, body_schema(name))


def test_pages_hold_every_row_once_while_newer_rows_arrive(
    show_command: Command, keep: Callable[..., None]
) -> None:
    async def all_ids() -> list[str]:
        ids, cursor, number = list[str](), "", 100
        async with running_api() as (_, get):
            while True:
                page = (await get(f"/v1/trades?limit=4{cursor}")).json()
                ids += [row["id"] for row in page["rows"]]
                number += 1
                await asyncio.to_thread(
                    keep, batch(Feed.TRADES, trades=(trade(number, "gpt-5", minutes=60, net=1.0),))
                )
                if page["next"] is None:
                    return ids
                cursor = f"&cursor={page['next']}"

    ids = asyncio.run(all_ids())
    assert len(ids) == len(set(ids)) == TRADES


def test_a_filter_is_applied_across_pages(show_command: Command) -> None:
    async def losses(get: Get) -> list[list[Any]]:
        pages, cursor = [], ""
        while True:
            page = (await get(f"/v1/trades?where=net_usd<0%20trader:gpt&limit=5{cursor}")).json()
            pages.append(page["rows"])
            if page["next"] is None:
                return pages
            cursor = f"&cursor={page['next']}"

    pages = ask(losses)
    assert [len(page) for page in pages] == [5, 5, 2]
    assert {row["net_usd"] for page in pages for row in page} == {-10.0}


def test_a_cursor_is_bound_to_its_list_and_filter(show_command: Command) -> None:
    async def refusals(get: Get) -> list[httpx.Response]:
        cursor = (await get("/v1/trades?limit=2")).json()["next"]
        return [
            await get(f"/v1/trades?limit=2&coin=btc&cursor={cursor}"),
            await get(f"/v1/events?limit=2&cursor={cursor}"),
            await get(f"/v1/trades?cursor={cursor[:-8]}AAAAAAAA"),
            await get("/v1/trades?cursor=%C3%A9"),
            await get("/v1/trades?cursor=e30"),
        ]

    for response in ask(refusals):
        assert (response.status_code, response.json()["type"]) == (400, "/docs/problems#bad-cursor")


def test_rows_come_as_ndjson_and_csv(show_command: Command) -> None:
    async def forms(get: Get) -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        return (
            await get("/v1/trades?limit=3"),
            await get("/v1/trades?limit=3", headers={"Accept": "application/x-ndjson"}),
            await get("/v1/trades?limit=3&format=csv"),
        )

    plain, lines, table = ask(forms)
    rows = plain.json()["rows"]
    assert [json.loads(line) for line in lines.text.splitlines()] == rows
    read = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["id"] for row in read] == [row["id"] for row in rows]
    assert list(read[0]) == list(rows[0])
    assert table.headers["content-type"].startswith("text/csv")


def test_a_known_body_is_304_and_asks_the_store_nothing(show_command: Command) -> None:
    async def poll() -> tuple[httpx.Response, list[httpx.Response], int]:
        async with running_api() as (application, get):
            first = await get("/v1/stats")
            misses = application.bodies.misses
            known = {"If-None-Match": f'"other", {first.headers["etag"]}'}
            again = [await get("/v1/stats", headers=known) for _ in range(50)]
            again.append(
                await get("/v1/stats", headers={"If-Modified-Since": first.headers["last-modified"]})
            )
            return first, again, application.bodies.misses - misses

    first, again, misses = asyncio.run(poll())
    assert first.status_code == 200
    assert {(response.status_code, response.content) for response in again} == {(304, b"")}
    assert misses == 0


def test_a_commit_makes_a_new_body(show_command: Command, keep: Callable[..., None]) -> None:
    async def before_and_after() -> tuple[float, float]:
        async with running_api() as (application, get):
            before = (await get("/v1/leaderboard?trader=gpt-5")).json()["rows"][0]["equity_usd"]
            published = application.context.live.generation
            row = account_row("gpt-5", 62, 8_123.0)
            await asyncio.to_thread(keep, batch(Feed.ACCOUNTS, accounts=(row,)))
            async with asyncio.timeout(20):
                while application.context.live.generation == published:
                    await asyncio.sleep(0.01)
            return before, (await get("/v1/leaderboard?trader=gpt-5")).json()["rows"][0]["equity_usd"]

    assert asyncio.run(before_and_after()) == (8_000.0, 8_123.0)


def test_large_bodies_are_compressed_for_clients_that_ask(show_command: Command) -> None:
    async def both(get: Get) -> list[httpx.Response]:
        codings = ("gzip", "identity", "gzip;q=0")
        return [await get("/v1/stats", headers={"Accept-Encoding": coding}) for coding in codings]

    packed, plain, refused = ask(both)
    assert packed.headers.get("content-encoding") == "gzip"
    assert packed.json() == plain.json() == refused.json()
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers


def test_the_other_routes_answer(show_command: Command) -> None:
    async def answers(get: Get) -> dict[str, httpx.Response]:
        found = (await get("/v1/decisions?limit=1")).json()["rows"][0]["id"]
        paths = [
            *(
                "/v1",
                "/v1/seasons",
                "/v1/traders",
                "/v1/traders/gpt-5",
                "/v1/steps",
                "/v1/status",
                "/v1/alerts",
            ),
            *("/v1/series/equity?points=2", "/v1/series/price?since=-7d", f"/v1/decisions/{found}"),
            *("/v1/openapi.json", "/docs", "/docs/problems", "/docs/docs.js", "/docs/docs.css"),
            *("/healthz", "/readyz", "/metrics"),
        ]
        return {path: await get(path) for path in paths}

    responses = ask(answers)
    assert {
        path: response.status_code for path, response in responses.items() if response.status_code != 200
    } == {}
    covered = {path.partition("?")[0] for path in responses}
    listed = {its.path for its in api_endpoints(ALL_EVENT_KINDS) if "{" not in its.path}
    assert listed - covered - {f"/v1/{name}" for name, *_ in SAME} == {"/v1/stream"}
    equity = responses["/v1/series/equity?points=2"].json()["series"]["gpt-5"]
    assert (len(equity["t"]), equity["v"]) == (2, [10_500.0, 8_000.0])
