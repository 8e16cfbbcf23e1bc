"""The HTTP client of all sources: bounded in time and memory, conditional requests, redirects.

The limits hold whatever a server sends: a body is decompressed incrementally and cut off above the
limit, a slow answer is cut off by the deadline, redirects stay on the host, TLS is verified. Every
failure becomes SourceUnavailable with a message for the screen.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from nof1tui import HOMEPAGE, __version__
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import SourceUnavailable
from nof1tui.sources.http.body_limits import MEGABYTE, BodyReader, ChunkHandler
from nof1tui.sources.http.decompression import ENCODINGS, DecompressionError
from nof1tui.sources.http.errors import (
    describe_status,
    describe_transport_error,
    parse_http_date,
    parse_retry_after,
)
from nof1tui.sources.http.routing import RoutedTransport, route_of

USER_AGENT = f"nof1-tui/{__version__} (+{HOMEPAGE})"
MAX_REDIRECTS = 3
_CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Time and size limits of one answer."""

    timeout_s: float = 20.0
    """For the whole answer, plus a second for each `MIN_BYTES_PER_SECOND` received."""
    max_body_bytes: int = 64 * MEGABYTE
    """Limit of the decompressed body and of the bytes on the wire."""


@dataclass(frozen=True, slots=True)
class ResponseMetadata:
    """Status, sizes, timing and validators of an answer."""

    status: int
    """200 or 304."""
    body_bytes: int = 0
    """Decompressed."""
    wire_bytes: int = 0
    latency_s: float = 0.0
    """From the request to the last byte of the body."""
    skew_s: float | None = None
    """How far the server's clock is ahead of ours, by `Date` and `Age`; None without `Date`."""
    validators: Validators | None = None


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified of an answer, for the next conditional request."""

    url: str
    etag: str | None
    last_modified: str | None

    @property
    def headers(self) -> dict[str, str]:
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return {name: value for name, value in pairs if value is not None}


def make_client(
    base_url: str,
    *,
    timeout_s: float = 20.0,
    proxy: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    environ: Mapping[str, str] = os.environ,
) -> httpx.AsyncClient:
    """One client for all feeds of the server at `base_url`; TLS is always verified.

    `proxy` is NOF1_PROXY; without it the proxy variables of `environ` count. Raises SourceUnavailable when
    the proxy or the CA certificates cannot be used.
    """
    return httpx.AsyncClient(
        base_url=base_url.rstrip("/") + "/",
        headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": ENCODINGS},
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_TIMEOUT_S)),
        transport=transport or RoutedTransport(base_url, environ=environ, proxy=proxy),
        trust_env=False,
        follow_redirects=False,
    )


class HttpClient:
    """Requests to one server; remembers the validators of each path for conditional requests."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._limits = limits or Limits()
        self._clock = clock
        self._monotonic = monotonic
        self._validators: dict[str, Validators] = {}
        self._has_connected = False

    async def aclose(self) -> None:
        await self._client.aclose()

    async def get(
        self, path: str, handle_chunk: ChunkHandler, *, timeout_share: float = 1.0, conditional: bool = True
    ) -> ResponseMetadata:
        """GET `path`; `handle_chunk` receives the body, which a 304 does not have.

        `timeout_share` is the share of the time limit this request may use; without `conditional` the
        body is always sent. Raises SourceUnavailable.
        """
        url = self._client.base_url.join(path)
        known = self._validators.get(url.path) if conditional else None
        headers = known.headers if known is not None and known.url == str(url) else {}
        return await self._send_following_redirects(
            self._client.build_request("GET", url, headers=headers), handle_chunk, timeout_share
        )

    async def post(
        self, path: str, content: bytes, handle_chunk: ChunkHandler, *, timeout_share: float = 1.0
    ) -> ResponseMetadata:
        """POST JSON to `path`; `handle_chunk` receives the answer's body. Raises SourceUnavailable."""
        headers = {"Content-Type": "application/json"}
        request = self._client.build_request("POST", path, headers=headers, content=content)
        return await self._send_following_redirects(request, handle_chunk, timeout_share)

    def remember_validators(self, answer: ResponseMetadata) -> None:
        """Make the next request of this path conditional; called when the body was usable."""
        if answer.validators is not None:
            self._validators[httpx.URL(answer.validators.url).path] = answer.validators

    async def _send_following_redirects(
        self, request: httpx.Request, handle_chunk: ChunkHandler, timeout_share: float
    ) -> ResponseMetadata:
        """The answer, after redirects that stay on the host."""
        body = BodyReader(handle_chunk, self._limits.timeout_s * timeout_share, self._limits.max_body_bytes)
        requested_url = request.url
        try:
            async with asyncio.timeout(body.time_limit_s) as body.deadline:
                for _ in range(MAX_REDIRECTS + 1):
                    result = await self._send_with_reconnect(request, requested_url, body)
                    if isinstance(result, ResponseMetadata):
                        return result
                    request = self._client.build_request(
                        request.method, result, headers=_redirect_headers(request), content=request.content
                    )
        except TimeoutError as error:
            through = route_of(request).through
            raise SourceUnavailable(
                f"{host_and_port(requested_url)}{through} {body.timeout_message}", status=body.status
            ) from error
        except DecompressionError as error:
            raise SourceUnavailable(f"{host_and_port(requested_url)} {error}", status=body.status) from error
        except httpx.InvalidURL as error:
            raise SourceUnavailable(f"wrong address: {sanitise_line(str(error), 120)}") from error
        except httpx.HTTPError as error:
            message = describe_transport_error(
                error, host_and_port(request.url), body.time_limit_s, route_of(request)
            )
            raise SourceUnavailable(message, status=body.status) from error
        raise SourceUnavailable(f"more than {MAX_REDIRECTS} redirects", status=body.status)

    async def _send_with_reconnect(
        self, request: httpx.Request, requested_url: httpx.URL, body: BodyReader
    ) -> ResponseMetadata | httpx.URL:
        """One request, repeated once when a reused connection turns out to be closed."""
        is_reused = self._has_connected
        try:
            return await self._send_once(request, requested_url, body)
        except httpx.RemoteProtocolError:
            if not is_reused or body.status is not None:
                raise
            return await self._send_once(request, requested_url, body)

    async def _send_once(
        self, request: httpx.Request, requested_url: httpx.URL, body: BodyReader
    ) -> ResponseMetadata | httpx.URL:
        """The answer to one request, or the URL it redirects to."""
        started_s = self._monotonic()
        response = await self._client.send(request, stream=True)
        try:
            self._has_connected, body.status = True, response.status_code
            headers, now = response.headers, self._clock()
            skew_s = _skew_s(headers, now)
            if response.is_redirect and response.status_code not in (300, 304):
                return _redirect_target(request.url, response)
            if response.status_code not in (200, 304):
                raise _status_error(response, now)
            if response.status_code == 200:
                await body.read(response)
            validators = Validators(str(requested_url), headers.get("ETag"), headers.get("Last-Modified"))
            return ResponseMetadata(
                response.status_code,
                body_bytes=body.body_bytes,
                wire_bytes=body.wire_bytes,
                latency_s=self._monotonic() - started_s,
                skew_s=skew_s,
                validators=validators if validators.headers else None,
            )
        finally:
            await response.aclose()


def _redirect_headers(request: httpx.Request) -> dict[str, str]:
    """The headers repeated in a redirected request."""
    names = ("If-None-Match", "If-Modified-Since", "Content-Type")
    return {name: request.headers[name] for name in names if name in request.headers}


def host_and_port(url: httpx.URL) -> str:
    """Host and port, sanitised for the screen."""
    return sanitise_line(url.host, 60) + (f":{url.port}" if url.port else "")


def _redirect_target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    """The redirect's target. Raises SourceUnavailable when it leaves the host or TLS."""
    target = url.join(response.headers.get("Location", ""))
    stays = (target.host, target.port) == (url.host, url.port)
    upgraded = target.host == url.host and url.scheme == "http" and target.scheme == "https"
    if not (upgraded or (stays and target.scheme == url.scheme)):
        raise SourceUnavailable(
            f"{response.status_code}: redirected to another host ({host_and_port(target)})",
            status=response.status_code,
        )
    return target


def _status_error(response: httpx.Response, now: datetime) -> SourceUnavailable:
    headers = response.headers
    return SourceUnavailable(
        describe_status(response.status_code, headers.get("Content-Type", "")),
        status=response.status_code,
        retry_after_s=parse_retry_after(
            headers.get("Retry-After"), parse_http_date(headers.get("Date")) or now
        ),
    )


def _skew_s(headers: httpx.Headers, now: datetime) -> float | None:
    """How far the server's clock is ahead; a cache keeps the origin's `Date` and adds `Age`."""
    date = parse_http_date(headers.get("Date"))
    if date is None:
        return None
    age = headers.get("Age", "")
    return (date - now).total_seconds() + (float(age[:9]) if age.isdecimal() else 0.0)
