"""Bodies: encoded once, with headers, ETag and a compressed form; a bounded cache of them."""

from __future__ import annotations

import gzip
import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from typing import Any

import msgspec

from nof1tui.domain.export.formats import as_json

HeaderList = list[tuple[bytes, bytes]]
JSON_TYPE, NDJSON_TYPE, CSV_TYPE = b"application/json", b"application/x-ndjson", b"text/csv; charset=utf-8"
MIN_GZIP_BYTES = 1_024
MAX_CACHE_BYTES = 64 * 1024 * 1024
_GZIP_LEVEL = 6
_ENTRY_OVERHEAD = 1_500
_CONTROLS = re.compile(rb"\x7f|\xc2[\x80-\x9f]")
"""DEL and C1, which JSON does not escape and a terminal obeys."""
_ETAG = re.compile(rb'(?:W/)?"([^"]*)"')


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value).__name__)


_JSON = msgspec.json.Encoder(enc_hook=_plain)


def encode_json(document: Mapping[str, Any]) -> bytes:
    """The document as compact JSON, free of control characters; NaN and infinities are null."""
    try:
        packed = _JSON.encode(document)
    except UnicodeEncodeError:  # a lone surrogate, which only the slow encoder can write
        return as_json(document).encode("ascii")
    return _CONTROLS.sub(_escaped, packed)


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found[0].decode())


def http_date(moment: datetime) -> bytes:
    """A time as HTTP headers write it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True).encode()


class Body:
    """An encoded body with its headers; compressed when first asked for."""

    __slots__ = (
        "content",
        "etag",
        "expires_at",
        "headers",
        "modified_at",
        "packed",
        "packed_headers",
        "short_headers",
    )

    def __init__(
        self,
        content: bytes,
        content_type: bytes,
        *,
        modified_at: datetime,
        cache_control: bytes,
        identity: bytes | None = None,
        more: HeaderList | None = None,
        expires_at: float | None = None,
    ) -> None:
        """`identity` is what the ETag is made of: the body without its own age."""
        digest = blake2b(content if identity is None else identity, digest_size=12).hexdigest().encode()
        self.content = content
        self.etag = b'W/"' + digest + b'"'
        self.modified_at = modified_at
        self.expires_at = expires_at
        self.short_headers: HeaderList = [
            (b"etag", self.etag),
            (b"last-modified", http_date(modified_at)),
            (b"cache-control", cache_control),
            (b"vary", b"Accept, Accept-Encoding, Authorization"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            *(more or ()),
        ]
        self.headers = self._with_length(content_type, content)
        self.packed: bytes | None = None
        self.packed_headers: HeaderList = []

    def _with_length(self, content_type: bytes, content: bytes) -> HeaderList:
        return [
            (b"content-type", content_type),
            (b"content-length", b"%d" % len(content)),
            *self.short_headers,
        ]

    @property
    def may_be_packed(self) -> bool:
        return len(self.content) >= MIN_GZIP_BYTES

    def pack(self) -> None:
        """Make the compressed form. It takes a while for large bodies: run it in a thread."""
        packed = gzip.compress(self.content, _GZIP_LEVEL, mtime=0)
        headers = self._with_length(self.headers[0][1], packed)
        self.packed_headers = [*headers, (b"content-encoding", b"gzip")]
        self.packed = packed

    @property
    def size_bytes(self) -> int:
        return len(self.content) + len(self.packed or b"") + _ENTRY_OVERHEAD

    def is_known(self, if_none_match: bytes | None, if_modified_since: bytes | None) -> bool:
        """Whether the client has this body. `If-None-Match` wins over `If-Modified-Since`."""
        if if_none_match is not None:
            if if_none_match == self.etag or if_none_match.strip() == b"*":
                return True
            opaque = self.etag[3:-1]
            return any(tag == opaque for tag in _ETAG.findall(if_none_match))
        if if_modified_since is not None:
            try:
                known = parsedate_to_datetime(if_modified_since.decode("latin-1"))
            except (ValueError, IndexError, OverflowError):
                return False
            return known.tzinfo is not None and self.modified_at.replace(microsecond=0) <= known
        return False


class BodyCache:
    """Bodies by key, the least recently used ones dropped beyond a number of bytes."""

    def __init__(self, max_bytes: int = MAX_CACHE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bodies: OrderedDict[Hashable, tuple[Body, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._bodies)

    def get(self, key: Hashable, now_s: float) -> Body | None:
        found = self._bodies.get(key)
        if found is None:
            return None
        if found[0].expires_at is not None and found[0].expires_at <= now_s:
            self._drop(key)
            return None
        self._bodies.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, body: Body) -> None:
        """Keep the body, also again once it has been compressed. One larger than the cache is not kept."""
        if key in self._bodies:
            self._drop(key)
        if body.size_bytes > self._max_bytes:
            return
        self._bodies[key] = (body, body.size_bytes)
        self.bytes += body.size_bytes
        while self.bytes > self._max_bytes:
            self._drop(next(iter(self._bodies)))

    def clear_live(self) -> dict[Hashable, Body]:
        """Drop what a commit may change, and return it; bodies of the distant past stay until they expire."""
        live = {key: body for key, (body, _) in self._bodies.items() if body.expires_at is None}
        for key in live:
            self._drop(key)
        return live

    def _drop(self, key: Hashable) -> None:
        self.bytes -= self._bodies.pop(key)[1]
