"""Any request gets an answer that is not the server's fault; access, rates, hosts and an absent store."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from nof1tui.api.access import RateLimit, client_of
from nof1tui.api.endpoints import Endpoint, Parameter, api_endpoints
from nof1tui.api.problems import STATUS_OF_PROBLEM
from nof1tui.domain.events.event import ALL_EVENT_KINDS
from nof1tui.domain.health import StoreHealth
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.tokens import Scope, Token
from tests.support import scenes
from tests.support.fake_api import FakeApi

ENDPOINTS = [its for its in api_endpoints(ALL_EVENT_KINDS) if its.name != "stream"]
TEXTS = st.text(max_size=40)
HEADERS = [
    *("Accept", "Accept-Encoding", "If-None-Match", "If-Modified-Since", "Host", "Origin", "Authorization"),
    *("Last-Event-ID", "Content-Length", "Cookie"),
]


def likely_values(parameter: Parameter) -> st.SearchStrategy[str]:
    match parameter.kind:
        case "count":
            return st.integers(parameter.least - 2, parameter.most + 2).map(str)
        case "flag":
            return st.sampled_from(["1", "0", "yes"])
        case "choice" | "names":
            return st.sampled_from([*(parameter.choices or ("board",)), "nothing"])
        case "moment":
            return st.sampled_from(
                ["2025-10-26", "-6h", "now", "9999-12-31", "0001-01-01T00:00:00+14:00", "-9999999w"]
            )
        case "filter":
            return st.sampled_from(
                ["net_usd<-100", "coin:btc", "/(a+)+$/", "equity_usd>", "is:win", '"', "!x|y", "rank:1"]
            )
        case _:
            return st.sampled_from(
                ["gpt-5", "btc", "GPT 5@x", "%", "=1+1", "\r\nSet-Cookie: a=b", "\ud7ff\u202e"]
            )


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, str, str]:
    """Method, path and query string: of the document's parameters, or anything."""
    endpoint: Endpoint = draw(st.sampled_from(ENDPOINTS))
    path = endpoint.path.replace("{id}", draw(st.one_of(st.sampled_from(["gpt-5", "x"]), TEXTS)))
    path = draw(st.one_of(st.just(path), TEXTS.map(lambda text: f"/{text}"), st.just(path + "/")))
    names = draw(st.lists(st.sampled_from(endpoint.parameters), max_size=4)) if endpoint.parameters else []
    pairs = [(its.name, draw(st.one_of(likely_values(its), TEXTS))) for its in names]
    pairs += draw(st.lists(st.tuples(TEXTS, TEXTS), max_size=1))
    query = draw(st.one_of(st.just(urlencode(pairs)), TEXTS.map(lambda text: quote(text, safe="&=%+;"))))
    return draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "BREW"])), path, query


@settings(max_examples=300, deadline=None)
@given(
    requests=st.lists(
        st.tuples(queries(), st.dictionaries(
            st.sampled_from(HEADERS),
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30), max_size=3)),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_no_request_is_answered_with_a_fault_of_the_server(requests: list[Any]) -> None:
    async def send() -> None:
        api = FakeApi()
        for (method, path, query), headers in requests:
            answered = await api.ask(path, query, method=method, headers=headers)
            assert 200 <= answered.status < 500, (method, path, query, answered.content)
            assert answered.headers["x-request-id"].startswith("0123abcd-")
            assert not any(set(value) & {"\r", "\n", "\0"} for value in answered.headers.values())
            if method == "HEAD":
                assert answered.content == b""
            elif answered.status >= 400:
                problem = json.loads(answered.content)
                assert problem["type"].removeprefix("/docs/problems#") in STATUS_OF_PROBLEM

    asyncio.run(send())


@pytest.mark.parametrize(
    ("path", "query", "param", "detail"),
    [
        ("/v1/trades", "coinn=btc", "coinn", "unknown parameter; did you mean coin?"),
        ("/v1/trades", "coin=btc&coin=eth", "coin", "coin is given twice"),
        ("/v1/trades", "limit=501", "limit", "must be a whole number from 1 to 500"),
        ("/v1/trades", "side=up", "side", "must be one of long, short"),
        ("/v1/events", "kind=opend", "kind", "did you mean opened?"),
        ("/v1/trades", "as_of=soon", "as_of", "can't parse 'soon'"),
        ("/v1/trades", "where=nett<1", "where", 'no field "nett"; did you mean net?'),
        ("/v1/trades", "trader=gtp-5", "trader", "did you mean gpt-5?"),
        ("/v1/trades", "totals=1&where=coin:btc", "totals", "totals cannot be combined with where"),
        ("/v1/prices", "arena=other", "arena", "this server has the arena nof1"),
    ],
)
async def test_a_wrong_parameter_is_named_with_the_likely_one(
    path: str, query: str, param: str, detail: str
) -> None:
    answered = await FakeApi().ask(path, query)
    problem = json.loads(answered.content)
    assert (answered.status, problem["type"], problem["param"]) == (
        400,
        "/docs/problems#bad-parameter",
        param,
    )
    assert detail in problem["detail"]


class Book:
    """One token, and whether it can be looked up."""

    def __init__(self, scopes: frozenset[Scope]) -> None:
        self.token = Token("abcd1234", "test", sha256(b"S" * 49).digest(), scopes, scenes.NOW)
        self.is_away = False

    async def find(self, token_id: str) -> Token | None:
        if self.is_away:
            raise StoreUnavailable("away")
        return self.token if token_id == self.token.id else None


GOOD, WRONG = f"nof1_abcd1234_{'S' * 49}", f"nof1_abcd1234_{'T' * 49}"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def test_scopes_decide_what_a_token_may_read() -> None:
    api = FakeApi(book=Book(frozenset({"read"})), public=False)
    assert (await api.ask("/v1/prices")).status == 401
    assert (await api.ask("/v1/prices", headers=bearer(GOOD))).status == 200
    basic = base64.b64encode(f"any:{GOOD}".encode()).decode()
    assert (await api.ask("/v1/prices", headers={"Authorization": f"Basic {basic}"})).status == 200
    refused = await api.ask("/v1/decisions/x", headers=bearer(GOOD))
    assert (refused.status, json.loads(refused.content)["type"]) == (403, "/docs/problems#scope-missing")
    for secret in (WRONG, GOOD.replace("abcd", "abce"), "nof1_", "", GOOD + "S"):
        assert (await api.ask("/v1/prices", headers=bearer(secret))).status == 401
    assert (await api.ask("/v1/prices", peer=None)).status == 200


async def test_an_ended_token_is_refused() -> None:
    book = Book(frozenset({"read"}))
    for change in ({"revoked_at": scenes.NOW}, {"expires_at": scenes.NOW - timedelta(seconds=1)}):
        api = FakeApi(book=book, public=False)
        assert (await api.ask("/v1/prices", headers=bearer(GOOD))).status == 200
        book.token, kept = replace(book.token, **change), book.token
        api.application.access.forget_tokens()
        assert (await api.ask("/v1/prices", headers=bearer(GOOD))).status == 401
        book.token = kept


async def test_a_known_token_is_valid_for_a_minute_while_the_store_is_away() -> None:
    book = Book(frozenset({"read"}))
    api = FakeApi(book=book, public=False)
    assert (await api.ask("/v1/prices", headers=bearer(GOOD))).status == 200
    book.is_away = True
    api.monotonic_s = 59
    assert (await api.ask("/v1/prices", headers=bearer(GOOD))).status == 200
    api.monotonic_s = 61
    assert (await api.ask("/v1/prices", headers=bearer(GOOD))).status == 503


async def test_guessing_is_stopped_and_a_valid_token_is_not() -> None:
    api = FakeApi(book=Book(frozenset({"read"})), public=False)
    statuses = [(await api.ask("/v1/prices", headers=bearer(WRONG))).status for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert (await api.ask("/v1/prices", headers=bearer(GOOD))).status == 200
    assert (await api.ask("/v1/prices", headers=bearer(WRONG), peer="192.0.2.8")).status == 401


async def test_each_address_has_a_rate_and_the_owner_has_none() -> None:
    api = FakeApi(rate=RateLimit(2.0, 3.0))
    statuses = [(await api.ask("/v1/prices")).status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert int((await api.ask("/v1/prices")).headers["retry-after"]) == 1
    assert (await api.ask("/v1/prices", peer="192.0.2.8")).status == 200
    api.monotonic_s = 0.5
    assert [(await api.ask("/v1/prices")).status for _ in range(2)] == [200, 429]
    assert {(await api.ask("/v1/prices", peer=None)).status for _ in range(20)} == {200}


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_client_is_an_address_or_a_64_bit_prefix(address: str, client: str) -> None:
    assert client_of(address) == client


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8420", 200), ("127.0.0.1:8420", 200), ("[::1]:8420", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421), ("localhost.evil.example", 421), ("localhost@evil.example", 421), ("", 421),
        ("127.0.0.1:8420/", 421), ("localhost\t", 200),
    ],
)  # fmt: skip
async def test_on_loopback_the_host_must_be_a_name_of_loopback(host: str, status: int) -> None:
    api = FakeApi(hosts=frozenset({"localhost", "127.0.0.1", "[::1]"}))
    assert (await api.ask("/v1/prices", headers={"Host": host})).status == status
    assert (await api.ask("/v1/prices", headers={"Host": host}, peer=None)).status == 200


async def test_while_the_store_is_away_the_last_bodies_stay_and_say_so() -> None:
    api = FakeApi()
    before = json.loads((await api.ask("/v1/stats")).content)
    trades = json.loads((await api.ask("/v1/trades")).content)
    api.history.is_away = True
    failed = replace(api.live.board.health, store=StoreHealth(failure="the server does not answer"))
    for _ in range(2):
        api.live.publish(replace(api.live.board, health=failed))
        board, paged = await api.ask("/v1/leaderboard"), await api.ask("/v1/trades")
        assert (board.status, json.loads(board.content)["stale"]) == (200, True)
        assert (json.loads(paged.content)["rows"], json.loads(paged.content)["stale"]) == (
            trades["rows"],
            True,
        )
        assert json.loads((await api.ask("/v1/stats")).content)["rows"] == before["rows"]
        unknown = await api.ask("/v1/events")
        assert (unknown.status, unknown.headers["retry-after"]) == (503, "1")
    assert (await api.ask("/readyz")).status == 503
    assert (await api.ask("/healthz")).status == 200
    assert json.loads((await api.ask("/readyz", peer=None)).content)["reason"] == "the server does not answer"
    assert "reason" not in json.loads((await api.ask("/readyz")).content)


async def test_readyz_fails_when_the_store_was_not_read_for_a_minute() -> None:
    api = FakeApi()
    assert (await api.ask("/readyz")).status == 200
    api.monotonic_s += 61
    assert (await api.ask("/readyz")).status == 503


async def test_identical_requests_in_flight_are_read_once_and_too_many_are_refused() -> None:
    api = FakeApi()
    same = await asyncio.gather(*(api.ask("/v1/trades", "limit=3") for _ in range(50)))
    assert ({answered.status for answered in same}, api.history.reads) == ({200}, 1)
    different = await asyncio.gather(*(api.ask("/v1/trades", f"limit={number}") for number in range(10, 110)))
    statuses = [answered.status for answered in different]
    assert (statuses.count(200), statuses.count(503)) == (68, 32)


async def test_the_cache_is_bounded_over_many_moments() -> None:
    api = FakeApi()
    cache = api.application.bodies.cache
    cache._max_bytes = 200_000
    for number in range(300):
        assert (
            await api.ask("/v1/leaderboard", f"as_of=2025-10-20T00:{number // 60:02}:{number % 60:02}")
        ).status == 200
    assert cache.bytes <= 200_000
    assert 0 < len(cache) < 300


async def test_origins_are_those_of_the_settings() -> None:
    api = FakeApi(origins=frozenset({"https://example.org"}))
    allowed = await api.ask("/v1/prices", headers={"Origin": "https://example.org"})
    other = await api.ask("/v1/prices", headers={"Origin": "https://example.org.evil.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://example.org"
    assert "access-control-allow-origin" not in other.headers


async def test_control_characters_of_texts_are_escaped() -> None:
    api = FakeApi()
    board = api.live.board
    hostile = replace(board.decisions[0], summary="\x1b]52;c;x\x07 \x7f \x9b31m \u202e")
    api.history.decisions = lambda *_, **__: asyncio.sleep(0, [hostile])  # type: ignore[method-assign]
    answered = await api.ask("/v1/decisions")
    assert not any(byte in answered.content for byte in (b"\x1b", b"\x7f", b"\xc2\x9b"))
    assert json.loads(answered.content)["rows"][0]["summary"] == hostile.summary


async def test_a_token_in_the_path_is_valid_there_and_masked_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = FakeApi(book=Book(frozenset({"read"})), public=False)
    with caplog.at_level("DEBUG"):
        assert (await api.ask(f"/t/{GOOD}/api/trades")).status == 200
        assert (await api.ask(f"/t/{GOOD}/api/conversations")).status == 403
        assert (await api.ask(f"/t/{WRONG}/api/trades")).status == 401
        assert (await api.ask("/v1/prices", headers=bearer(GOOD))).status == 200
    assert "/t/***/api/trades" in caplog.text
    assert not any(secret in caplog.text for secret in (GOOD, WRONG, "S" * 49, "T" * 49))
