"""The HTTP client: connections, conditional requests, redirects, limits and error messages."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from nof1tui import HOMEPAGE, __version__
from nof1tui.ports.errors import SourceUnavailable
from nof1tui.sources.http.client import HttpClient, Limits, make_client
from nof1tui.sources.http.errors import describe_transport_error

NOW = datetime(2025, 10, 28, 7, 5, tzinfo=UTC)
Answering = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answering) -> Iterator[tuple[str, list[int]]]:
    """A server's URL, and the client's port of every request."""
    ports: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            ports.append(self.client_address[1])
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/api", ports
    server.shutdown()
    server.server_close()
    thread.join()


def send(handler: BaseHTTPRequestHandler, content: bytes = b"{}", **headers: str) -> None:
    handler.send_response(200)
    for name, value in {"Content-Length": str(len(content)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def nothing(piece: bytes) -> None:
    """Ignores the body."""


async def test_connections_are_reused_and_requests_have_a_user_agent() -> None:
    headers = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        headers.append((handler.headers["User-Agent"], handler.headers["Accept-Encoding"]))
        send(handler)

    with serving(answer) as (url, ports):
        asking = HttpClient(make_client(url))
        for _ in range(5):
            await asking.get("trades", nothing)
        await asking.aclose()
    assert len(set(ports)) == 1
    assert set(headers) == {(f"nof1-tui/{__version__} (+{HOMEPAGE})", "gzip, deflate")}


async def test_a_reused_connection_closed_by_the_server_is_reopened() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(ports) == 2:
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        else:
            send(handler)

    with serving(answer) as (url, ports):
        asking = HttpClient(make_client(url))
        await asking.get("trades", nothing)
        assert (await asking.get("trades", nothing)).status == 200
        await asking.aclose()
    assert len(ports) == 3


async def test_the_next_request_has_the_servers_validators() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        return httpx.Response(200, headers={"Last-Modified": "Tue, 28 Oct 2025 07:00:00 GMT"}, content=b"{}")

    asking = HttpClient(make_client("http://arena.test", transport=httpx.MockTransport(answer)))
    asking.remember_validators(await asking.get("trades", nothing))
    await asking.get("trades", nothing)
    await asking.get("trades?since=1", nothing)
    await asking.get("trades", nothing, conditional=False)
    assert asked == [(None, None), (None, "Tue, 28 Oct 2025 07:00:00 GMT"), (None, None), (None, None)]


async def test_a_post_keeps_its_body_in_a_redirect() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path, request.content, request.headers["Content-Type"]))
        if request.url.path == "/info":
            return httpx.Response(308, headers={"Location": "/v2/info"})
        return httpx.Response(200, content=b"[1]")

    asking = HttpClient(make_client("http://arena.test", transport=httpx.MockTransport(answer)))
    body = bytearray()
    await asking.post("info", b'{"type":"allMids"}', body.extend)
    assert bytes(body) == b"[1]"
    assert asked == [
        ("POST", path, b'{"type":"allMids"}', "application/json") for path in ("/info", "/v2/info")
    ]


async def test_a_fast_body_is_not_cut_off_by_the_time_limit() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(20 * 16_384))
        handler.end_headers()
        for _ in range(20):
            handler.wfile.write(b" " * 16_384)
            time.sleep(0.02)

    with serving(answer) as (url, _):
        asking = HttpClient(make_client(url, timeout_s=0.2), limits=Limits(timeout_s=0.2))
        assert (await asking.get("trades", nothing)).body_bytes == 20 * 16_384
        await asking.aclose()


@pytest.mark.parametrize(
    ("headers", "skew_s"),
    [
        ({}, None),
        ({"Date": "never"}, None),
        ({"Date": "Tue, 28 Oct 2025 07:06:00 GMT"}, 60.0),
        ({"Date": "Tue, 28 Oct 2025 07:00:00 GMT", "Age": "290"}, -10.0),
    ],
)
async def test_clock_skew_is_read_from_date_and_age(headers: dict[str, str], skew_s: float | None) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, content=b"{}"))
    asking = HttpClient(make_client("http://arena.test", transport=transport), clock=lambda: NOW)
    assert (await asking.get("trades", nothing)).skew_s == skew_s


async def test_retry_after_as_a_date_is_relative_to_the_servers_clock() -> None:
    wrong = NOW + timedelta(hours=3)
    headers = {"Date": f"{wrong:%a, %d %b %Y %H:%M:%S} GMT"}
    headers["Retry-After"] = f"{wrong + timedelta(seconds=90):%a, %d %b %Y %H:%M:%S} GMT"
    transport = httpx.MockTransport(lambda request: httpx.Response(429, headers=headers))
    asking = HttpClient(make_client("http://arena.test", transport=transport), clock=lambda: NOW)
    with pytest.raises(SourceUnavailable) as caught:
        await asking.get("trades", nothing)
    assert caught.value.retry_after_s == 90.0


def caused_by(cause: OSError) -> httpx.ConnectError:
    try:
        try:
            raise cause
        except OSError as error:
            raise httpx.ConnectError("All connection attempts failed") from error
    except httpx.ConnectError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name cannot be found (DNS)"),
        (ConnectionRefusedError(111, "refused"), "refused, nothing is listening there"),
        (ConnectionResetError(104, "reset"), "connection reset"),
        (OSError(101, "Network is unreachable"), "the network is unreachable"),
        (ssl.SSLCertVerificationError(1, "certificate has expired"), "its certificate is not trusted"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "TLS failed"),
    ],
)
def test_connection_errors_name_their_cause(cause: OSError, expected: str) -> None:
    message = describe_transport_error(caused_by(cause), "arena.test", 20.0)
    assert message.startswith("no connection to arena.test: ")
    assert expected in message


async def test_a_closed_port_is_reported_as_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    asking = HttpClient(make_client(f"http://127.0.0.1:{port}"))
    with pytest.raises(SourceUnavailable, match=f"no connection to 127.0.0.1:{port}: refused"):
        await asking.get("trades", nothing)
    await asking.aclose()
