"""How every source asks over HTTP: one client, politely, bounded in time and in memory.

Limits hold whatever a server sends: a body is unpacked bit by bit and cut off when it is over the
limit, an answer that drips is cut off by the clock, redirects stay on the host, TLS is verified.
Every fault becomes SourceUnavailable with words for the screen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
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

USER_AGENT = f"nof1-tui/{__version__} (+{HOMEPAGE})"
MAX_REDIRECTS = 3
_CONNECT_TIMEOUT_S = 10.0
_KEEPALIVE_S = 120.0
"""How long a connection waits for the next poll: longer than most cadences, so that it is used again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may cost."""

    timeout_s: float = 20.0
    """The whole answer, plus a second for each `intake.SLOWEST_BYTES_S` that came."""
    max_body_bytes: int = 64 * MEGABYTE
    """After decompression; on the wire as well."""


@dataclass(frozen=True, slots=True)
class ResponseMetadata:
    """What came, beside the body."""

    status: int
    """200 or 304."""
    body_bytes: int = 0
    """Unpacked."""
    wire_bytes: int = 0
    latency_s: float = 0.0
    """From asking to the body's last byte."""
    skew_s: float | None = None
    """How far the server's clock is ahead of ours, by its `Date` and `Age`; None when it told none."""
    validators: Validators | None = None


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask "has it changed?" with."""

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
) -> httpx.AsyncClient:
    """One client for all feeds of the server at `base_url`; TLS is always verified.

    Raises SourceUnavailable when the proxy cannot be used.
    """
    try:
        return httpx.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": ENCODINGS},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_TIMEOUT_S)),
            limits=httpx.Limits(
                max_connections=8, max_keepalive_connections=8, keepalive_expiry=_KEEPALIVE_S
            ),
            proxy=proxy or None,
            transport=transport,
            trust_env=transport is None,
            follow_redirects=False,
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise SourceUnavailable(
            f"the proxy cannot be used: {sanitise_line(str(error), 160)}\n"
            "NOF1_PROXY or HTTPS_PROXY must be like http://host:port"
        ) from error


class HttpClient:
    """Asks one server. Keeps of each path what to ask "has it changed?" with."""

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
        self, path: str, take: ChunkHandler, *, patience: float = 1.0, conditional: bool = True
    ) -> ResponseMetadata:
        """Ask for `path`; `take` gets the body. An unchanged one is a 304 without a body.

        `patience` is this feed's share of the time limit; not `conditional` wants the body in any case.
        Raises SourceUnavailable.
        """
        url = self._client.base_url.join(path)
        known = self._validators.get(url.path) if conditional else None
        headers = known.headers if known is not None and known.url == str(url) else {}
        return await self._send_following_redirects(
            self._client.build_request("GET", url, headers=headers), take, patience
        )

    async def post(
        self, path: str, content: bytes, take: ChunkHandler, *, patience: float = 1.0
    ) -> ResponseMetadata:
        """Send JSON to `path`; `take` gets the answer's body. Raises SourceUnavailable."""
        headers = {"Content-Type": "application/json"}
        request = self._client.build_request("POST", path, headers=headers, content=content)
        return await self._send_following_redirects(request, take, patience)

    def remember_validators(self, answer: ResponseMetadata) -> None:
        """The body was of use: the next time ask whether it has changed."""
        if answer.validators is not None:
            self._validators[httpx.URL(answer.validators.url).path] = answer.validators

    async def _send_following_redirects(
        self, request: httpx.Request, take: ChunkHandler, patience: float
    ) -> ResponseMetadata:
        """The answer, after redirects that stay on the host."""
        intake = BodyReader(take, self._limits.timeout_s * patience, self._limits.max_body_bytes)
        asked = request.url
        try:
            async with asyncio.timeout(intake.time_limit_s) as intake.deadline:
                for _ in range(MAX_REDIRECTS + 1):
                    found = await self._send_with_reconnect(request, asked, intake)
                    if isinstance(found, ResponseMetadata):
                        return found
                    request = self._client.build_request(
                        request.method, found, headers=_redirect_headers(request), content=request.content
                    )
        except TimeoutError as error:
            raise SourceUnavailable(
                f"{host_and_port(asked)} {intake.timeout_message}", status=intake.status
            ) from error
        except DecompressionError as error:
            raise SourceUnavailable(f"{host_and_port(asked)} {error}", status=intake.status) from error
        except httpx.InvalidURL as error:
            raise SourceUnavailable(f"wrong address: {sanitise_line(str(error), 120)}") from error
        except httpx.HTTPError as error:
            words = describe_transport_error(error, host_and_port(request.url), intake.time_limit_s)
            raise SourceUnavailable(words, status=intake.status) from error
        raise SourceUnavailable(f"more than {MAX_REDIRECTS} redirects", status=intake.status)

    async def _send_with_reconnect(
        self, request: httpx.Request, asked: httpx.URL, intake: BodyReader
    ) -> ResponseMetadata | httpx.URL:
        """One request; once more when a connection that was kept turns out to be closed."""
        kept = self._has_connected
        try:
            return await self._send_once(request, asked, intake)
        except httpx.RemoteProtocolError:
            if not kept or intake.status is not None:
                raise
            return await self._send_once(request, asked, intake)

    async def _send_once(
        self, request: httpx.Request, asked: httpx.URL, intake: BodyReader
    ) -> ResponseMetadata | httpx.URL:
        """The answer to one request, or where it redirects to."""
        began = self._monotonic()
        response = await self._client.send(request, stream=True)
        try:
            self._has_connected, intake.status = True, response.status_code
            headers, now = response.headers, self._clock()
            skew_s = _skew_s(headers, now)
            if response.is_redirect and response.status_code not in (300, 304):
                return _redirect_target(request.url, response)
            if response.status_code not in (200, 304):
                raise _status_error(response, now)
            if response.status_code == 200:
                await intake.read(response)
            told = Validators(str(asked), headers.get("ETag"), headers.get("Last-Modified"))
            return ResponseMetadata(
                response.status_code,
                body_bytes=intake.body_bytes,
                wire_bytes=intake.wire_bytes,
                latency_s=self._monotonic() - began,
                skew_s=skew_s,
                validators=told if told.headers else None,
            )
        finally:
            await response.aclose()


def _redirect_headers(request: httpx.Request) -> dict[str, str]:
    """What a redirected request says again."""
    names = ("If-None-Match", "If-Modified-Since", "Content-Type")
    return {name: request.headers[name] for name in names if name in request.headers}


def host_and_port(url: httpx.URL) -> str:
    """Host and port, fit for the screen."""
    return sanitise_line(url.host, 60) + (f":{url.port}" if url.port else "")


def _redirect_target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    """Where to, if it stays on the host and does not leave TLS."""
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
    """How far the server's clock is ahead; a cache keeps the origin's `Date` and tells its `Age`."""
    told = parse_http_date(headers.get("Date"))
    if told is None:
        return None
    age = headers.get("Age", "")
    return (told - now).total_seconds() + (float(age[:9]) if age.isdecimal() else 0.0)
