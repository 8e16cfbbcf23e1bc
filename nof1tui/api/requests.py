"""What a request asks for: the headers that count, the format, the host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from nof1tui.api.endpoints import BodyFormat, Endpoint
from nof1tui.api.problems import ApiProblem

_TYPES: dict[str, BodyFormat] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
    "application/*": "json",
    "text/*": "csv",
    "*/*": "json",
    "application/openmetrics-text": "json",
    "text/plain": "json",
}
_HOST = re.compile(rb"(\[[0-9a-fA-F:.]+\]|[^:\[\]/\\@\s]+)(?::\d{1,5})?")


class RequestHeaders(Struct, frozen=True, gc=False):
    """Headers of a request that an answer may depend on; None where missing."""

    accept: bytes
    accepts_gzip: bool
    if_none_match: bytes | None
    if_modified_since: bytes | None
    authorization: bytes | None
    host: bytes | None
    origin: bytes | None
    last_event_id: bytes | None
    has_body: bool


def read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> RequestHeaders:
    """The headers that count; names are in lower case, as ASGI has them. Of two the last one counts."""
    get = dict(pairs).get
    return RequestHeaders(
        get(b"accept", b""),
        _accepts_gzip(get(b"accept-encoding", b"")),
        get(b"if-none-match"),
        get(b"if-modified-since"),
        get(b"authorization"),
        get(b"host"),
        get(b"origin"),
        get(b"last-event-id"),
        get(b"content-length", b"0") != b"0" or get(b"transfer-encoding") is not None,
    )


@lru_cache(maxsize=256)
def _accepts_gzip(value: bytes) -> bool:
    for part in value.split(b","):
        coding, _, quality = part.partition(b";")
        if coding.strip().lower() in (b"gzip", b"*"):
            return quality.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def wanted_format(endpoint: Endpoint, accept: bytes, asked: str | None) -> BodyFormat:
    """The format of the body: of `format`, else the best of `Accept`. Raises ApiProblem (406)."""
    if asked is not None:
        return next(form for form in endpoint.formats if form == asked)
    if not accept or accept == b"*/*":
        return "json"
    ranges = sorted(_ranges(accept.decode("latin-1")), key=lambda its: -its[0])
    for quality, kind in ranges:
        form = _TYPES.get(kind)
        if quality > 0 and form in endpoint.formats:
            return form
    raise ApiProblem("bad-parameter", f"Accept names none of: {', '.join(endpoint.formats)}", status=406)


def _ranges(accept: str) -> Iterable[tuple[float, str]]:
    for part in accept.split(","):
        kind, _, parameters = part.partition(";")
        quality = 1.0
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        yield quality, kind.strip().lower()


def host_name(host: bytes | None) -> str | None:
    """The name of a Host header without its port; None for a missing or malformed one."""
    found = None if host is None else _HOST.fullmatch(host.strip())
    return None if found is None else found[1].decode("latin-1").lower()
