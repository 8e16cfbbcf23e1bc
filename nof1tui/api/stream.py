"""Serves one client of the live stream as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from nof1tui.api.access import Grant
from nof1tui.api.bodies import HeaderList
from nof1tui.api.options import ApiOptions
from nof1tui.api.problems import ApiProblem
from nof1tui.api.reply import SECURITY_HEADERS, AsgiReceive, Reply
from nof1tui.api.stream_hub import TOPICS, StreamClient, StreamHub, Topic

_HEADERS: HeaderList = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    *SECURITY_HEADERS,
]
_RETRY, _HEARTBEAT = b"retry: 2000\n\n", b": heartbeat\n\n"
_BYE = b"event: bye\ndata: {}\n\n"
WRITE_TIMEOUT_S = 10.0


async def serve_stream(
    hub: StreamHub,
    options: ApiOptions,
    values: Mapping[str, Any],
    grant: Grant,
    last_event_id: bytes | None,
    receive: AsgiReceive,
    reply: Reply,
) -> None:
    """Send events until the client leaves, does not keep up, or is ended. Raises ApiProblem."""
    topics = _topics(values)
    if reply.method == "HEAD":
        await reply.send_head(200, _HEADERS)
        return
    if len(hub.clients) >= options.max_streams:
        raise ApiProblem(
            "busy", f"{options.max_streams} streams are open", headers=((b"retry-after", b"10"),)
        )
    await reply.start(200, _HEADERS)
    client = hub.add(topics, grant.token.id if grant.token else None, last_event_id)
    leaving = asyncio.create_task(_wait_for_disconnect(receive, client), name="stream client")
    try:
        await _send_events(client, options.heartbeat_s, reply)
    except TimeoutError:
        client.is_dropped = True
    finally:
        leaving.cancel()
        hub.remove(client)
    if not client.is_dropped:
        await _send(reply, b"", more=False)
    else:
        raise ConnectionAbortedError("the client does not keep up with the stream")


async def _send_events(client: StreamClient, heartbeat_s: float, reply: Reply) -> None:
    await _send(reply, _RETRY)
    while not client.is_dropped:
        if client.is_ended:
            await _send(reply, client.take() + _BYE)
            return
        try:
            async with asyncio.timeout(heartbeat_s):
                await client.wake.wait()
        except TimeoutError:
            await _send(reply, _HEARTBEAT)
            continue
        chunk = client.take()
        if chunk and not client.is_dropped:
            await _send(reply, chunk)


async def _send(reply: Reply, chunk: bytes, *, more: bool = True) -> None:
    """Raises TimeoutError where the client has not read for ten seconds."""
    async with asyncio.timeout(WRITE_TIMEOUT_S):
        await reply.send({"type": "http.response.body", "body": chunk, "more_body": more})


async def _wait_for_disconnect(receive: AsgiReceive, client: StreamClient) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.end()


def _topics(values: Mapping[str, Any]) -> frozenset[Topic]:
    names = values.get("topics") or ("board",)
    known = {topic for topic in TOPICS if topic in names}
    unknown = [name for name in names if name not in TOPICS]
    if unknown:
        raise ApiProblem("bad-parameter", f"unknown topic; known: {', '.join(TOPICS)}", param="topics")
    return frozenset(known)
