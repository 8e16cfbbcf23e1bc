"""The declaration of a figure, from which columns, documents, schemas, alert metrics and docs derive."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.records import Feed

SubjectKind = Literal["arena", "account", "position", "trade", "flow", "coin", "feed", "decision", "event"]
Source = Literal["reported", "computed", "chain", "collector", "config"]
"""Upstream's own figure, ours, the chain's, the collector's own state, or the settings'."""
# fmt: off
Unit = Literal[
    "usd", "pct", "pp", "ratio", "multiple", "fraction", "price", "coins", "seconds", "bytes",
    "count", "counter", "time", "id", "text", "choice", "flag", "list", "object",
]
# fmt: on
"""`pct` is 12.5 for 12.5 %, `pp` percentage points, `multiple` times equity, `count` a whole number."""
Group = Literal["identity", "return", "risk", "trades", "exposure", "behaviour", "chain", "record"]
Reading = FigureValue | float | int | str | bool | datetime | Sequence[Any] | Mapping[str, Any] | None
"""What `read` returns: a bare value is a fact, a FigureValue carries n, interval, reason and marks."""

TEXTUAL_UNITS = frozenset(("time", "id", "text", "choice", "flag", "list", "object"))
"""Units whose values are not numbers."""
FORMULA = "Formula:"

ViewT = TypeVar("ViewT")
ViewT_contra = TypeVar("ViewT_contra", contravariant=True)


class Member(Struct, frozen=True):
    """A key of a nested object: its unit, whether it may be null, and its own members or items."""

    key: str
    unit: Unit
    description: str
    nullable: bool = False
    choices: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    """Keys of the object, or of each item of the list; empty for a list of plain values.

    One member where `item_unit` is `list`: the items of the inner lists.
    """
    item_unit: Unit | None = None
    """Unit of the plain values of a list, or of the values of an object whose keys are data."""
    required: bool = True


class Figure(Struct, Generic[ViewT_contra], frozen=True, kw_only=True):
    """One figure, declared once: what it is called, what it means, and how it is read from a view."""

    key: str
    """Its name in `show --json`, in alert rules, filters, sorts and the API."""
    subject: SubjectKind
    unit: Unit
    title: str
    description: str
    read: Callable[[ViewT_contra], Reading]
    formula: str = ""
    source: Source = "computed"
    group: Group = "record"
    minimum_n: int = 0
    sound_n: int = 0
    """Fewer observations make the figure weak."""
    counted: str = ""
    """What the observations are, in the plural: `daily returns`."""
    inputs: tuple[str, ...] = ()
    """Keys of figures of the same subject that the formula takes."""
    reported_as: str = ""
    """Upstream's own field for the same quantity, and how it differs."""
    aliases: tuple[str, ...] = ()
    """Short names that are accepted silently."""
    renamed_from: tuple[str, ...] = ()
    """Former names, accepted with a notice."""
    documents: tuple[str, ...] = ()
    """Further documents that hold it, beside its subject's own."""
    nullable: bool = True
    choices: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    item_unit: Unit | None = None
    feed: Feed = Feed.ACCOUNTS
    """The feed whose first response must have arrived before a rule on it is evaluated."""
    signed: bool = False
    """Whether it is coloured by its sign."""
    best: Literal["high", "low"] | None = None
    """Which end is the better one."""

    @property
    def is_numeric(self) -> bool:
        """Whether it can be compared with a number, sorted by it and exported as a metric."""
        return self.unit not in TEXTUAL_UNITS

    def value(self, view: ViewT_contra) -> Any:
        """The plain value; None where it is missing or not a finite number."""
        reading = self.read(view)
        value = reading.value if isinstance(reading, FigureValue) else reading
        return None if isinstance(value, float) and not isfinite(value) else value

    def number(self, view: ViewT_contra) -> float | None:
        """The value as a float, 1.0 and 0.0 for a flag; None where it is missing or not a number."""
        value = self.value(view)
        return float(value) if isinstance(value, int | float) else None


def declare(
    view: type[ViewT], subject: SubjectKind, unit: Unit, title: str, **facts: Any
) -> Callable[[Callable[[ViewT], Reading]], Figure[ViewT]]:
    """A decorator that makes a figure of a pure function of one view.

    The function's name is the key, its docstring's first line the description; a line of the docstring that
    begins with `Formula:` is the formula. `facts` are further fields of Figure. Raises ValueError without a
    docstring, as under `python -OO`.
    """

    def figure(read: Callable[[ViewT], Reading]) -> Figure[ViewT]:
        text = inspect.cleandoc(read.__doc__ or "")
        if not text:
            raise ValueError(f"{read.__name__}: a figure's description is its docstring, and there is none")
        lines = text.splitlines()
        formula = " ".join(line.strip() for line in lines if line.startswith(FORMULA)).removeprefix(FORMULA)
        return Figure(
            key=read.__name__,
            subject=subject,
            unit=unit,
            title=title,
            description=lines[0],
            read=read,
            formula=formula.strip(),
            **facts,
        )

    return figure


def known(value: Reading, reason: str) -> Reading:
    """The value; where it is None, a FigureValue without a value that has the reason."""
    return FigureValue(None, reason=reason) if value is None else value


def figures_in(namespace: Mapping[str, object]) -> tuple[Figure[Any], ...]:
    """The figures that a module declares, in order of declaration: `FIGURES = figures_in(vars())`."""
    return tuple(item for item in namespace.values() if isinstance(item, Figure))
