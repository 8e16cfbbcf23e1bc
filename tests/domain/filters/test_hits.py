"""Where a filter's hits are in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.bounded_regex import compile_pattern
from nof1tui.domain.filters.hits import hit_spans, word_hits
from nof1tui.domain.filters.matcher import MatchBudget, TextSpan, compile_filter
from nof1tui.domain.filters.parser import parse_filter
from nof1tui.domain.filters.terms import RowFilter, TextTerm
from tests.domain.filters.filter_rows import NOW, TRADE_FIELDS
from tests.domain.filters.filter_strategies import words


def marked(text: str, spans: tuple[TextSpan, ...]) -> str:
    """The text with brackets around its hits."""
    for start, end in reversed(spans):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("row_filter", "text", "hits"),
    [
        ("btc", "long BTC, short btc", "long [BTC], short [btc]"),
        ("buy|sell", "buy, then sell", "[buy], then [sell]"),
        ('"take profit" stop', "Take profit or stop", "[Take profit] or [stop]"),
        ("aa", "aaaaa", "[aaaa]a"),
        ("long longer", "longer", "[longer]"),
        ("!btc net>1 is:long", "btc long", "btc long"),
        ("", "btc", "btc"),
        ("strasse", "Straße 5", "[Straße] 5"),
        ("s", "Straße", "[S]tra[ß]e"),
        ("i", "İi", "[İi]"),
        ("coin:btc", "BTC", "BTC"),
    ],
)
def test_words_are_hit_wherever_they_are_in_any_case(row_filter: str, text: str, hits: str) -> None:
    assert marked(text, word_hits(parse_filter(row_filter, TRADE_FIELDS, NOW), text)) == hits


def test_the_cell_of_a_field_is_hit_by_its_values() -> None:
    row_filter = parse_filter("coin:bt,eth !model:qwen model!=gpt", TRADE_FIELDS, NOW)
    assert marked("BTC", word_hits(row_filter, "BTC", "coin")) == "[BT]C"
    assert word_hits(row_filter, "BTC", "side") == ()
    assert word_hits(row_filter, "qwen gpt", "model") == ()


@pytest.mark.parametrize(
    ("row_filter", "text", "hits"),
    [
        (r"/\d+/", "10x at 114", "[10]x at [114]"),
        (r"/\d*/", "10x", "[10]x"),
        (r"/LONG|exit/ ex !/x/", "long exit 1", "[long] [exit] 1"),
        (r"/(?r)\w/", "ab c", "[ab] [c]"),
    ],
)
def test_matches_of_regular_expressions_are_hits(row_filter: str, text: str, hits: str) -> None:
    compiled = compile_filter(parse_filter(row_filter, TRADE_FIELDS, NOW), compile_pattern)
    assert marked(text, hit_spans(compiled, text, MatchBudget(5.0, lambda: 0.0))) == hits


def test_without_budget_words_are_still_hit() -> None:
    compiled = compile_filter(parse_filter("btc /long/", TRADE_FIELDS, NOW), compile_pattern)
    assert marked("btc long", hit_spans(compiled, "btc long", MatchBudget(0.0, lambda: 0.0))) == "[btc] long"


@given(st.lists(words, min_size=1, max_size=3).map(tuple), st.text(max_size=30), st.text(max_size=5))
def test_a_text_that_holds_a_word_has_a_hit_and_hits_are_in_order(
    alternatives: tuple[str, ...], before: str, after: str
) -> None:
    text = f"{before}{alternatives[0]}{after}"
    spans = word_hits(RowFilter((TextTerm(alternatives),)), text)
    assert spans
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges))
    assert 0 <= edges[0] < edges[-1] <= len(text)
    for start, end in spans:
        assert any(word.casefold()[0] in text[start:end].casefold() for word in alternatives)
