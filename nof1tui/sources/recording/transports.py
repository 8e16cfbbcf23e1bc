"""httpx transports that record responses, and that replay recorded ones."""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.nof1.endpoints import ENDPOINT_BY_ENVELOPE_KEY, detect_endpoint
from nof1tui.sources.recording.files import CAPTURE_TIME_FORMAT, find_recordings, group_by_capture_time

_JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


class RecordingTransport(httpx.AsyncBaseTransport):
    """Writes every body with status 200 to a file.

    A disk error never breaks the poll; it is passed to `on_error`.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        directory: Path,
        *,
        clock: Callable[[], datetime],
        on_error: Callable[[OSError], None],
    ) -> None:
        self._inner = inner
        self._directory = directory
        self._clock = clock
        self._on_error = on_error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if response.status_code != 200 or not isinstance(response.stream, httpx.AsyncByteStream):
            return response
        tee = _TeeStream(response.stream, response.headers, lambda body: self._save(request.url, body))
        return httpx.Response(
            200, headers=response.headers, stream=tee, extensions=response.extensions, request=request
        )

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _save(self, url: httpx.URL, body: bytes) -> None:
        name = url.path.rstrip("/").rpartition("/")[2]
        query = "".join(f".{key}-{value}" for key, value in url.params.items())
        folder = self._directory / self._clock().strftime(CAPTURE_TIME_FORMAT)
        safe = "".join(c if c.isalnum() or c in ".-_" else "_" for c in f"{name}{query}")
        target = folder / f"{safe}.json"
        part = target.with_suffix(".part")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(body)
            os.replace(part, target)  # noqa: PTH105 one call, atomic
        except OSError as error:
            self._on_error(error)


class _TeeStream(httpx.AsyncByteStream):
    """Passes a body on, and its decompressed bytes to `save` when it was read to the end."""

    def __init__(
        self, stream: httpx.AsyncByteStream, headers: httpx.Headers, save: Callable[[bytes], None]
    ) -> None:
        self._stream = stream
        self._headers = headers
        self._save = save

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = []
        async for chunk in self._stream:
            chunks.append(chunk)
            yield chunk
        wire = b"".join(chunks)
        encoding = {"Content-Encoding": self._headers.get("Content-Encoding", "identity")}
        try:
            body = httpx.Response(200, headers=encoding, content=wire).content
        except httpx.DecodingError:
            return
        self._save(body)

    async def aclose(self) -> None:
        await self._stream.aclose()


class ReplayClock:
    """Time of a replay: starts at the first recording and runs `speed` times as fast as real time.

    Long gaps are shortened: between two recordings at most `max_gap_s` real seconds pass. After the last
    recording the clock keeps its speed.
    """

    def __init__(
        self,
        moments: Sequence[datetime],
        *,
        speed: float,
        monotonic: Callable[[], float],
        max_gap_s: float = 5.0,
    ) -> None:
        self._moments = list(moments)
        self._speed = speed
        self._monotonic = monotonic
        self._started = monotonic()
        self._offsets = [0.0]
        for before, after in zip(self._moments, self._moments[1:], strict=False):
            real_s = min((after - before).total_seconds() / speed, max_gap_s)
            self._offsets.append(self._offsets[-1] + real_s)

    def __call__(self) -> datetime:
        elapsed = self._monotonic() - self._started
        index = bisect_right(self._offsets, elapsed) - 1
        running = timedelta(seconds=(elapsed - self._offsets[index]) * self._speed)
        now = self._moments[index] + running
        return min(now, self._moments[index + 1]) if index + 1 < len(self._moments) else now


class ReplayTransport(httpx.AsyncBaseTransport):
    """Answers each endpoint with the last recording at or before the clock's time.

    Files of one endpoint and time are merged; account rows are merged over all times so far, since that
    endpoint serves the whole history. Raises ValueError when there is nothing to replay.
    """

    def __init__(self, directory: Path, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock
        self._payloads_by_endpoint: dict[str, list[tuple[datetime, Any]]] = {}
        for moment, items in group_by_capture_time(find_recordings([directory])):
            merged: dict[str, Any] = {}
            for item in items:
                body = item.read()
                try:
                    endpoint = detect_endpoint(body)
                except SourceMalformed:
                    continue
                if endpoint is not None:
                    _merge_payload(merged, endpoint, json.loads(body))
            for endpoint, payload in merged.items():
                self._payloads_by_endpoint.setdefault(endpoint, []).append((moment, payload))
        self.moments = sorted(
            {moment for payloads in self._payloads_by_endpoint.values() for moment, _ in payloads}
        )
        if not self.moments:
            raise ValueError(
                f"{directory} holds no recorded responses in directories named by their capture time"
            )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        endpoint = request.url.path.rstrip("/").rpartition("/")[2]
        now = self.clock() if self.clock else self.moments[-1]
        past = [payload for moment, payload in self._payloads_by_endpoint.get(endpoint, ()) if moment <= now]
        if not past:
            return httpx.Response(
                503, headers=_JSON_HEADERS, json={"message": "nothing recorded yet"}, request=request
            )
        payload = past[-1]
        if endpoint == "account-totals":
            payload = _merge_account_rows(past, int(request.url.params.get("lastHourlyMarker", "0")))
        return httpx.Response(200, headers=_JSON_HEADERS, json=payload, request=request)


def _merge_payload(merged: dict[str, Any], endpoint: str, payload: Any) -> None:
    key = next(key for key, name in ENDPOINT_BY_ENVELOPE_KEY.items() if name == endpoint)
    if endpoint in merged and isinstance(payload[key], list):
        merged[endpoint][key] = [*merged[endpoint][key], *payload[key]]
    else:
        merged[endpoint] = payload


def _merge_account_rows(bodies: Sequence[Any], marker: int) -> dict[str, Any]:
    rows = {
        (row.get("id"), row.get("timestamp")): row
        for body in bodies
        for row in body["accountTotals"]
        if (row.get("since_inception_hourly_marker") or 0) >= marker
    }
    return {**bodies[-1], "accountTotals": list(rows.values())}
