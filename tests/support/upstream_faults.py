"""Faults of an API without a published contract: each is a change to a good reply.

`apply` changes the reply. A fault of the whole answer has the `message` of its error message, a fault of the
data the reason of its reject.
"""

from __future__ import annotations

import copy
import gzip
import json
import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
HTML = "text/html; charset=utf-8"
CHALLENGE = b"<!DOCTYPE html><title>Just a moment</title><script>challenge()</script>"
KEYS = ("accountTotals", "trades", "conversations", "prices", "analytics", "sinceInceptionValues")


@dataclass
class Reply:
    """An answer before it is sent."""

    payload: Json
    status: int = 200
    headers: dict[str, str] = field(
        default_factory=lambda: {"Content-Type": "application/json; charset=utf-8"}
    )
    content: bytes | None = None
    """Sent in place of the payload."""
    stream: Iterator[bytes] | None = None
    """Sent in place of the content, without a length."""
    cut: int | None = None
    """Bytes after which the connection is dropped."""
    drip_s: float = 0.0
    """Seconds between two bytes."""

    @property
    def key(self) -> str:
        return next(key for key in KEYS if key in self.payload)

    @property
    def records(self) -> list[Json]:
        """The records, to be changed in place."""
        container = self.payload[self.key]
        return list(container.values()) if isinstance(container, dict) else container

    def body(self) -> bytes:
        return json.dumps(self.payload).encode() if self.content is None else self.content


@dataclass(frozen=True)
class Fault:
    name: str
    apply: Callable[[Reply], None]
    message: str = ""
    """Pattern of the error message; empty where the answer can be used."""
    rejects: str = ""
    """Pattern of the reason of a quarantined record."""
    drift: str = ""
    """The field reported as schema drift."""
    adds: bool = False
    """Whether it adds valid records."""


def _status(status: int, content: bytes, **headers: str) -> Callable[[Reply], None]:
    def apply(reply: Reply) -> None:
        reply.status, reply.content = status, content
        reply.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    return apply


def _content(change: Callable[[bytes], bytes], **headers: str) -> Callable[[Reply], None]:
    def apply(reply: Reply) -> None:
        reply.content = change(reply.body())
        reply.headers |= {name.replace("_", "-"): value for name, value in headers.items()}

    return apply


def _first(change: Callable[[Json], object]) -> Callable[[Reply], None]:
    """Changes the newest record only."""

    def apply(reply: Reply) -> None:
        change(reply.records[-1])

    return apply


def _records(change: Callable[[list[Json]], list[Json]]) -> Callable[[Reply], None]:
    def apply(reply: Reply) -> None:
        reply.payload[reply.key] = change(copy.deepcopy(reply.records))

    return apply


def _cut(reply: Reply) -> None:
    reply.cut = len(reply.body()) // 2


def _drip(reply: Reply) -> None:
    reply.drip_s = 0.02


def _huge(reply: Reply) -> None:
    reply.stream = (b" " * 65_536 for _ in range(3_200))


def _number_text(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value


def _as_text(record: Json) -> None:
    record.update({key: _number_text(value) for key, value in record.items()})


def _deep(record: Json) -> None:
    value: Any = 1
    for _ in range(300):
        value = [value]
    record["nested"] = value


def _older(records: list[Json]) -> list[Json]:
    """The records of an hour ago."""
    newest = max(record["timestamp"] for record in records)
    return [record for record in records if record["timestamp"] < newest - 3_000]


def _bare(name: bytes) -> Callable[[bytes], bytes]:
    """Replaces the last equity of the body by a token that JSON does not have."""

    def change(body: bytes) -> bytes:
        head, key, tail = body.rpartition(b'"dollar_equity": ')
        return head + key + name + tail[tail.index(b",") :]

    return change


def _twice(records: list[Json]) -> list[Json]:
    return [record for record in records for _ in range(2)]


def _newcomer(records: list[Json]) -> list[Json]:
    """Adds an unknown trader with a position in an unknown coin."""
    newest = records[-1]
    coin = {"symbol": "NEW", "quantity": -5, "entry_price": 2.0, "current_price": 2.5}
    return [*records, newest | {"id": "new-1_9", "model_id": "new-1", "positions": {"NEW": coin}}]


def _shuffled(records: list[Json]) -> list[Json]:
    return random.Random(5).sample(records, len(records))


ANSWERS = (
    Fault("500", _status(500, b"oops"), message="500: the server failed"),
    Fault(
        "429 with a challenge page",
        _status(429, CHALLENGE, Content_Type=HTML, Retry_After="120"),
        message="429: .*slow down.*bot check",
    ),
    Fault(
        "410 like a success",
        _status(410, b'{"message": "ok", "positions": []}'),
        message="410: .*no longer offers",
    ),
    Fault("web page", _status(200, CHALLENGE, Content_Type=HTML), message="web page instead of data"),
    Fault("empty body", _status(200, b""), message="empty body"),
    Fault("another endpoint's body", _status(200, b'{"message": "", "positions": []}'), message="has no '"),
    Fault("truncated JSON", _content(lambda body: body[: len(body) // 2]), message="not a JSON object"),
    Fault("dropped connection", _cut, message="broke the connection"),
    Fault("one byte at a time", _drip, message=r"took too long .* bytes received within the limit of 0\.3 s"),
    Fault("huge body", _huge, message="larger than the limit of 1 MB"),
    Fault(
        "gzip bomb",
        _content(lambda body: gzip.compress(bytes(20 * 2**20)), Content_Encoding="gzip"),
        message="larger than the limit of 1 MB .* compressed",
    ),
    Fault(
        "encoding not requested",
        _content(lambda body: body, Content_Encoding="br"),
        message="was not requested",
    ),
    Fault(
        "redirect loop", _status(308, b"", Location="/api/account-totals"), message="more than 3 redirects"
    ),
    Fault("other host", _status(302, b"", Location="https://evil.example/x"), message="another host .*evil"),
)
DATA = (
    Fault("NaN", _content(_bare(b"NaN")), rejects="malformed|number"),
    Fault("Infinity", _content(_bare(b"-Infinity")), rejects="malformed|number"),
    Fault(
        "null for a number", _first(lambda record: record.update(dollar_equity=None)), rejects="dollar_equity"
    ),
    Fault("a record of another type", _records(lambda records: [*records, "what?"]), rejects="Expected"),
    Fault("endless number", _content(_bare(b"1e999")), rejects="out of range"),
    Fault("deep nesting", _first(_deep), drift="account.nested"),
    Fault(
        "wrong charset", _content(lambda body: body.replace(b'"sharpe_ratio"', b'"sharpe\xe9"')), rejects=""
    ),
    Fault("byte order mark", _content(lambda body: b"\xef\xbb\xbf" + body)),
    Fault("UTF-16", _content(lambda body: body.decode().encode("utf-16"))),
    Fault("strings for numbers", _first(_as_text), drift="account.timestamp"),
    Fault("new fields", _first(lambda record: record.update(funding={"rate": 0.1})), drift="account.funding"),
    Fault("zero equity", _first(lambda record: record.update(dollar_equity=0)), rejects="implausible equity"),
    Fault("absurd equity", _first(lambda record: record.update(dollar_equity=1e15)), rejects="implausible"),
    Fault(
        "from the future",
        _first(lambda record: record.update(timestamp=time.time() + 86_400)),
        rejects="from the future",
    ),
    Fault("new trader", _records(_newcomer), adds=True),
    Fault("duplicate rows", _records(_twice)),
    Fault("rows out of order", _records(_shuffled)),
    Fault("time going backwards", _records(_older)),
)
FAULTS = ANSWERS + DATA


def readable(reply: Reply) -> list[Json]:
    """The records of an answer that a perfect collector can decode."""
    try:
        container = json.loads(reply.body())[reply.key]
    except (ValueError, KeyError):
        return []
    records = container.values() if isinstance(container, dict) else container
    return [record for record in records if isinstance(record, dict) and _has_numbers(record)]


def _has_numbers(record: Json) -> bool:
    """Whether all required figures are finite numbers."""
    needed = [record[name] for name in ("timestamp", "dollar_equity", "price") if name in record]
    try:
        return all(math.isfinite(float(value)) for value in needed)
    except TypeError:
        return False
