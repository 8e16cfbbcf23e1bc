"""The live stream: what is new at a commit, coming back, clients that do not read, good-byes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from msgspec.structs import replace

from nof1tui.api import stream_hub
from nof1tui.api.stream_hub import StreamClient
from nof1tui.domain.board import Board, TradeLog
from tests.support import scenes
from tests.support.fake_api import BOOT, FakeApi

KEY = scenes.account("gpt-5")


def with_trade(board: Board, number: int) -> Board:
    """The board with one more trade of gpt-5."""
    newest = replace(scenes.trade("gpt-5", 1, "BTC", 5.0), id=f"new-{number}", exit_at=scenes.NOW)
    return replace(board, trades={**board.trades, KEY: board.trades[KEY].extended([newest])})


def events_of(chunk: bytes) -> list[tuple[str, str, Any]]:
    """Name, id and data of each event."""
    found = []
    for block in chunk.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], lines.get("id", ""), json.loads(lines["data"])))
    return found


def taken(client: StreamClient) -> list[tuple[str, str, Any]]:
    return events_of(client.take())


def test_a_new_trade_comes_once_and_the_board_as_its_newest_state() -> None:
    api = FakeApi()
    client = api.hub.add(frozenset({"board", "trades"}), None, None)
    assert [name for name, *_ in taken(client)] == ["board"]
    for number in range(3):
        api.live.publish(with_trade(api.live.board, number))
    names = [(name, data.get("id")) for name, _, data in taken(client)]
    assert names == [("trade", "new-0"), ("trade", "new-1"), ("trade", "new-2"), ("board", None)]
    api.live.publish(api.live.board)
    assert [name for name, *_ in taken(client)] == ["board"]


def test_a_client_that_comes_back_gets_what_it_missed_once() -> None:
    api = FakeApi()
    client = api.hub.add(frozenset({"trades"}), None, None)
    api.live.publish(with_trade(api.live.board, 0))
    ((_, last_id, _),) = taken(client)
    api.hub.remove(client)
    for number in (1, 2):
        api.live.publish(with_trade(api.live.board, number))
    back = api.hub.add(frozenset({"trades"}), None, last_id.encode())
    assert [data["id"] for _, _, data in taken(back)] == ["new-1", "new-2"]
    again = api.hub.add(frozenset({"events"}), None, last_id.encode())
    assert taken(again) == []


def test_a_client_of_another_start_or_of_long_ago_is_reset(monkeypatch: Any) -> None:
    monkeypatch.setattr(stream_hub, "MAX_RING_RECORDS", 2)
    api = FakeApi()
    for number in range(5):
        api.live.publish(with_trade(api.live.board, number))
    for last_id in (b"ffffffff-3", f"{BOOT}-1".encode(), b"rubbish"):
        ((name, _, data),) = taken(api.hub.add(frozenset({"trades"}), None, last_id))
        assert (name, data["since"]) == ("reset", "2025-10-28T07:03:57Z")


def test_a_burst_beyond_what_a_board_keeps_resets_the_topic() -> None:
    api = FakeApi()
    client = api.hub.add(frozenset({"trades"}), None, None)
    other = replace(scenes.trade("gpt-5", 1, "BTC", 5.0), id="other")
    api.live.publish(replace(api.live.board, trades={KEY: TradeLog.of([other])}))
    ((name, _, data),) = taken(client)
    assert (name, data["topic"]) == ("reset", "trades")


def test_a_client_that_does_not_read_is_dropped_and_others_are_not() -> None:
    api = FakeApi()
    slow, fast = (api.hub.add(frozenset({"trades"}), None, None) for _ in range(2))
    for number in range(65):
        api.live.publish(with_trade(api.live.board, number))
        fast.take()
    assert (slow.is_dropped, fast.is_dropped) == (True, False)
    api.hub.remove(slow)
    assert (len(api.hub.clients), api.hub.dropped) == (1, 1)


def test_a_client_of_states_is_never_dropped() -> None:
    api = FakeApi()
    client = api.hub.add(frozenset({"board", "prices", "status"}), None, None)
    for _ in range(20):
        api.live.publish(api.live.board)
    assert not client.is_dropped
    assert sorted(name for name, *_ in taken(client)) == ["board", "prices", "status"]


async def test_heartbeats_events_and_good_bye_over_a_connection() -> None:
    api = FakeApi(heartbeat_s=0.01)
    asking = asyncio.create_task(api.ask("/v1/stream", "topics=trades"))
    async with asyncio.timeout(10):
        while not api.hub.clients:
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        api.live.publish(with_trade(api.live.board, 0))
        await asyncio.sleep(0.05)
        api.hub.end_all()
        answered = await asking
    assert answered.headers["content-type"].startswith("text/event-stream")
    assert answered.content.startswith(b"retry: 2000\n\n")
    assert b": heartbeat\n\n" in answered.content
    assert [name for name, *_ in events_of(answered.content)] == ["trade", "bye"]
    assert api.hub.clients == set()


async def test_streams_are_bounded_and_their_topics_checked() -> None:
    api = FakeApi(max_streams=1)
    assert (await api.ask("/v1/stream", "topics=weather")).status == 400
    asking = asyncio.create_task(api.ask("/v1/stream"))
    while not api.hub.clients:
        await asyncio.sleep(0)
    refused = await api.ask("/v1/stream")
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")
    api.hub.end_all()
    assert (await asking).status == 200
