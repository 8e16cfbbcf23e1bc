"""One body on its way in, cut off where it is too large or too slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx

from nof1tui.ports.errors import SourceUnavailable
from nof1tui.sources.http.decompression import make_decompressor

MEGABYTE = 2**20
MIN_BYTES_PER_SECOND = 32_768
"""What comes faster than this is not cut off by the clock, however long a body is."""

ChunkHandler = Callable[[bytes], None]
"""Gets the body, unpacked, in pieces of at most 64 kB."""


class BodyReader:
    """One body on its way in, and the limits it must stay below."""

    def __init__(self, take: ChunkHandler, limit_s: float, most_bytes: int) -> None:
        self._handle_chunk = take
        self._max_bytes = most_bytes
        self.time_limit_s = limit_s
        self.deadline: asyncio.Timeout | None = None
        self.status: int | None = None
        self.body_bytes = 0
        self.wire_bytes = 0

    async def read(self, response: httpx.Response) -> None:
        """Raises SourceUnavailable when it is too large, NotPacked, or TimeoutError."""
        told = response.headers.get("Content-Length", "")
        if told.isdecimal() and int(told[:18]) > self._max_bytes:
            raise self._too_large()
        if response.is_stream_consumed:
            unpacked = make_decompressor(None)
            chunks = _single_chunk(response.content)
        else:
            unpacked = make_decompressor(response.headers.get("Content-Encoding"))
            chunks = response.aiter_raw()
        async for chunk in chunks:
            self._count(len(chunk))
            for piece in unpacked.feed(chunk):
                self.body_bytes += len(piece)
                if self.body_bytes > self._max_bytes:
                    raise self._too_large()
                self._handle_chunk(piece)
                await asyncio.sleep(0)
        unpacked.finish()

    @property
    def timeout_message(self) -> str:
        came = f"{self.body_bytes:,} bytes came" if self.status == 200 else "nothing came"
        return f"took too long to answer: {came} within the limit of {self.time_limit_s:g} s"

    def _count(self, wire_bytes: int) -> None:
        """More time for what comes fast enough."""
        self.wire_bytes += wire_bytes
        if self.wire_bytes > self._max_bytes:
            raise self._too_large()
        if self.deadline is not None and (due := self.deadline.when()) is not None:
            self.deadline.reschedule(due + wire_bytes / MIN_BYTES_PER_SECOND)

    def _too_large(self) -> SourceUnavailable:
        packed = ""
        if self.body_bytes > 2 * self.wire_bytes > 0:
            packed = f" ({self.wire_bytes / MEGABYTE:.2g} MB before it was unpacked)"
        return SourceUnavailable(
            f"the answer is larger than the limit of {self._max_bytes / MEGABYTE:g} MB{packed}",
            status=self.status,
        )


async def _single_chunk(content: bytes) -> AsyncIterator[bytes]:
    """The body of a transport inside this process, which has it ready."""
    yield content
