"""The httpx transport of the demo's arena: a seeded season of simulated trading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime

import httpx

from nof1tui.sources.simulated.arena.api import SimulatedArena, SimulatedResponse


class SimulatedArenaTransport(httpx.AsyncBaseTransport):
    """Serves a `SimulatedArena` at the clock's time; builds the history at the first request.

    Yields to the event loop every few milliseconds of work; requests are served one after another.
    """

    def __init__(self, arena: SimulatedArena, clock: Callable[[], datetime]) -> None:
        self._arena = arena
        self._clock = clock
        self._lock = asyncio.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        endpoint = request.url.path.strip("/").removeprefix("api").strip("/")
        if request.method != "GET" and endpoint != "positions":
            return _response(request, SimulatedResponse(405, b'{"message":"Method not allowed"}'))
        async with self._lock:
            now = self._clock()
            for _ in self._arena.slices(now, endpoint):
                await asyncio.sleep(0)
            answer = self._arena.answer_prepared(endpoint, now, marker=_marker(request.url))
        return _response(request, answer)


class _Body(httpx.AsyncByteStream):
    """A body in chunks that yields to the event loop after each."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
            await asyncio.sleep(0)


def _response(request: httpx.Request, answer: SimulatedResponse) -> httpx.Response:
    headers = {"Content-Type": answer.content_type, "Cache-Control": "public, max-age=0, must-revalidate"}
    if answer.etag is not None:
        headers["ETag"] = answer.etag
        if request.headers.get("If-None-Match") == answer.etag:
            return httpx.Response(304, headers=headers, stream=_Body(()), request=request)
    return httpx.Response(answer.status, headers=headers, stream=_Body(answer.chunks()), request=request)


def _marker(url: httpx.URL) -> int | None:
    """The `lastHourlyMarker` of a request; None for a missing or malformed one, which selects everything."""
    text = url.params.get("lastHourlyMarker", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
