"""Size and time limits of a response body while it is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx

from nof1tui.ports.errors import SourceUnavailable
from nof1tui.sources.http.decompression import make_decompressor

MEGABYTE = 2**20
MIN_BYTES_PER_SECOND = 32_768
"""A body that arrives faster than this is never cut off by the time limit."""

ChunkHandler = Callable[[bytes], None]
"""Receives the decompressed body in chunks of at most 64 kB."""


class BodyReader:
    """Reads one response body and enforces its limits."""

    def __init__(self, handle_chunk: ChunkHandler, time_limit_s: float, max_bytes: int) -> None:
        self._handle_chunk = handle_chunk
        self._max_bytes = max_bytes
        self.time_limit_s = time_limit_s
        self.deadline: asyncio.Timeout | None = None
        self.status: int | None = None
        self.body_bytes = 0
        self.wire_bytes = 0

    async def read(self, response: httpx.Response) -> None:
        """Decompress the body and hand on its chunks.

        Raises SourceUnavailable when it is too large, DecompressionError or TimeoutError.
        """
        content_length = response.headers.get("Content-Length", "")
        if content_length.isdecimal() and int(content_length[:18]) > self._max_bytes:
            raise self._too_large()
        if response.is_stream_consumed:
            decompressor = make_decompressor(None)
            chunks = _single_chunk(response.content)
        else:
            decompressor = make_decompressor(response.headers.get("Content-Encoding"))
            chunks = response.aiter_raw()
        async for chunk in chunks:
            self._count(len(chunk))
            for piece in decompressor.feed(chunk):
                self.body_bytes += len(piece)
                if self.body_bytes > self._max_bytes:
                    raise self._too_large()
                self._handle_chunk(piece)
                await asyncio.sleep(0)
        decompressor.finish()

    @property
    def timeout_message(self) -> str:
        """What the timeout error says after the host's name."""
        received = f"{self.body_bytes:,} bytes received" if self.status == 200 else "nothing received"
        return f"took too long to answer: {received} within the limit of {self.time_limit_s:g} s"

    def _count(self, wire_bytes: int) -> None:
        """Count bytes of the wire and extend the deadline by the time they may take."""
        self.wire_bytes += wire_bytes
        if self.wire_bytes > self._max_bytes:
            raise self._too_large()
        if self.deadline is not None and (due := self.deadline.when()) is not None:
            self.deadline.reschedule(due + wire_bytes / MIN_BYTES_PER_SECOND)

    def _too_large(self) -> SourceUnavailable:
        compressed = ""
        if self.body_bytes > 2 * self.wire_bytes > 0:
            compressed = f" ({self.wire_bytes / MEGABYTE:.2g} MB compressed)"
        return SourceUnavailable(
            f"the answer is larger than the limit of {self._max_bytes / MEGABYTE:g} MB{compressed}",
            status=self.status,
        )


async def _single_chunk(content: bytes) -> AsyncIterator[bytes]:
    """The complete body of an in-process transport as one chunk."""
    yield content
