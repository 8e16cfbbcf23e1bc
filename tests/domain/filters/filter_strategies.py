"""Filters and texts of filters, made up by hypothesis."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from nof1tui.domain.filters.fields import FLAGS, FilterField
from nof1tui.domain.filters.terms import FieldTerm, FlagTerm, Operator, RegexTerm, RowFilter, Term, TextTerm
from nof1tui.domain.filters.values import parse_value
from tests.domain.filters.filter_rows import NOW, TRADE_FIELDS

PIECES = (
    *(
        "coin",
        "coin:",
        "cion:",
        "net<",
        "net",
        "lev>=",
        "held>",
        "at>",
        "at:",
        "is:",
        "is",
        "model!=",
        "side:l",
    ),
    *("btc", "-100", "1.2k", "70%", "10x", "2h", "-6h", "2025-10-27", "2025-10-27 14:00", "acting", "long"),
    *(
        "!",
        '"',
        "/",
        "|",
        ",",
        ":",
        "=",
        "<",
        ">",
        " ",
        "  ",
        "\t",
        "\\",
        "(",
        "[",
        "{9}",
        "+",
        "*",
        "ß",
        "é",
    ),
    *("claude", "take profit", "\x00", "\u202e", "\ud800", "٣", "1,000", "9" * 320, "-", "."),
)
filter_texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
"""Texts near the language, and any others."""

_lines = st.one_of(
    st.text(min_size=1, max_size=8), st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
)
words = _lines.map(lambda text: re.sub(r"\s+", " ", text).strip()).filter(bool)
"""Words and phrases in the form a parsed filter has them."""

_negated = st.booleans()
text_terms = st.builds(TextTerm, st.lists(words, min_size=1, max_size=3).map(tuple), _negated)
_patterns = st.lists(
    st.sampled_from(["a", "/", "(", ")", "[", "]", '"', " ", r"\d", r"\\", "é", "+", "|", "\n"]),
    min_size=1,
    max_size=12,
).map("".join)
regex_terms = st.builds(RegexTerm, _patterns, _negated)
flag_terms = st.builds(
    FlagTerm, st.lists(st.sampled_from(FLAGS), min_size=1, max_size=3).map(tuple), _negated
)

_TEXTS_BY_KIND: dict[str, st.SearchStrategy[str]] = {
    "text": words,
    "id": words,
    "number": st.sampled_from(["0", "-100", "1.2K", "+.5m", "10x", "70%", "$5", "-$1200", "3."]),
    "percent": st.sampled_from(["0", "-12.5%", "+3"]),
    "duration": st.sampled_from(["2h", "1h30m", "90s", "1.5d", "-5m", "2 H", "0"]),
    "moment": st.sampled_from(
        ["-6h", "now", "Yesterday", "2025-10-27", "2025-10-27 14:00", "2025-10-27T14:00Z"]
    ),
}


@st.composite
def field_terms(draw: st.DrawFn) -> FieldTerm:
    field: FilterField = draw(
        st.sampled_from([one for one in map(TRADE_FIELDS.named, TRADE_FIELDS.names) if one is not None])
    )
    equalities: list[Operator] = [":", "=", "!="]
    orderings: list[Operator] = ["<", "<=", ">", ">="] if field.kind not in ("text", "id") else []
    operator = draw(st.sampled_from([*equalities, *orderings]))
    texts = st.sampled_from(field.choices) if field.choices else _TEXTS_BY_KIND[field.kind]
    most = 1 if operator in orderings else 3
    values = draw(st.lists(texts, min_size=1, max_size=most))
    parsed = tuple(parse_value(text, field, operator, NOW) for text in values)
    return FieldTerm(field.name, field.kind, operator, parsed, draw(_negated))


terms: st.SearchStrategy[Term] = st.one_of(text_terms, regex_terms, flag_terms, field_terms())
row_filters = st.builds(RowFilter, st.lists(terms, max_size=5).map(tuple))
