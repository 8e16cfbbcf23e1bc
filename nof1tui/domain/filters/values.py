"""Values of a filter as people write them: `-1.2k`, `70%`, `10x`, `2h30m`, `-6h`, `2025-10-27 14:00`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from types import MappingProxyType

from nof1tui.domain.filters.errors import shown, unknown_name
from nof1tui.domain.filters.fields import FieldKind, FilterField
from nof1tui.domain.filters.terms import FilterValue, Operator
from nof1tui.domain.roster import normalise_id
from nof1tui.domain.time_expressions import UnknownDuration, UnknownMoment, parse_duration, parse_moment

_NUMBER = re.compile(r"\$?([-+]?)\$?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([a-z%]?)")
_FACTORS: Mapping[FieldKind, Mapping[str, float]] = MappingProxyType(
    {
        "number": {"": 1, "x": 1, "k": 1e3, "m": 1e6},
        "percent": {"": 1, "%": 1},
    }
)
_NOT_A_NUMBER = " is not a number"
_GROUPED = re.compile(r"\$?[-+]?\$?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?[A-Za-z%]?")
_DECIMAL = re.compile(r"([0-9]*\.[0-9]+|[0-9]+\.)([wdhms])")
_DAY = re.compile(r"today|yesterday|[0-9]{4}-[0-9]{2}-[0-9]{2}", re.IGNORECASE)


class ValueRefused(ValueError):
    """A value its field cannot have. `str()` is the reason, without the term."""


def parse_value(text: str, field: FilterField, operator: Operator, now: datetime) -> FilterValue:
    """The value that text means for a field. Raises ValueRefused."""
    match field.kind:
        case "text":
            return FilterValue(text, text.casefold())
        case "id":
            return _id_value(text, field, operator)
        case "number" | "percent":
            return _number_value(text, field.kind)
        case "duration":
            return _duration_value(text)
        case "moment":
            return _moment_value(text, now)


def is_grouped_number(text: str) -> bool:
    """Whether commas in this text group thousands: `-10,000.50`."""
    return _GROUPED.fullmatch(text) is not None


def _id_value(text: str, field: FilterField, operator: Operator) -> FilterValue:
    wanted = normalise_id(text)
    choices = [normalise_id(choice) for choice in field.choices]
    known = any(choice.startswith(wanted) for choice in choices) if operator == ":" else wanted in choices
    if choices and not known:
        raise ValueRefused(unknown_name(field.name, text, field.choices))
    return FilterValue(text, wanted)


def _number_value(text: str, kind: FieldKind) -> FilterValue:
    written = text.replace(",", "").lower()
    found = _NUMBER.fullmatch(written)
    if found is None:
        raise ValueRefused(f"{shown(text)}{_NOT_A_NUMBER}")
    sign, digits, suffix = found.groups()
    if suffix == "%" and kind == "number":
        number = float(digits) / 100
    elif suffix in _FACTORS[kind]:
        number = float(digits) * _FACTORS[kind][suffix]
    else:
        raise ValueRefused(f"{shown(text)}{_NOT_A_NUMBER}")
    if not isfinite(number):
        raise ValueRefused(f"{shown(text)} is too large a number")
    minus = "-" if sign == "-" else ""
    return FilterValue(f"{minus}{digits}{suffix}", -number if minus else number)


def _duration_value(text: str) -> FilterValue:
    written = re.sub(r"\s+", "", text.lower())
    length = written.removeprefix("-")
    decimal = _DECIMAL.fullmatch(length)
    try:
        if decimal is not None:
            seconds = float(decimal[1]) * parse_duration(f"1{decimal[2]}").total_seconds()
        else:
            seconds = parse_duration(length).total_seconds()
    except UnknownDuration as error:
        raise ValueRefused(str(error)) from error
    if not isfinite(seconds):
        raise ValueRefused(f"{shown(text)} is too large a number")
    return FilterValue(written, -seconds if written.startswith("-") else seconds)


def _moment_value(text: str, now: datetime) -> FilterValue:
    try:
        moment = parse_moment(text, now)
    except UnknownMoment as error:
        raise ValueRefused(str(error)) from error
    written = timedelta(days=1) if _DAY.fullmatch(text) else timedelta(minutes=1)
    try:
        until = moment + written
    except OverflowError:
        until = datetime.max.replace(tzinfo=moment.tzinfo)
    return FilterValue(text, moment, until)
