"""Content-Encoding in bounded memory: a kilobyte of gzip may hold a megabyte, of Brotli a gigabyte.

Only what the standard library unpacks piece by piece is asked for; anything else is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

ENCODINGS = "gzip, deflate"
"""What we ask for."""
MAX_CHUNK_BYTES = 65_536
"""The most bytes that come out at once."""


class DecompressionError(Exception):
    """The body is not packed the way its head says. `str()` goes on after the host's name."""


class Decompressor(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """What this much of the wire holds, in pieces of at most `_REPLAY_CHUNK_ROWS`. Raises NotPacked."""
        ...

    def finish(self) -> None:
        """Raises NotPacked when the body broke off."""
        ...


def make_decompressor(encoding: str | None) -> Decompressor:
    """For a `Content-Encoding`. Raises NotPacked for one that was not asked for."""
    name = (encoding or "identity").strip().lower()
    if name in ("", "identity"):
        return _Identity()
    if name in ("gzip", "x-gzip"):
        return _Zlib(lambda data: zlib.decompressobj(zlib.MAX_WBITS | 16))
    if name == "deflate":
        return _Zlib(_deflate)
    raise DecompressionError(f"packs its answer as {name[:40]!r}, which was not asked for ({ENCODINGS})")


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), MAX_CHUNK_BYTES):
            yield data[start : start + MAX_CHUNK_BYTES]

    def finish(self) -> None:
        """Its length is the connection's concern."""


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
            raise DecompressionError("sent a body that breaks off")


def _deflate(data: bytes) -> zlib._Decompress:
    """With the header of zlib as the standard has it, or without as some servers send it."""
    wrapped = data[0] & 0x0F == 8 and (len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0)
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
