"""JSON values of another type than the contract's, converted field by field. Raises ValueError."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from nof1tui.sources.decoding.timestamps import parse_iso_time

FieldReader = Callable[[Any], Any]
"""Converts a decoded JSON value; None where it means "unknown". Raises ValueError for an unusable one."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_LONGEST_NUMBER = 400
_UNKNOWN_TEXTS = frozenset({"", "-", "null", "none", "n/a", "nan", "undefined"})
"""Texts in place of a missing number or time."""
_FLAGS = {"0": False, "false": False, "1": True, "true": True}


def read_number(value: Any) -> float | None:
    """A number, also one written as text."""
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _UNKNOWN_TEXTS:
            return None
        if len(text) > _LONGEST_NUMBER or _NUMBER.fullmatch(text) is None:
            raise ValueError("not a number")
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("too large") from error
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def read_integer(value: Any) -> int | None:
    """A whole number, also one written as text or with a decimal point."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and value.strip().lstrip("+-").isdecimal():
        return int(value)
    number = read_number(value)
    if number is not None and not number.is_integer():
        raise ValueError("not a whole number")
    return None if number is None else int(number)


def read_text(value: Any) -> str:
    """Text; any other value as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def read_flag(value: Any) -> bool:
    """True or false, also as 1 and 0 or as text."""
    flag = _FLAGS.get(read_text(value).strip().lower())
    if flag is None:
        raise ValueError("not true or false")
    return flag


def read_time(value: Any) -> float | None:
    """Seconds since the epoch (or a smaller unit) of a number or of ISO 8601 text."""
    if isinstance(value, str) and (seconds := parse_iso_time(value)) is not None:
        return seconds
    return read_number(value)


def decode_loosely(data: bytes) -> Any:
    """A JSON value; `NaN` and infinities as floats, lone surrogates and broken UTF-8 replaced.

    Raises ValueError for anything else.
    """
    try:
        value = json.loads(data.decode("utf-8", "replace"))
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def decode_kept(data: bytes) -> Any:
    """A JSON value to be kept in `extra`, as text where it cannot be decoded."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return decode_loosely(data)
        except ValueError:
            return data.decode("utf-8", "replace")
