"""Where a filter's words and regular expressions are in a text, for highlighting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nof1tui.domain.filters.errors import RegexStopped
from nof1tui.domain.filters.matcher import CompiledFilter, MatchBudget, TextSpan
from nof1tui.domain.filters.terms import FieldTerm, RowFilter, Term, TextTerm


def word_hits(row_filter: RowFilter, text: str, field: str | None = None) -> tuple[TextSpan, ...]:
    """Spans of the filter's words in this text, in order, none touching another.

    In the cell of a field also what `field:value` looks for there. Negated terms have no hits.
    """
    needles = {
        needle.casefold() for term in row_filter.terms if not term.negated for needle in _needles(term, field)
    }
    return _merged(span for needle in needles for span in _occurrences(needle, text))


def hit_spans(
    compiled: CompiledFilter, text: str, budget: MatchBudget, field: str | None = None
) -> tuple[TextSpan, ...]:
    """`word_hits` and matches of the regular expressions; without the latter once the budget is used up."""
    spans = list(word_hits(compiled.row_filter, text, field))
    for pattern, negated in compiled.patterns:
        if not negated:
            try:
                spans += budget.spans(pattern, text)
            except RegexStopped:
                break
    return _merged(spans)


def _needles(term: Term, field: str | None) -> Iterable[str]:
    match term:
        case TextTerm():
            return term.alternatives
        case FieldTerm(field=of, kind="text" | "id", operator=":" | "=") if of == field:
            return [value.text for value in term.values]
        case _:
            return ()


def _occurrences(needle: str, text: str) -> Iterator[TextSpan]:
    """Where a folded needle is in a text. A letter that folds into several (ß) is hit as a whole."""
    folded = text.casefold()
    origins = None if len(folded) == len(text) else _origins(text)
    at = folded.find(needle)
    while at >= 0:
        end = at + len(needle)
        yield (at, end) if origins is None else (origins[at], origins[end - 1] + 1)
        at = folded.find(needle, end)


def _origins(text: str) -> list[int]:
    """For each character of the folded text the place of the character it comes from."""
    return [place for place, letter in enumerate(text) for _ in letter.casefold()]


def _merged(spans: Iterable[TextSpan]) -> tuple[TextSpan, ...]:
    merged: list[TextSpan] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
