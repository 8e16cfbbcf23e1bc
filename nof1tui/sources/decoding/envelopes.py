"""The envelope of a complete body: its top-level keys, and its records in any of the usual shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Raw

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.decoding.errors import DECODE_ERRORS

KeyedRecord = tuple[str | None, bytes]
"""A raw record, with its key where the envelope holds an object."""
Deviation = tuple[str, str]
"""A key of the envelope, and how it differs from the contract."""

BOM = b"\xef\xbb\xbf"
RAWS = msgspec.json.Decoder(list[Raw])
RAWS_BY_KEY = msgspec.json.Decoder(dict[str, Raw])
_WRAPPERS = ("data", "result", "response", "payload")
"""Keys of an object around the envelope."""
_MESSAGES = ("error", "message", "detail")
"""Keys under which servers explain themselves."""


@dataclass
class EnvelopeRecords:
    """The raw records of a body, the envelope without them, and its deviations."""

    records: list[KeyedRecord]
    envelope: Mapping[str, Any] = field(default_factory=dict)
    deviations: list[Deviation] = field(default_factory=list)


def read_envelope(body: bytes) -> dict[str, Any]:
    """The top-level keys: raw, or decoded where the body is JSON only loosely (NaN, lone surrogates).

    Raises SourceMalformed when the body is not a JSON object.
    """
    body = body.removeprefix(BOM)
    try:
        return dict(RAWS_BY_KEY.decode(body))
    except DECODE_ERRORS as error:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        raise SourceMalformed(_describe_body(body, error)) from error


def find_records(body: bytes, keys: Sequence[str], *, keyed: bool) -> EnvelopeRecords:
    """The records under the first of these keys; the first is the contract's.

    `keyed` expects an object of records by key instead of a list. Raises SourceMalformed.
    """
    body = body.removeprefix(BOM)
    if is_bare_list(body):
        bare: list[KeyedRecord] = [(None, bytes(raw)) for raw in RAWS.decode(body)]
        return EnvelopeRecords(bare, deviations=[(keys[0], "a list without an envelope")])
    envelope, deviations = read_envelope(body), list[Deviation]()
    key = next((key for key in keys if _holds_records(envelope, key, keys)), None)
    if key is None:
        key, envelope = _unwrap(envelope, keys)
        deviations.append((key, "inside another object"))
    if key != keys[0]:
        deviations.append((key, f"read as {keys[0]}"))
    value = envelope.pop(key)
    try:
        shaped = _Shape(value, deviations, key)
        return EnvelopeRecords(list(shaped.records(keyed=keyed)), envelope, deviations)
    except (*DECODE_ERRORS, TypeError) as error:
        raise SourceMalformed(f"{key!r} has an unexpected shape: {error}") from error


def is_bare_list(body: bytes) -> bool:
    """Whether a body is a list of objects, at least one, without an envelope."""
    if not body.removeprefix(BOM).lstrip().startswith(b"["):
        return False
    try:
        raws = RAWS.decode(body.removeprefix(BOM))
    except DECODE_ERRORS:
        return False
    return bool(raws) and all(bytes(raw).startswith(b"{") for raw in raws)


def _holds_records(envelope: Mapping[str, Any], key: str, keys: Sequence[str]) -> bool:
    """Whether this key has the records, and is not an object around the whole envelope."""
    if key not in envelope:
        return False
    inner = _object_at(envelope, key) if key in _WRAPPERS else None
    return inner is None or not any(name in inner for name in keys)


def _unwrap(envelope: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The first of the keys in an object around the envelope, and both objects as one."""
    for wrapper in _WRAPPERS:
        inner = _object_at(envelope, wrapper) or {}
        for key in keys:
            if key in inner:
                return key, {name: value for name, value in envelope.items() if name != wrapper} | inner
    raise SourceMalformed(f"the answer has no {keys[0]!r}, only {_list_keys(envelope)}")


def _object_at(envelope: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    value = envelope.get(key)
    if not isinstance(value, Raw):
        return value if isinstance(value, dict) else None
    try:
        return dict(RAWS_BY_KEY.decode(value))
    except DECODE_ERRORS:
        return None


@dataclass
class _Shape:
    """The value under the key of the records: a list, an object of records, one record, or null."""

    value: Any
    deviations: list[Deviation]
    key: str

    def records(self, *, keyed: bool) -> Iterator[KeyedRecord]:
        """The raw records. Raises TypeError for a scalar, or a decoding error."""
        value = self.value
        if value is None or (isinstance(value, Raw) and bytes(value) == b"null"):
            return
        if isinstance(value, list) or (isinstance(value, Raw) and bytes(value).startswith(b"[")):
            if keyed:
                self.deviations.append((self.key, "a list in place of an object"))
            items = RAWS.decode(value) if isinstance(value, Raw) else value
            yield from ((None, _encode(item)) for item in items)
            return
        by_key = RAWS_BY_KEY.decode(value) if isinstance(value, Raw) else value
        if not isinstance(by_key, dict):
            raise TypeError(f"it is a {type(value).__name__}")
        raws = {key: _encode(item) for key, item in by_key.items()}
        if self._is_one_record(raws, keyed=keyed):
            self.deviations.append((self.key, "a single record"))
            yield None, _encode(value)
            return
        if not keyed and raws:
            self.deviations.append((self.key, "an object in place of a list"))
        yield from raws.items() if keyed else ((None, raw) for raw in raws.values())

    @staticmethod
    def _is_one_record(raws: Mapping[str, bytes], *, keyed: bool) -> bool:
        if keyed:
            return "price" in raws and not raws["price"].startswith(b"{")
        return any(not raw.startswith(b"{") for raw in raws.values())


def _encode(value: Any) -> bytes:
    """JSON with lone surrogates as `?`; `NaN` stays, so that only the field with it is lost."""
    if isinstance(value, Raw):
        return bytes(value)
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _describe_body(body: bytes, error: Exception) -> str:
    start = body[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body")):
        return "the server answered with a web page instead of data"
    if not body.strip():
        return "the server answered with an empty body"
    return f"the answer is not a JSON object: {error}"


def _list_keys(envelope: Mapping[str, Any]) -> str:
    """The first keys, and the server's own words where it gives a reason."""
    names = ", ".join(repr(key[:40]) for key in list(envelope)[:8]) or "no keys"
    for key in _MESSAGES:
        value = envelope.get(key)
        try:
            text = msgspec.json.decode(value) if isinstance(value, Raw) else value
        except DECODE_ERRORS:
            continue
        if isinstance(text, str) and text.strip():
            return f"{names} ({sanitise_line(text, 80)})"
    return names
