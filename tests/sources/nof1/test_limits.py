"""Limits of body, record, nesting and numbers, met together by one source: named, and neighbours kept."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator

import httpx
import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.http.client import Limits
from nof1tui.sources.nof1.source import Nof1Source
from tests.support.arena_server import wire_trade
from tests.support.decoding import AT, NOW

MEGABYTE = 2**20
GOOD = json.dumps(wire_trade("m", "ETH", 10.0, exit_at=AT, number=1)).encode()
NESTED = b'{"model_id":"m","exit_plan":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
LONG_NUMBER = GOOD.replace(b'"exit_tid": 372512461843509', b'"exit_tid": ' + b"7" * 50_000)
HUGE_NUMBER = GOOD.replace(b'"entry_sz": 0.5', b'"entry_sz": 1e99999').replace(
    b"000000000001", b"000000000002"
)
LONG_NAME = GOOD.replace(b'"model_id": "m"', b'"model_id": "' + b"m" * 70_000 + b'"')


async def fetch(*records: bytes, packed: bool = False, max_bytes: int = 2 * MEGABYTE) -> Batch:
    body = b'{"trades": [' + b",".join(records) + b"]}"
    headers = {"Content-Encoding": "gzip"} if packed else {}
    body = gzip.compress(body) if packed else body

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://arena.test/api")
    source = Nof1Source(client, roster=Roster(), clock=lambda: NOW, limits=Limits(max_body_bytes=max_bytes))
    try:
        return await source.fetch(Feed.TRADES, Board(Roster()))
    finally:
        await source.aclose()


@pytest.fixture
def bounded_memory() -> Iterator[None]:
    """The test's own allocations stay below 64 MB, whatever the bodies claim to be."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 64 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("bounded_memory")
@pytest.mark.parametrize("packed", [False, True])
async def test_records_at_every_limit_cost_themselves_and_no_neighbour(packed: bool) -> None:
    batch = await fetch(NESTED, HUGE_NUMBER, LONG_NAME, GOOD, b"7" * 9_000, packed=packed)
    assert [trade.id[-1] for trade in batch.trades] == ["2", "1"]
    reasons = sorted(reject.reason for reject in batch.rejects)
    assert [reason[:30] for reason in reasons] == [
        "Number out of range", "model_id: longer than 200 char", "nested too deeply",
    ]  # fmt: skip


@pytest.mark.usefixtures("bounded_memory")
async def test_a_number_of_any_length_costs_its_field_only() -> None:
    (trade,) = (await fetch(LONG_NUMBER)).trades
    assert (trade.exit_tid, trade.net_usd) == (None, 10.0)


@pytest.mark.usefixtures("bounded_memory")
@pytest.mark.parametrize("packed", [False, True])
async def test_a_body_beyond_its_limit_is_refused_however_it_is_packed(packed: bool) -> None:
    with pytest.raises(SourceUnavailable, match="2 MB"):
        await fetch(GOOD, b" " * 3 * MEGABYTE, GOOD, packed=packed)


@pytest.mark.usefixtures("bounded_memory")
async def test_nested_records_without_end_are_one_malformed_body() -> None:
    with pytest.raises(SourceMalformed, match="the limit of 10,000 cannot be decoded"):
        await fetch(*[b"[" * 20 + b"]" * 20] * 10_002)
