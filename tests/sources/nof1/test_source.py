"""The nof1 source over a scripted transport: requests, limits and error messages."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.http.client import Limits, make_client
from nof1tui.sources.nof1.source import Nof1Source
from tests.support.builders import account_row, batch, board

NOW = datetime(2025, 10, 28, 7, 5, tzinfo=UTC)
EMPTY = Board(Roster())
PRICES = {"prices": {"BTC": {"symbol": "BTC", "price": 114101.5, "timestamp": 1761634822805}}}
Handler = Callable[[httpx.Request], httpx.Response]


def source(handler: Handler, base_url: str = "http://arena.test/api", **options: Any) -> Nof1Source:
    client = make_client(base_url, transport=httpx.MockTransport(handler))
    return Nof1Source(client, roster=Roster(), clock=lambda: NOW, **options)


def answering(status: int = 200, **options: Any) -> Handler:
    return lambda request: httpx.Response(status, **options)


async def failure(handler: Handler, **options: Any) -> SourceUnavailable:
    with pytest.raises(SourceUnavailable) as caught:
        await source(handler, **options).fetch(Feed.PRICES, EMPTY)
    return caught.value


async def test_every_feed_requests_its_endpoint_with_a_user_agent() -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        assert request.headers["User-Agent"].startswith("nof1-tui/")
        return httpx.Response(404)

    arena = source(handler, "http://arena.test/api/")
    for feed in arena.feeds:
        with pytest.raises(SourceUnavailable):
            await arena.fetch(feed, EMPTY)
    assert asked == [
        "/api/account-totals",
        "/api/trades",
        "/api/conversations",
        "/api/crypto-prices",
        "/api/analytics",
        "/api/since-inception-values",
    ]


async def test_an_answer_becomes_a_batch_with_size_and_latency() -> None:
    found = await source(answering(json=PRICES)).fetch(Feed.PRICES, EMPTY)
    assert [price.price for price in found.prices] == [114101.5]
    assert (found.status, found.fetched_at) == (200, NOW)
    assert found.body_bytes == len(httpx.Response(200, json=PRICES).content)


async def test_account_rows_are_requested_from_the_last_known_hour() -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.query, "ascii"))
        return httpx.Response(200, json={"accountTotals": []})

    arena = source(handler)
    await arena.fetch(Feed.ACCOUNTS, EMPTY)
    known = board(Roster(), batch(accounts=(account_row(hourly_marker=198),)))
    await arena.fetch(Feed.ACCOUNTS, known)
    assert asked == ["", "lastHourlyMarker=197"]


async def test_an_unchanged_body_is_not_sent_again() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.headers.get("If-None-Match") == 'W/"1"':
            return httpx.Response(304)
        return httpx.Response(200, json=PRICES, headers={"ETag": 'W/"1"'})

    arena = source(handler)
    first = await arena.fetch(Feed.PRICES, EMPTY)
    assert not first.not_modified
    assert (await arena.fetch(Feed.PRICES, board(Roster(), first))).not_modified
    assert not (await arena.fetch(Feed.PRICES, EMPTY)).not_modified, "who has nothing needs the body"


async def test_a_body_that_could_not_be_decoded_is_requested_again_unconditionally() -> None:
    tags = []

    def handler(request: httpx.Request) -> httpx.Response:
        tags.append(request.headers.get("If-None-Match"))
        return httpx.Response(200, content=b"{}", headers={"ETag": '"1"'})

    arena = source(handler)
    known = board(Roster(), batch(Feed.PRICES))
    for _ in range(2):
        with pytest.raises(SourceMalformed):
            await arena.fetch(Feed.PRICES, known)
    assert tags == [None, None]


HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ({"status": 429, "headers": {**HTML, "Retry-After": "120"}}, "429: .*slow down.*bot check"),
        ({"status": 410, "json": {"message": "gone", "positions": []}}, "410: .*no longer offers"),
        ({"status": 404, "headers": HTML}, "404: .*does not know"),
        ({"status": 500}, "500: the server failed"),
        ({"status": 200, "content": b"<!doctype html>", "headers": HTML}, "web page instead of data"),
        ({"status": 200, "content": b"{}"}, "no 'prices'"),
        ({"status": 200, "content": b"\x1b[2J"}, "not a JSON object"),
        ({"status": 308, "headers": {"Location": "https://elsewhere.test/"}}, "another host"),
        ({"status": 301, "headers": {"Location": "/api/crypto-prices"}}, "more than 3 redirects"),
        (
            {"status": 200, "content": b"no gzip at all", "headers": {"Content-Encoding": "gzip"}},
            "decompressed",
        ),
    ],
)
async def test_every_answer_without_data_has_a_reason(response: dict[str, Any], message: str) -> None:
    status = response.pop("status")

    def handler(request: httpx.Request) -> httpx.Response:
        if "Content-Encoding" in response.get("headers", {}):
            return httpx.Response(status, headers=response["headers"], stream=_Raw(response["content"]))
        return httpx.Response(status, **response)

    error = await failure(handler)
    assert re.search(message, str(error)), str(error)
    assert "\x1b" not in str(error)


class _Raw(httpx.AsyncByteStream):
    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.read = 0

    async def __aiter__(self) -> Any:
        for chunk in self.chunks:
            self.read += 1
            yield chunk


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Tue, 28 Oct 2025 07:06:00 GMT", 60.0),
        ("Tue, 28 Oct 2025 07:00:00 GMT", 0.0),
        ("soon", None),
    ],
)
async def test_retry_after_is_parsed_in_both_forms(value: str, seconds: float | None) -> None:
    error = await failure(answering(429, headers={"Retry-After": value}))
    assert (error.status, error.retry_after_s) == (429, seconds)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (httpx.ConnectError("refused"), "no connection to arena.test"),
        (httpx.ConnectTimeout("t"), "timed out"),
        (httpx.ReadTimeout("t"), "too long"),
        (httpx.RemoteProtocolError("cut"), "broke the connection"),
    ],
)
async def test_network_errors_have_messages(fault: httpx.HTTPError, message: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise fault

    error = await failure(handler)
    assert message in str(error)
    assert error.status is None


async def test_a_body_over_the_limit_is_cut_off_even_when_its_compressed_size_is_small() -> None:
    bomb = _Raw(*([gzip.compress(b"0" * 4_000_000)[i : i + 512] for i in range(0, 4_096, 512)]))
    headers = {"Content-Encoding": "gzip"}
    error = await failure(
        lambda request: httpx.Response(200, headers=headers, stream=bomb),
        limits=Limits(max_body_bytes=100_000),
    )
    assert "limit" in str(error)
    assert bomb.read < len(bomb.chunks)


async def test_a_redirect_within_the_host_is_followed() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2":
            return httpx.Response(200, content=json.dumps(PRICES).encode())
        return httpx.Response(308, headers={"Location": "/v2"})

    assert (await source(handler).fetch(Feed.PRICES, EMPTY)).prices
