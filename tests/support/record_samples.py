"""Every record of the domain and its ports, and samples of each built from its field types."""

from __future__ import annotations

import collections.abc
import importlib
import pkgutil
import types
import typing
from array import array
from collections.abc import Iterator
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from msgspec import Struct

import nof1tui.domain
import nof1tui.ports
from nof1tui.domain.figures.figure import Figure
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.append_buffer import AppendBuffer, read_only_view

START = datetime(2025, 10, 26, 4, 0, tzinfo=UTC)
DECLARATIONS = ("nof1tui.domain.figures", "nof1tui.domain.filters", "nof1tui.domain.export")
"""Packages of declarations that hold functions and parsed terms; these are never stored, sent or hashed."""
SCALARS: dict[Any, Any] = {
    str: "text {}".format,
    int: lambda n: 10 + n,
    float: lambda n: 1.5 + n,
    bool: lambda n: n % 2 == 1,
    Decimal: lambda n: Decimal("0.1") + n,
    datetime: lambda n: START + timedelta(minutes=n),
    timedelta: lambda n: timedelta(seconds=n),
    object: lambda n: n,
    Any: lambda n: n,
    AppendBuffer: lambda n: AppendBuffer(array("d", (1.0,)), array("d", (2.0 + n,)), 4),
    Roster: lambda n: Roster(),
    Figure[Any]: lambda n: Figure(
        key=f"key_{n}", subject="account", unit="usd", title="A", description="A.", read=len
    ),
}
"""A sample of a type by number."""
ARRAY_CODES = {int: "q", float: "d"}

T = TypeVar("T")


class Array(Generic[T]):
    """`array[float]` where annotations are evaluated: arrays cannot be subscripted at run time."""


class View(Generic[T]):
    """The same for `memoryview[float]`."""


SUBSCRIPTABLE = {"array": Array, "memoryview": View}


def modules() -> Iterator[types.ModuleType]:
    for package in (nof1tui.domain, nof1tui.ports):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith(DECLARATIONS):
                yield importlib.import_module(found.name)


def classes() -> Iterator[type]:
    """Every class defined in the domain or its ports, but declarations of figures, documents and filters."""
    for module in modules():
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value


RECORDS = sorted(
    {kind for kind in classes() if issubclass(kind, Struct)},
    key=lambda kind: (kind.__module__, kind.__name__),
)
FROZEN = [kind for kind in RECORDS if kind.__struct_config__.frozen]
DATACLASSES = {kind for kind in classes() if is_dataclass(kind)}


def sample(kind: type[Struct], number: int = 1) -> Any:
    """A record of this kind with every field set; equal numbers give equal records."""
    hints = field_types(kind)
    return kind(**{name: value(hints[name], number) for name in kind.__struct_fields__})


@cache
def field_types(kind: type[Struct]) -> dict[str, Any]:
    """Evaluated annotations of a record's fields."""
    return typing.get_type_hints(kind, localns=SUBSCRIPTABLE)


def value(annotation: Any, number: int) -> Any:
    """A value of an annotated type."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return value(next(each for each in arguments if each is not type(None)), number)
    if origin is typing.Literal:
        return arguments[number % len(arguments)]
    if origin in (collections.abc.Callable,):
        return len if number % 2 else max
    if origin is Array:
        return array(ARRAY_CODES[arguments[0]], (1, 2 + number))
    if origin is View:
        return read_only_view(array(ARRAY_CODES[arguments[0]], (1, 2 + number)))
    if origin in (tuple, list, set, frozenset, collections.abc.Sequence, collections.abc.Iterable):
        inner = arguments[:1] if origin is not tuple or arguments[-1] is Ellipsis else arguments
        items = [value(each, number) for each in inner]
        return (
            tuple(items)
            if origin in (tuple, collections.abc.Sequence, collections.abc.Iterable)
            else origin(items)
        )
    if origin in (dict, collections.abc.Mapping):
        items = {value(arguments[0], number): value(arguments[1], number)}
        return items if origin is dict else MappingProxyType(items)
    if isinstance(annotation, typing.TypeVar):
        return number
    if annotation in SCALARS:
        return SCALARS[annotation](number)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)[number % len(annotation)]
    return sample(annotation, number)
