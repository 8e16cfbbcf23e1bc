"""Sending of one answer over ASGI: in chunks that a slow reader holds back, without content for HEAD."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

import msgspec

from nof1tui.api.bodies import HeaderList
from nof1tui.api.problems import PROBLEM_TYPE, ApiProblem

AsgiScope = MutableMapping[str, Any]
AsgiSend = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiReceive = Callable[[], Awaitable[MutableMapping[str, Any]]]

METHODS = b"GET, HEAD, OPTIONS"
SECURITY_HEADERS: HeaderList = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
_MAX_CHUNK = 256 * 1024
_CHUNK_TIMEOUT_S = 30.0


class Reply:
    """Sends one answer, without content for HEAD."""

    def __init__(self, method: str, request_id: str, send: AsgiSend) -> None:
        self.method, self.send = method, send
        self.more: HeaderList = []
        self.status = 0
        self.route = "other"
        """The path of the endpoint, for metrics."""
        self._request_id = request_id

    async def start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Send status and headers."""
        self.status = status
        every = [*headers, *self.more, (b"x-request-id", self._request_id.encode())]
        await self.send({"type": "http.response.start", "status": status, "headers": every})

    async def send_head(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        await self.start(status, headers)
        await self.send({"type": "http.response.body", "body": b""})

    async def send_content(self, status: int, headers: Sequence[tuple[bytes, bytes]], content: bytes) -> None:
        if self.method == "HEAD":
            await self.send_head(status, headers)
            return
        await self.start(status, headers)
        sent = 0
        while len(content) - sent > _MAX_CHUNK:
            async with asyncio.timeout(_CHUNK_TIMEOUT_S):
                chunk = content[sent : sent + _MAX_CHUNK]
                await self.send({"type": "http.response.body", "body": chunk, "more_body": True})
            sent += _MAX_CHUNK
        await self.send({"type": "http.response.body", "body": content[sent:] if sent else content})

    async def send_json(
        self, status: int, document: Mapping[str, Any], more: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        """Send a short document that must not be cached."""
        await self.send_text(status, "application/json; charset=utf-8", msgspec.json.encode(document), more)

    async def send_text(
        self, status: int, kind: str, content: bytes, more: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        """Send content of this type that must not be cached."""
        await self.send_content(
            status,
            [
                (b"content-type", kind.encode()),
                (b"content-length", b"%d" % len(content)),
                (b"cache-control", b"no-store"),
                *SECURITY_HEADERS,
                *more,
            ],
            content,
        )

    async def send_options(self) -> None:
        await self.send_head(204, [(b"allow", METHODS), (b"access-control-allow-methods", b"GET, HEAD")])

    async def send_problem(self, problem: ApiProblem) -> None:
        """Send a problem; nothing where an answer has begun."""
        if self.status:
            return
        content = problem.body(self._request_id)
        headers: HeaderList = [
            (b"content-type", PROBLEM_TYPE),
            (b"content-length", b"%d" % len(content)),
            (b"cache-control", b"no-store"),
            *SECURITY_HEADERS,
            *problem.headers,
        ]
        await self.send_content(problem.status, headers, content)
