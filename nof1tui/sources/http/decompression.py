"""Content-Encoding in bounded memory, against gzip bombs.

A kilobyte of gzip may expand to a megabyte, one of Brotli to a gigabyte. Only encodings that the standard
library decompresses incrementally are accepted; any other is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

ENCODINGS = "gzip, deflate"
"""Value of `Accept-Encoding`."""
MAX_CHUNK_BYTES = 65_536
"""Largest chunk of decompressed bytes."""


class DecompressionError(Exception):
    """The body does not match its Content-Encoding. `str()` follows the host's name."""


class Decompressor(Protocol):
    """Decompresses one body incrementally."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompressed chunks of at most `MAX_CHUNK_BYTES`. Raises DecompressionError."""
        ...

    def finish(self) -> None:
        """Raises DecompressionError when the body is incomplete."""
        ...


def make_decompressor(encoding: str | None) -> Decompressor:
    """A decompressor for this `Content-Encoding`. Raises DecompressionError for one not in `ENCODINGS`."""
    name = (encoding or "identity").strip().lower()
    if name in ("", "identity"):
        return _Identity()
    if name in ("gzip", "x-gzip"):
        return _Zlib(lambda data: zlib.decompressobj(zlib.MAX_WBITS | 16))
    if name == "deflate":
        return _Zlib(_deflate)
    raise DecompressionError(f"compresses its answer as {name[:40]!r}, which was not requested ({ENCODINGS})")


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), MAX_CHUNK_BYTES):
            yield data[start : start + MAX_CHUNK_BYTES]

    def finish(self) -> None:
        """Nothing to check: httpx verifies the length."""


class _Zlib:
    def __init__(self, make: Callable[[bytes], zlib._Decompress]) -> None:
        self._make = make
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream is None or self._stream.eof:
                self._stream = self._make(data)
            try:
                piece = self._stream.decompress(data, MAX_CHUNK_BYTES)
            except zlib.error as error:
                raise DecompressionError("sent a body that cannot be decompressed") from error
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise DecompressionError("sent an incomplete body")


def _deflate(data: bytes) -> zlib._Decompress:
    """A deflate decompressor, with zlib header (the standard) or without (some servers)."""
    wrapped = data[0] & 0x0F == 8 and (len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0)
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
