"""The nof1 API as a source: which URL, which status means what, bytes in hand (contract section 1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from nof1tui import __version__
from nof1tui.domain.board import Board
from nof1tui.domain.model import Batch, Feed
from nof1tui.domain.roster import Roster
from nof1tui.domain.text import plain_line
from nof1tui.ports import SourceMalformed, SourceUnavailable
from nof1tui.sources.cursor import AccountCursor
from nof1tui.sources.nof1_wire import FEEDS, open_body

ENDPOINTS = {feed: endpoint for endpoint, feed in FEEDS.items()}
USER_AGENT = f"nof1-tui/{__version__} (terminal monitor)"
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_REDIRECTS = 3

_MEANINGS = {
    401: "the server wants a login",
    403: "the server refuses us",
    404: "the server does not know this address",
    410: "the server has given this address up",
    429: "the server asks to slow down",
}


def make_client(
    base_url: str,
    *,
    timeout_s: float = 20.0,
    proxy: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """One client for all feeds of the server at `base_url`; TLS is always verified."""
    return httpx.AsyncClient(
        base_url=base_url.rstrip("/") + "/",
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
        proxy=proxy or None,
        transport=transport,
        trust_env=transport is None,
        follow_redirects=False,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    etag: str | None


class Nof1Source:
    """`ports.Source` over the nof1 API, or any transport that speaks it."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        roster: Roster,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        max_body_bytes: int = MAX_BODY_BYTES,
        name: str = "nof1",
    ) -> None:
        self._client = client
        self._roster = roster
        self._clock = clock
        self._monotonic = monotonic
        self._max_body_bytes = max_body_bytes
        self._cursor = AccountCursor()
        self._etags: dict[Feed, tuple[str, str]] = {}
        self.name = name

    @property
    def feeds(self) -> Sequence[Feed]:
        return tuple(ENDPOINTS)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def fetch(self, feed: Feed, board: Board) -> Batch:
        """Raises SourceUnavailable or SourceMalformed; their text is fit for the screen."""
        endpoint = ENDPOINTS[feed]
        path = endpoint
        if feed is Feed.ACCOUNTS:
            marker = self._cursor.next_marker(board, self._monotonic())
            path = endpoint if marker is None else f"{endpoint}?lastHourlyMarker={marker}"
        started = self._monotonic()
        answer = await self._get(feed, path)
        fetched_at, latency_s = self._clock(), self._monotonic() - started
        if answer.status == 304:
            return Batch(feed, endpoint, fetched_at, status=304, latency_s=latency_s, not_modified=True)
        try:
            decoding = open_body(endpoint, answer.body, fetched_at=fetched_at, roster=self._roster)
        except SourceMalformed as error:
            raise SourceMalformed(plain_line(str(error), 200), status=answer.status) from error
        for _ in decoding.slices():
            await asyncio.sleep(0)
        self._remember(feed, path, answer.etag)
        return replace(
            decoding.batch(), status=answer.status, body_bytes=len(answer.body), latency_s=latency_s
        )

    def _remember(self, feed: Feed, path: str, etag: str | None) -> None:
        if etag is None:
            self._etags.pop(feed, None)
        else:
            self._etags[feed] = (path, etag)

    async def _get(self, feed: Feed, path: str) -> _Answer:
        known_path, etag = self._etags.get(feed, ("", ""))
        headers = {"If-None-Match": etag} if known_path == path else {}
        url = self._client.base_url.join(path)
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._request(url, headers)
            if isinstance(answer, _Answer):
                return answer
            url = answer
        raise SourceUnavailable(f"more than {MAX_REDIRECTS} redirects")

    async def _request(self, url: httpx.URL, headers: dict[str, str]) -> _Answer | httpx.URL:
        """One request: the answer, or where it redirects to."""
        try:
            async with self._client.stream("GET", url, headers=headers) as response:
                if response.status_code == 304:
                    return _Answer(304, b"", None)
                if response.is_redirect and response.status_code != 300:
                    return _redirect(url, response)
                if response.status_code != 200:
                    raise self._refusal(response)
                return _Answer(200, await self._body(response), response.headers.get("ETag"))
        except httpx.InvalidURL as error:
            raise SourceUnavailable(f"wrong address: {plain_line(str(error), 120)}") from error
        except httpx.HTTPError as error:
            raise SourceUnavailable(_fault(error, url)) from error

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._max_body_bytes:
                raise SourceUnavailable(
                    f"the answer is larger than the limit of {self._max_body_bytes / 2**20:g} MB",
                    status=response.status_code,
                )
        return bytes(body)

    def _refusal(self, response: httpx.Response) -> SourceUnavailable:
        status = response.status_code
        meaning = _MEANINGS.get(status, "the server failed" if status >= 500 else "unexpected answer")
        kind = response.headers.get("Content-Type", "")
        page = " (a web page, perhaps a bot check)" if kind.startswith("text/html") else ""
        return SourceUnavailable(
            f"{status}: {meaning}{page}",
            status=status,
            retry_after_s=_retry_after_s(response.headers.get("Retry-After"), self._clock()),
        )


def _redirect(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    """Where to, if it stays on the host and does not leave TLS."""
    target = url.join(response.headers.get("Location", ""))
    stays = (target.host, target.port) == (url.host, url.port)
    upgraded = target.host == url.host and url.scheme == "http" and target.scheme == "https"
    if not (upgraded or (stays and target.scheme == url.scheme)):
        raise SourceUnavailable(
            f"{response.status_code}: redirected to another host ({plain_line(target.host, 60)})",
            status=response.status_code,
        )
    return target


def _retry_after_s(value: str | None, now: datetime) -> float | None:
    """`Retry-After` in seconds, from either of its forms (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value[:12])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def _fault(error: httpx.HTTPError, url: httpx.URL) -> str:
    host = plain_line(url.host, 60) + (f":{url.port}" if url.port else "")
    said = plain_line(str(error), 120)
    match error:
        case httpx.ConnectTimeout():
            return f"no connection to {host}: timed out"
        case httpx.ConnectError():
            return f"no connection to {host}: {said or 'refused'}"
        case httpx.TimeoutException():
            return f"{host} took too long to answer"
        case httpx.DecodingError():
            return f"{host} sent a body that cannot be decompressed"
        case _:
            return f"{host} broke the connection: {said or type(error).__name__}"
