"""A parsed filter: terms that must all hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from nof1tui.domain.filters.fields import FieldKind

Operator = Literal[":", "=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Words or phrases of which one must be in the row's text: `claude`, `buy|sell`, `"take profit"`."""

    alternatives: tuple[str, ...]
    """As typed; runs of white space are one space."""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class RegexTerm:
    """A regular expression that must match somewhere in the row's text: `/stop.{0,9}moved/`."""

    pattern: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class FlagTerm:
    """Flags of which the row must have one: `is:acting`."""

    flags: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class FilterValue:
    """A value beside an operator."""

    text: str
    """As it is written back."""
    value: str | float | datetime
    """As rows are compared with it: text and ids folded, numbers in the field's unit, seconds."""
    until: datetime | None = None
    """Of a moment: the end of the day or minute that was written, which is no longer part of it."""


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """A comparison of a field with values: `net<-100`, `model:qwen,gpt`. Several values: one must hold."""

    field: str
    kind: FieldKind
    operator: Operator
    values: tuple[FilterValue, ...]
    negated: bool = False


PlainTerm: TypeAlias = TextTerm | FlagTerm | FieldTerm
"""A term whose cost is bounded by the length of the row's text."""
Term: TypeAlias = PlainTerm | RegexTerm


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Terms that must all hold; without terms every row passes."""

    terms: tuple[Term, ...] = ()

    @property
    def plain(self) -> tuple[PlainTerm, ...]:
        return tuple(term for term in self.terms if not isinstance(term, RegexTerm))

    @property
    def regexes(self) -> tuple[RegexTerm, ...]:
        return tuple(term for term in self.terms if isinstance(term, RegexTerm))
