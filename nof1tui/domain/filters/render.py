"""A parsed filter as text again: one space between terms, quotes only where they are needed."""

from __future__ import annotations

import re

from nof1tui.domain.filters.parser import FIELD_START
from nof1tui.domain.filters.terms import FieldTerm, FlagTerm, RegexTerm, RowFilter, Term, TextTerm

_BARE_WORD = re.compile(rf'(?![!"/<>=:])(?!{FIELD_START.pattern})[^\s|]+')
_BARE_VALUE = re.compile(r'(?!")[^\s,]+')


def render_filter(row_filter: RowFilter) -> str:
    """The text that parses to this filter.

    >>> from nof1tui.domain.filters.terms import TextTerm
    >>> render_filter(RowFilter((TextTerm(("take profit",)), TextTerm(("Claude", "GPT"), negated=True))))
    '"take profit" !Claude|GPT'
    """
    return " ".join(map(render_term, row_filter.terms))


def render_term(term: Term) -> str:
    negation = "!" if term.negated else ""
    match term:
        case TextTerm():
            return negation + "|".join(_quoted_unless(_BARE_WORD, word) for word in term.alternatives)
        case RegexTerm():
            return f"{negation}/{_slashes_escaped(term.pattern)}/"
        case FlagTerm():
            return f"{negation}is:{','.join(term.flags)}"
        case FieldTerm():
            values = ",".join(_quoted_unless(_BARE_VALUE, value.text) for value in term.values)
            return f"{negation}{term.field}{term.operator}{values}"


def _quoted_unless(bare: re.Pattern[str], text: str) -> str:
    if bare.fullmatch(text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _slashes_escaped(pattern: str) -> str:
    return re.sub(r"\\.|/", lambda found: r"\/" if found[0] == "/" else found[0], pattern, flags=re.DOTALL)
