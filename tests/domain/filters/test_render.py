"""A filter written back as text."""

from __future__ import annotations

import pytest
from hypothesis import given

from nof1tui.domain.filters.parser import parse_filter
from nof1tui.domain.filters.render import render_filter, render_term
from nof1tui.domain.filters.terms import FieldTerm, FilterValue, RowFilter
from tests.domain.filters.filter_rows import NOW, TRADE_FIELDS
from tests.domain.filters.filter_strategies import row_filters


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("  btc   !claude ", "btc !claude"),
        ('"btc" "take  profit"', 'btc "take profit"'),
        ('"coin:btc" "/a/" "!x" "a|b" "<5"', '"coin:btc" "/a/" "!x" "a|b" "<5"'),
        ('buy|"take profit"|', 'buy|"take profit"'),
        (r'"a \"b\" \\"', r'"a \"b\" \\"'),
        ("LEV>=$1,000", "leverage>=1000"),
        ("net<-$1.2K", "net<-1.2k"),
        ("COIN:BTC,eth,", "coin:BTC,eth"),
        ('model:"Qwen3 Max" model:"gpt"', 'model:"Qwen3 Max" model:gpt'),
        ('model:"a,b"', 'model:"a,b"'),
        ("held>1H30M", "held>1h30m"),
        ("at>2025-10-27  14:00", 'closed>"2025-10-27 14:00"'),
        (r"!/a\/b\\/", r"!/a\/b\\/"),
        ("!is:WIN,loss", "!is:win,loss"),
    ],
)
def test_the_canonical_text_has_single_spaces_column_names_and_few_quotes(text: str, written: str) -> None:
    assert render_filter(parse_filter(text, TRADE_FIELDS, NOW)) == written


def test_a_term_for_the_cell_under_the_cursor_is_written_with_the_quotes_it_needs() -> None:
    cell = FieldTerm("model", "text", ":", (FilterValue("Qwen3 Max", "qwen3 max"),))
    assert render_term(cell) == 'model:"Qwen3 Max"'


@given(row_filters)
def test_what_is_written_parses_to_the_same_filter(row_filter: RowFilter) -> None:
    assert parse_filter(render_filter(row_filter), TRADE_FIELDS, NOW) == row_filter
