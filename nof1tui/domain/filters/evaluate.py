"""Whether a row passes the terms of a filter, but for regular expressions (`matching`)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import isclose, nan
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, TypeVar

from nof1tui.domain.filters.terms import FieldTerm, FilterValue, FlagTerm, Operator, PlainTerm, TextTerm
from nof1tui.domain.roster import normalise_id

R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)

RowValue: TypeAlias = str | float | datetime | Sequence[str] | None
"""What a row has in a field; of several texts (an id and its names, coins of a decision) one must match."""

_SAME = 1e-9
"""Numbers that differ by a smaller share of their value are equal."""
_ORDERINGS: Mapping[Operator, Callable[[Any, Any], bool]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)


class RowReader(Protocol[R_contra]):
    """What a filter asks of the rows of one table."""

    def text(self, row: R_contra, /) -> str:
        """All that the row shows, on one line: where words and regular expressions look."""
        ...

    def value(self, row: R_contra, field: str, /) -> RowValue:
        """The row's value in a field, in the unit of the field's kind; None where it has none."""
        ...

    def has_flag(self, row: R_contra, flag: str, /) -> bool: ...


def plain_predicate(terms: Sequence[PlainTerm], reader: RowReader[R]) -> Callable[[R], bool]:
    """A function of a row: whether all terms hold. A value that a row lacks satisfies no comparison."""
    texts = [_needles(term) for term in terms if isinstance(term, TextTerm)]
    flags = [term for term in terms if isinstance(term, FlagTerm)]
    comparisons = [(term, _comparison(term)) for term in terms if isinstance(term, FieldTerm)]

    def passes(row: R) -> bool:
        for flag in flags:
            if any(reader.has_flag(row, name) for name in flag.flags) is flag.negated:
                return False
        for term, holds in comparisons:
            if holds(reader.value(row, term.field)) is term.negated:
                return False
        if texts:
            folded = reader.text(row).casefold()
            for needles, negated in texts:
                if any(needle in folded for needle in needles) is negated:
                    return False
        return True

    return passes


def term_holds(term: PlainTerm, row: R, reader: RowReader[R]) -> bool:
    """Whether one term holds for one row; of many rows use `plain_predicate`."""
    return plain_predicate((term,), reader)(row)


def _needles(term: TextTerm) -> tuple[tuple[str, ...], bool]:
    return tuple(word.casefold() for word in term.alternatives), term.negated


def _comparison(term: FieldTerm) -> Callable[[RowValue], bool]:
    """Whether a row's value fulfils the term, before its negation."""
    match term.kind:
        case "text":
            return _text_test(term, str.casefold, str.__contains__)
        case "id":
            return _text_test(term, normalise_id, str.startswith)
        case "moment":
            return _moment_test(term.operator, term.values)
        case "number" | "percent" | "duration":
            return _number_test(term.operator, term.values)


def _text_test(
    term: FieldTerm, fold: Callable[[str], str], hits: Callable[[str, str], bool]
) -> Callable[[RowValue], bool]:
    """`hits` is what `:` means; the other operators compare the whole text."""
    wanted = [str(one.value) for one in term.values]
    inverse = term.operator == "!="
    compare = hits if term.operator == ":" else str.__eq__

    def holds(value: RowValue) -> bool:
        texts = [value] if isinstance(value, str) else value if isinstance(value, Sequence) else ()
        return any(compare(fold(text), one) for text in texts for one in wanted) is not inverse

    return holds


def _number_test(operator_: Operator, wanted: Sequence[FilterValue]) -> Callable[[RowValue], bool]:
    numbers = [one.value for one in wanted if isinstance(one.value, (int, float))]
    ordering = _ORDERINGS.get(operator_)

    def holds(value: RowValue) -> bool:
        known = value if isinstance(value, (int, float)) else nan
        if ordering is not None:
            return ordering(known, numbers[0])
        equal = any(isclose(known, number, rel_tol=_SAME, abs_tol=1e-12) for number in numbers)
        return equal is not (operator_ == "!=")

    return holds


def _moment_test(operator_: Operator, wanted: Sequence[FilterValue]) -> Callable[[RowValue], bool]:
    spans = [(one.value, one.until or one.value) for one in wanted if isinstance(one.value, datetime)]
    ordering = _ORDERINGS.get(operator_)

    def holds(value: RowValue) -> bool:
        if ordering is not None:
            return isinstance(value, datetime) and ordering(value, spans[0][0])
        within = isinstance(value, datetime) and any(since <= value < until for since, until in spans)
        return within is not (operator_ == "!=")

    return holds
