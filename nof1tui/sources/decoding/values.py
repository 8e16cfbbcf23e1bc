"""Raw JSON to typed wire records, and wire values to domain values. Raises InvalidRecord with the reason."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec import Raw, Struct

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.sources.decoding.errors import DECODE_ERRORS, InvalidRecord, reject_reason
from nof1tui.sources.decoding.schema_drift import DriftRecorder

_MAX_NAME_CHARS = 200
_MAX_EXPONENT = 18
"""Digits before the decimal point that a price, size or amount can have."""
NO_ORDER_ID = -1
"""The order id that upstream writes in place of a missing one (contract 4.2)."""


class WireRecord(Struct):
    """A record as upstream writes it, every key but its identity and time optional."""

    redundant: ClassVar[Mapping[str, tuple[object, ...]]] = {}
    """Keys that are not kept: constants with these values or, without values, repeats of other fields.

    With any other value a key goes to the record's `extra`, like an unknown key.
    """
    expected_flags: ClassVar[frozenset[str]] = frozenset()
    """Keys of true or false that are kept in `extra` and do not count as schema drift."""
    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Other keys of a field that some servers use, in the order of preference."""
    times: ClassVar[frozenset[str]] = frozenset()
    """Fields that hold times: ISO 8601 is accepted, and 0 means unknown."""


_S = TypeVar("_S", bound=WireRecord)


def decode_exact(data: bytes, kind: type[_S]) -> _S | None:
    """The record when it matches the contract exactly; None when it must be decoded field by field."""
    try:
        record: _S = _decoder(kind, True).decode(data)
    except DECODE_ERRORS:
        return None
    return record


def decode_record(data: bytes, kind: type[_S], drift: DriftRecorder) -> tuple[_S, str | None]:
    """The record, decoded strictly or else leniently ("1.5" for 1.5), and its unknown keys as JSON.

    Raises InvalidRecord.
    """
    try:
        record = _decoder(kind, True).decode(data)
        _refuse_decimals(record)
    except DECODE_ERRORS as error:
        try:
            data = _without_lone_surrogates(data)
            record = _decoder(kind, False).decode(data)
        except (*DECODE_ERRORS, ValueError):
            raise InvalidRecord(reject_reason(error)) from error
        _refuse_infinities(record)
        _refuse_decimals(record)
        drift.add_coercion(record_label(kind), str(error))
    return record, _unknown_fields(data, kind, drift)


def require_name(value: str | None, name: str) -> str:
    """The value of the field `name`. Raises InvalidRecord when it is missing, blank or too long."""
    if value is None or not value.strip():
        raise InvalidRecord(f"{name}: missing or empty")
    if len(value) > _MAX_NAME_CHARS:
        raise InvalidRecord(f"{name}: longer than {_MAX_NAME_CHARS} characters")
    return value


def parse_order_id(value: int | None) -> int | None:
    """An order id; None for `NO_ORDER_ID` and 0."""
    return None if value in (None, 0, NO_ORDER_ID) else value


def text_or_json(value: Any) -> str | None:
    """Text unchanged, any other value as JSON, None as None."""
    return value if value is None or isinstance(value, str) else encode_json(value)


def decode_json(data: bytes | Raw) -> Any:
    return msgspec.json.decode(data)


def encode_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


@cache
def _decoder(kind: type[_S], strict: bool) -> msgspec.json.Decoder[_S]:
    return msgspec.json.Decoder(kind, strict=strict)


@cache
def known_keys(kind: type[Struct]) -> frozenset[str]:
    """The keys of a record type on the wire."""
    return frozenset(kind.__struct_encode_fields__)


def _without_lone_surrogates(data: bytes) -> bytes:
    """JSON with `?` for lone surrogates; `NaN` remains, so that its record is rejected."""
    if b"\\ud" not in data.lower():
        return data
    return json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace")


def _refuse_infinities(record: Struct) -> None:
    """Raise InvalidRecord for an infinite or NaN float: lenient decoding accepts "nan" and "inf"."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidRecord(f"{name}: {value!r} is not a finite number")


def _refuse_decimals(record: Struct) -> None:
    """Raise InvalidRecord for a decimal that is NaN or too large for a float."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, Struct):
            _refuse_decimals(value)
        elif isinstance(value, Decimal) and not (value.is_finite() and value.adjusted() < _MAX_EXPONENT):
            raise InvalidRecord(f"{name}: {sanitise_line(str(value), 40)} is not a plausible number")


@cache
def record_label(kind: type[Struct]) -> str:
    """The readable name of a record type: `position` for `PositionWire`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__.removesuffix("Wire")).lower()


def _unknown_fields(data: bytes, kind: type[WireRecord], drift: DriftRecorder) -> str | None:
    known, redundant = known_keys(kind), kind.redundant
    unknown = {
        key: raw
        for key, raw in msgspec.json.decode(data, type=dict[str, Raw]).items()
        if key not in known and not is_redundant(raw, redundant.get(key))
    }
    for key, raw in unknown.items():
        if key not in kind.expected_flags:
            drift.add_new_key(record_label(kind), key, bytes(raw))
    return encode_json({key: decode_json(bytes(raw)) for key, raw in unknown.items()}) if unknown else None


def is_redundant(raw: Raw | bytes, constants: tuple[object, ...] | None) -> bool:
    """Whether the value of a redundant key is one of its constants, also where it is written as text."""
    if constants is None:
        return False
    if not constants:
        return True
    try:
        value = decode_json(raw)
    except DECODE_ERRORS:
        return False
    return value in constants or (isinstance(value, str) and value in map(str, constants))
