"""Which rows pass a filter without regular expressions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.filters.evaluate import plain_predicate, term_holds
from nof1tui.domain.filters.parser import parse_filter
from nof1tui.domain.filters.terms import FieldTerm, FlagTerm, TextTerm
from tests.domain.filters.filter_rows import NOW, TRADE_FIELDS, TradeReader, TradeRow
from tests.domain.filters.filter_strategies import field_terms, flag_terms, text_terms

ROW = TradeRow(note="took profit at the target", flags=("win",))
UNKNOWN = TradeRow(
    coin=None, side=None, closed=None, net=None, gain=None, leverage=None, confidence=nan, held=None
)


def passes(text: str, row: TradeRow = ROW) -> bool:
    return plain_predicate(parse_filter(text, TRADE_FIELDS, NOW).plain, TradeReader())(row)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "claude",
        "CLAUDE btc",
        "btx|btc",
        '"took profit"',
        "!qwen",
        "!buy|sell",
        "coin:btc",
        "coin:b",
        "coin=BTC",
        "coin!=ETH",
        "coin:eth,btc",
        "!coin:eth",
        "trader:claude",
        "trader=claude.sonnet-4_5",
        'trader="Claude Sonnet 4.5"',
        "model:sonnet",
        'model="claude sonnet 4.5"',
        "season:season",
        "side:long",
        "is:long",
        "is:win",
        "is:loss,win",
        "!is:loss",
        "net>431",
        "net<431.28",
        "net:431.27",
        "net=431.27,5",
        "net!=431",
        "!net>1k",
        "return>12%",
        "lev>=10x",
        "conf>=70%",
        "conf=0.7",
        "held>1h59m",
        "held=2h",
        "at:today",
        "at=2025-10-28",
        "at:2025-10-28 07:04",
        "at!=yesterday",
        "at>yesterday",
        "at<=now",
        "coin:btc is:win net>100 held>1h !eth",
    ],
)
def test_a_row_passes(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        "qwen",
        "claude qwen",
        "!btc",
        "!buy|btc",
        '"profit took"',
        "cl.ude",
        "coin:eth",
        "coin:tc",
        "coin=b",
        "coin!=btc",
        "coin!=eth,btc",
        "trader:sonnet",
        "model=sonnet",
        "side:short",
        "is:loss",
        "is:short,acting",
        "net>431.27",
        "net<-100",
        "net:431",
        "!net>100",
        "return>13",
        "lev>10",
        "held<2h",
        "at:yesterday",
        "at:2025-10-28 07:05",
        "at<today",
        "coin:btc net>1k",
    ],
)
def test_a_row_is_filtered_out(text: str) -> None:
    assert not passes(text)


@pytest.mark.parametrize(
    ("comparison", "holds"),
    [
        ("net<0", False),
        ("net>=0", False),
        ("net=0", False),
        ("net!=0", True),
        ("!net<0", True),
        ("conf<1", False),
        ("conf>=0", False),
        ("coin:btc", False),
        ("coin!=btc", True),
        ("held>0", False),
        ("at<now", False),
        ("at!=today", True),
    ],
)
def test_a_value_that_a_row_lacks_satisfies_no_comparison(comparison: str, holds: bool) -> None:
    assert passes(comparison, UNKNOWN) is holds


def test_a_field_may_have_several_values_of_which_one_must_match() -> None:
    class DecisionReader(TradeReader):
        def value(self, row: TradeRow, field: str, /) -> tuple[str, ...]:
            return ("BTC", "ETH") if field == "coin" else ()

    (term,) = parse_filter("coin:eth", TRADE_FIELDS, NOW).plain
    (other,) = parse_filter("coin:sol", TRADE_FIELDS, NOW).plain
    assert term_holds(term, ROW, DecisionReader())
    assert not term_holds(other, ROW, DecisionReader())


rows = st.builds(
    TradeRow,
    coin=st.sampled_from(["BTC", "ETH", "btc", None]),
    side=st.sampled_from(["long", "short", None]),
    closed=st.none() | st.integers(-90_000, 90_000).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    net=st.none() | st.floats(width=32),
    gain=st.none() | st.floats(-20, 20),
    leverage=st.none() | st.integers(1, 20).map(float),
    held=st.none() | st.sampled_from([0.0, 90.0, 5_400.0, 7_200.0]),
    note=st.text(max_size=20),
    flags=st.lists(st.sampled_from(["win", "loss", "acting", "open"])).map(tuple),
)


@given(st.one_of(text_terms, flag_terms, field_terms()), rows)
def test_a_negated_term_holds_where_the_term_does_not(
    term: TextTerm | FlagTerm | FieldTerm, row: TradeRow
) -> None:
    other = replace(term, negated=not term.negated)
    assert term_holds(term, row, TradeReader()) is not term_holds(other, row, TradeReader())


@given(field_terms().filter(lambda term: term.operator == "="), rows)
def test_not_equal_is_the_opposite_of_equal(term: FieldTerm, row: TradeRow) -> None:
    other = replace(term, operator="!=")
    assert term_holds(term, row, TradeReader()) is not term_holds(other, row, TradeReader())


@given(st.lists(st.one_of(text_terms, flag_terms, field_terms()), max_size=4), rows)
def test_a_row_passes_where_all_terms_hold(
    terms: list[TextTerm | FlagTerm | FieldTerm], row: TradeRow
) -> None:
    each = [term_holds(term, row, TradeReader()) for term in terms]
    assert plain_predicate(terms, TradeReader())(row) is all(each)
