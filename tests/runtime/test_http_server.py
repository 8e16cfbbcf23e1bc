"""Limits on the head of a request, and connections that are closed, over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from nof1tui.runtime import http_protocol, http_server
from nof1tui.runtime.listen_addresses import ListenAddress, open_sockets

OK = b"HTTP/1.1 200 OK"


async def hello(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    content = scope["state"]["peer"].encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(content))]}
    )
    await send({"type": "http.response.body", "body": content})


@asynccontextmanager
async def listening(address: ListenAddress) -> AsyncIterator[socket.socket]:
    with open_sockets([address]) as sockets:
        task = asyncio.create_task(http_server.serve_http(hello, sockets, tls=None, on_end=lambda: None))
        await asyncio.sleep(0)
        try:
            yield sockets[0]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def answer(address: ListenAddress, request: bytes, *, then_wait: bool = False) -> bytes:
    """Everything that the server sends to one connection until it closes it."""
    async with listening(address) as opened:
        if address.kind == "unix":
            reader, writer = await asyncio.open_unix_connection(opened.getsockname())
        else:
            reader, writer = await asyncio.open_connection(*opened.getsockname()[:2])
        writer.write(request)
        if not then_wait:
            writer.write_eof()
        async with asyncio.timeout(10):
            try:
                received = await reader.read()
            except ConnectionResetError:
                received = b""
        writer.close()
        return received


TCP = ListenAddress("tcp", "127.0.0.1", 0)
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


async def test_a_peer_over_tcp_is_not_the_owner() -> None:
    assert (await answer(TCP, GET + b"\r\n")).endswith(b"tcp")


async def test_the_peer_over_the_unix_socket_is_the_owner(tmp_path: Path) -> None:
    assert (await answer(ListenAddress("unix", str(tmp_path / "s")), GET + b"\r\n")).endswith(b"owner")


async def test_another_user_over_the_unix_socket_is_shut_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "_peer_uid", lambda connected: 54_321)
    assert await answer(ListenAddress("unix", str(tmp_path / "s")), GET + b"\r\n") == b""


async def test_a_head_that_does_not_end_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_TIMEOUT_S", 0.05)
    assert await answer(TCP, GET + b"X-Slow: ", then_wait=True) == b""
    assert await answer(TCP, b"", then_wait=True) == b""


async def test_a_second_head_that_does_not_end_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_TIMEOUT_S", 0.2)
    received = await answer(TCP, b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX: ", then_wait=True)
    assert received.count(OK) <= 1


async def test_a_head_over_16_kb_is_431() -> None:
    received = await answer(TCP, GET + b"X-Large: " + b"a" * 20_000 + b"\r\n\r\n", then_wait=True)
    assert received.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\x00c: d\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["CL and TE", "two CL", "unknown TE", "NUL in a header", "version", "TLS"],
)
async def test_ambiguous_requests_are_refused(head: bytes) -> None:
    received = await answer(TCP, head)
    assert OK not in received


async def test_the_end_does_not_wait_for_idle_connections() -> None:
    loop = asyncio.get_running_loop()
    async with listening(TCP) as opened:
        _, writer = await asyncio.open_connection(*opened.getsockname()[:2])
        began = loop.time()
    assert loop.time() - began < 1.5
    writer.close()
