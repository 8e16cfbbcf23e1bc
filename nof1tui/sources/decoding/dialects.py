"""Records of servers that write the contract in their own way, read field by field.

A record that matches the contract is decoded in one step. Otherwise each field is read on its own: a
value of another type is converted, a value that cannot be used is left out and kept in `extra`, and
other spellings of a key are accepted. Each such difference is recorded as schema drift.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import NODEFAULT, UNSET, Raw, Struct, inspect, structs

from nof1tui.sources.decoding.errors import DECODE_ERRORS, InvalidRecord, reject_reason
from nof1tui.sources.decoding.field_readers import (
    FieldReader,
    decode_kept,
    decode_loosely,
    read_flag,
    read_integer,
    read_number,
    read_text,
    read_time,
)
from nof1tui.sources.decoding.schema_drift import DriftRecorder
from nof1tui.sources.decoding.values import (
    WireRecord,
    decode_exact,
    is_redundant,
    known_keys,
    record_label,
)

Extra = dict[str, Any]
"""Unknown keys and unusable values of a record, unchanged."""
_MISSING: tuple[object, ...] = (None, UNSET, 0, "")
_NOT_FINITE = (b"NaN", b"Infinity", b"-Infinity")
_S = TypeVar("_S", bound=WireRecord)


@dataclass(frozen=True, slots=True)
class _FieldSpec:
    """How one field of a record type is read."""

    key: str
    type: Any
    decoder: msgspec.json.Decoder[Any]
    read: FieldReader | None
    """None for a field that takes any JSON value."""
    required: bool


def decode_dialect(data: bytes, kind: type[_S], drift: DriftRecorder) -> tuple[_S, Extra]:
    """The record, and what of it does not fit the record type. Raises InvalidRecord."""
    record = decode_exact(data, kind)
    if record is None:
        return _decode_by_field(_split_fields(data, kind, drift), kind, drift)
    known, redundant = known_keys(kind), kind.redundant
    raws = msgspec.json.decode(data, type=dict[str, Raw])
    unknown = {
        key: bytes(raw)
        for key, raw in raws.items()
        if key not in known and not is_redundant(raw, redundant.get(key))
    }
    if not unknown:
        return record, {}
    other_keys = _keys_by_spelling(kind)
    for key in unknown:
        name = other_keys.get(_spelling(key))
        if name is not None and getattr(record, name) in _MISSING:
            return _decode_by_field({key: bytes(raw) for key, raw in raws.items()}, kind, drift)
    return record, _collect_unknown(unknown, kind, drift)


def encode_extra(extra: Extra) -> str | None:
    """`extra` as the JSON text of a domain record; None where it is empty."""
    return msgspec.json.encode(extra).decode() if extra else None


def _split_fields(data: bytes, kind: type[WireRecord], drift: DriftRecorder) -> dict[str, bytes]:
    """The raw values of a JSON object, also of one with NaN, lone surrogates or broken UTF-8."""
    try:
        return {key: bytes(raw) for key, raw in msgspec.json.decode(data, type=dict[str, Raw]).items()}
    except DECODE_ERRORS as error:
        try:
            value = decode_loosely(data)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise InvalidRecord(reject_reason(error)) from error
        drift.add_change(record_label(kind), "JSON", "NaN, a lone surrogate or broken UTF-8")
        return {key: _encode_field(item) for key, item in value.items()}


def _encode_field(value: Any) -> bytes:
    """JSON; NaN and infinities stay where the field itself is one, deeper ones become null."""
    is_number = isinstance(value, float)
    return json.dumps(value).encode() if is_number else msgspec.json.encode(value)


def _decode_by_field(raws: dict[str, bytes], kind: type[_S], drift: DriftRecorder) -> tuple[_S, Extra]:
    label, specs, unused = record_label(kind), _field_specs(kind), dict(raws)
    values: dict[str, Any] = {}
    unusable: dict[str, str] = {}
    other_keys = _other_keys(raws, kind)
    for name, spec in specs.items():
        for key in (spec.key, *other_keys.get(name, ())):
            if key not in raws:
                continue
            if raws[key] == b"null" and spec.read is not None:
                unused.pop(key)
                continue
            try:
                value, change = _read_field(raws[key], spec)
            except ValueError as error:
                unusable[key] = str(error)
                continue
            if change:
                drift.add_change(label, key, change)
            if value is None or (value == 0 and name in kind.times):
                unused.pop(key)
                values.setdefault(name, value)
                continue
            if key != spec.key:
                drift.add_change(label, key, f"read as {spec.key}", raws[key])
            unused.pop(key)
            values[name] = value
            break
        if spec.required and values.get(name) is None:
            raise InvalidRecord(f"{spec.key}: {unusable.get(spec.key, 'missing')}")
    for key, reason in unusable.items():
        drift.add_change(label, key, f"left out: {reason}", raws[key])
    unknown = {
        key: raw
        for key, raw in unused.items()
        if key not in unusable and not is_redundant(raw, kind.redundant.get(key))
    }
    extra = {key: decode_kept(raws[key]) for key in unusable}
    return kind(**values), extra | _collect_unknown(unknown, kind, drift)


def _read_field(raw: bytes, spec: _FieldSpec) -> tuple[Any, str | None]:
    """The value of a field, and how it differs from the contract. Raises ValueError for an unusable one."""
    try:
        return spec.decoder.decode(raw), None
    except DECODE_ERRORS as error:
        reason = "not a finite number" if raw in _NOT_FINITE else reject_reason(error)
    if spec.read is None:
        raise ValueError(reason)
    try:
        value = spec.read(decode_loosely(raw))
        return (None if value is None else msgspec.convert(value, spec.type)), reason
    except (ValueError, msgspec.ValidationError) as error:
        raise ValueError(reason) from error


def _collect_unknown(raws: Mapping[str, bytes], kind: type[WireRecord], drift: DriftRecorder) -> Extra:
    """Values of unknown keys; one that is not expected is drift."""
    extra: Extra = {}
    for key, raw in raws.items():
        value = decode_kept(raw)
        if key in kind.expected_flags:
            flag = _read_flag_or_none(value)
            if flag is not None and flag is not value:
                drift.add_change(record_label(kind), key, "Expected bool")
            value = value if flag is None else flag
        else:
            drift.add_new_key(record_label(kind), key, raw)
        extra[key] = value
    return extra


def _read_flag_or_none(value: Any) -> bool | None:
    try:
        return read_flag(value)
    except ValueError:
        return None


@cache
def _field_specs(kind: type[Struct]) -> dict[str, _FieldSpec]:
    """The fields of a record type by attribute name."""
    times: frozenset[str] = getattr(kind, "times", frozenset())
    return {
        field.name: _FieldSpec(
            field.encode_name,
            field.type,
            msgspec.json.Decoder(field.type),
            read_time if field.name in times else _reader_of(field.type),
            field.default is NODEFAULT and field.default_factory is NODEFAULT,
        )
        for field in structs.fields(kind)
    }


def _reader_of(type_: Any) -> FieldReader | None:
    """The reader for a declared type, by the most general of its alternatives."""
    info = inspect.type_info(type_)
    types = {type(item) for item in (info.types if isinstance(info, inspect.UnionType) else (info,))}
    readers: tuple[tuple[type[inspect.Type], FieldReader], ...] = (
        (inspect.StrType, read_text),
        (inspect.FloatType, read_number),
        (inspect.IntType, read_integer),
        (inspect.BoolType, read_flag),
    )
    return next((reader for found, reader in readers if found in types), None)


def _spelling(key: str) -> str:
    """What the spellings of a key have in common: `entryPrice` and `entry_price` are one."""
    return key.replace("_", "").replace("-", "").lower()


@cache
def _keys_by_spelling(kind: type[WireRecord]) -> dict[str, str]:
    """Attribute name by every accepted spelling of its keys."""
    names = {_spelling(spec.key): name for name, spec in _field_specs(kind).items()}
    aliases = {_spelling(alias): name for name, keys in kind.aliases.items() for alias in keys}
    return aliases | names


def _other_keys(raws: Mapping[str, bytes], kind: type[WireRecord]) -> dict[str, list[str]]:
    """Keys of this record that are other spellings of a field, in the order of preference."""
    own = {spec.key for spec in _field_specs(kind).values()}
    by_spelling = _keys_by_spelling(kind)
    found: dict[str, list[str]] = {}
    for key in raws:
        name = by_spelling.get(_spelling(key))
        if name is not None and key not in own:
            found.setdefault(name, []).append(key)
    for name, keys in found.items():
        order = [_spelling(alias) for alias in kind.aliases.get(name, ())]
        keys.sort(key=lambda key: order.index(_spelling(key)) if _spelling(key) in order else -1)
    return found
