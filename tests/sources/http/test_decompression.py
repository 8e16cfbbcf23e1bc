"""Content-Encoding: every requested encoding in bounded chunks, errors for the others."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib

import pytest

from nof1tui.sources.http.decompression import (
    ENCODINGS,
    MAX_CHUNK_BYTES,
    DecompressionError,
    make_decompressor,
)

TEXT = b"".join(b"%d," % random.Random(7).randrange(10**9) for _ in range(40_000))


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    None: TEXT,
    "identity": TEXT,
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:]),
    "deflate": zlib.compress(TEXT),
    " Deflate ": bare_deflate(TEXT),
}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("step", [1_000, 10**9])
def test_a_body_is_decompressed_in_small_chunks(encoding: str | None, step: int) -> None:
    packed, unpacking = PACKED[encoding], make_decompressor(encoding)
    pieces = [piece for at in range(0, len(packed), step) for piece in unpacking.feed(packed[at : at + step])]
    unpacking.finish()
    assert b"".join(pieces) == TEXT
    assert max(map(len, pieces)) <= MAX_CHUNK_BYTES


def test_a_gzip_bomb_is_decompressed_in_constant_memory() -> None:
    bomb = gzip.compress(bytes(40 * 2**20), 9)
    tracemalloc.start()
    total = sum(len(piece) for piece in make_decompressor("gzip").feed(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 40 * 2**20
    assert peak < 2**20


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_an_encoding_that_was_not_requested_is_refused(encoding: str) -> None:
    assert encoding not in ENCODINGS
    with pytest.raises(DecompressionError, match="not requested"):
        make_decompressor(encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_invalid_compressed_data_is_refused(encoding: str) -> None:
    with pytest.raises(DecompressionError, match="cannot be decompressed"):
        list(make_decompressor(encoding).feed(b"<html>no such thing</html>"))


def test_a_truncated_body_is_refused() -> None:
    unpacking = make_decompressor("gzip")
    list(unpacking.feed(PACKED["gzip"][:-20]))
    with pytest.raises(DecompressionError, match="incomplete body"):
        unpacking.finish()
