"""The filter language: what each form means, and what a bad term is refused with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given

from nof1tui.domain.filters.errors import FilterError
from nof1tui.domain.filters.fields import COMMON_FIELDS, FLAGS, FilterField, FilterFields
from nof1tui.domain.filters.parser import MOST_CHARACTERS, MOST_IN_REGEX, parse_filter
from nof1tui.domain.filters.render import render_filter
from nof1tui.domain.filters.terms import FieldTerm, FlagTerm, RegexTerm, RowFilter, Term, TextTerm
from tests.domain.filters.filter_rows import NOW, TRADE_FIELDS
from tests.domain.filters.filter_strategies import filter_texts


def parsed(text: str) -> RowFilter:
    return parse_filter(text, TRADE_FIELDS, NOW)


def only_term(text: str) -> Term:
    (term,) = parsed(text).terms
    return term


def refusal(text: str) -> str:
    with pytest.raises(FilterError) as refused:
        parsed(text)
    return str(refused.value)


def parsed_or_refused(text: str) -> RowFilter | FilterError:
    try:
        return parsed(text)
    except FilterError as error:
        return error


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("claude", TextTerm(("claude",))),
        ("!claude", TextTerm(("claude",), negated=True)),
        ("buy|sell", TextTerm(("buy", "sell"))),
        ("buy|", TextTerm(("buy",))),
        ("cl(aude", TextTerm(("cl(aude",))),
        ("a/b", TextTerm(("a/b",))),
        ("->", TextTerm(("->",))),
        ('5"', TextTerm(('5"',))),
        ("14:00", TextTerm(("14:00",))),
        ('"take profit"', TextTerm(("take profit",))),
        ('"take   profit "', TextTerm(("take profit",))),
        ('!"take profit"', TextTerm(("take profit",), negated=True)),
        ('"take profit"|"stop loss"', TextTerm(("take profit", "stop loss"))),
        (r'"say \"no\" \\ \d"', TextTerm((r'say "no" \ \d',))),
        ('"coin:btc"', TextTerm(("coin:btc",))),
        ("/stop.{0,9}moved/", RegexTerm("stop.{0,9}moved")),
        ("!/long entry/", RegexTerm("long entry", negated=True)),
        (r"/\d+\/\d+/", RegexTerm(r"\d+/\d+")),
        (r"/a\\/", RegexTerm(r"a\\")),
        ("is:acting", FlagTerm(("acting",))),
        ("is:WIN,loss", FlagTerm(("win", "loss"))),
        ("!is:open", FlagTerm(("open",), negated=True)),
    ],
)
def test_a_term_is_words_a_regex_or_a_flag(text: str, term: Term) -> None:
    assert only_term(text) == term


@pytest.mark.parametrize(
    ("text", "field", "operator", "values"),
    [
        ("coin:btc", "coin", ":", ["btc"]),
        ("COIN:BTC", "coin", ":", ["btc"]),
        ("model:qwen,gpt", "model", ":", ["qwen", "gpt"]),
        ('model:"Qwen3 Max",gpt,', "model", ":", ["qwen3 max", "gpt"]),
        ("trader=gpt_5", "trader", "=", ["gpt-5"]),
        ("season!=1.5", "season", "!=", ["1-5"]),
        ("side:s", "side", ":", ["s"]),
        ("net<-100", "net", "<", [-100.0]),
        ("net>=1.2k", "net", ">=", [1_200.0]),
        ("net>2m", "net", ">", [2_000_000.0]),
        ("net_usd<=-$1,250.50", "net", "<=", [-1_250.5]),
        ("net:1,200", "net", ":", [1.0, 200.0]),
        ("lev>=10x", "leverage", ">=", [10.0]),
        ("conf>=70%", "confidence", ">=", [0.7]),
        ("return<-5%", "return", "<", [-5.0]),
        ("return>5", "return", ">", [5.0]),
        ("held>2h", "held", ">", [7_200.0]),
        ("held<1h30m", "held", "<", [5_400.0]),
        ("held<=1.5d", "held", "<=", [129_600.0]),
        ("held>-90s", "held", ">", [-90.0]),
        ("at>yesterday", "closed", ">", [datetime(2025, 10, 27, tzinfo=UTC)]),
        ("at<=-6h", "closed", "<=", [datetime(2025, 10, 28, 1, 4, 56, tzinfo=UTC)]),
        ("at>2025-10-27", "closed", ">", [datetime(2025, 10, 27, tzinfo=UTC)]),
        ("at>2025-10-27T14:00", "closed", ">", [datetime(2025, 10, 27, 14, tzinfo=UTC)]),
        ("at>2025-10-27 14:00", "closed", ">", [datetime(2025, 10, 27, 14, tzinfo=UTC)]),
        ('at>"2025-10-27 14:00 UTC"', "closed", ">", [datetime(2025, 10, 27, 14, tzinfo=UTC)]),
    ],
)
def test_a_comparison_is_a_field_an_operator_and_values(
    text: str, field: str, operator: str, values: list[object]
) -> None:
    term = only_term(text)
    assert isinstance(term, FieldTerm)
    assert (term.field, term.operator, [one.value for one in term.values]) == (field, operator, values)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("   ", 0),
        ("coin:btc side:short net<-100 conf>=0.7 held>2h", 5),
        ('  !claude\t"take profit" /a b/  is:acting ', 4),
        ("at>2025-10-27 14:00 btc", 2),
    ],
)
def test_spaces_separate_terms(text: str, count: int) -> None:
    assert len(parsed(text).terms) == count


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('cion:btc', 'no field "cion"; did you mean coin?'),
        ("levrage>3", 'no field "levrage"; did you mean leverage?'),
        ("conf_>3", 'no field "conf_"; did you mean conf?'),
        ("is:actng", 'no flag "actng"; did you mean acting?'),
        ("is:op", 'no flag "op"; did you mean open?'),
        ("side:shrt", 'side:shrt: no side "shrt"; did you mean short?'),
        ("side=s", 'side=s: no side "s"; did you mean short?'),
        ("kind:opend", 'kind:opend: no kind "opend"; did you mean opened?'),
        ("net<abc", "net<abc: abc is not a number"),
        ("net<1h", "net<1h: 1h is not a number"),
        ("return>1k", "return>1k: 1k is not a number"),
        ("net<" + "9" * 400, f"net<{'9' * 55}…: {'9' * 59}… is too large a number"),
        ("net<1,2", "net<1,2: < takes one value"),
        ("held>1h,2h", "held>1h,2h: > takes one value"),
        ("coin<btc", "coin<btc: coin takes : = and !=, not <"),
        ("coin:", "coin: needs a value"),
        ("coin:,", "coin:, needs a value"),
        ('coin:""', 'coin:"" needs a value'),
        ("net< -100", "net< needs a value"),
        ("is:", "is: needs a flag: long short win loss acting unread near open weak"),
        ("is=open", "is=open is not a flag; write is:flag"),
        ("!", "! needs a term after it"),
        ("! claude", "! needs a term after it"),
        ("!!claude", "!!claude: one ! is enough"),
        ("|", "|: needs a word"),
        ('""', '"": needs a word'),
        ('"take profit', '"take profit: missing closing "'),
        ('"take"profit', '"take"profit: needs a space after the closing "'),
        ("net <-100", "<-100: no field before it; write net<-100, or quote a word"),
        ("net < -100", "<: no field before it; write net<-100, or quote a word"),
        ("/abc", "/abc : missing closing /"),
        ("//", "// : needs a pattern"),
        ("/usr/bin", r"/usr/bin : write \/ for a slash inside a regex"),
        (f"/{'a' * 201}/", f"/{'a' * 58}… : 201 characters; a regex has at most 200"),
        ("a" * 1_001, "1,001 characters; a filter has at most 1,000"),
    ],
)  # fmt: skip
def test_a_bad_term_is_refused_in_one_line(text: str, reason: str) -> None:
    assert refusal(text) == reason


@pytest.mark.parametrize("text", ["held>soon", "held>2", "at>soon", "at>2025-13-01"])
def test_a_bad_time_is_refused_with_the_term_and_the_forms_of_times(text: str) -> None:
    assert refusal(text).startswith(f"{text}: ")


def test_an_unknown_field_without_a_near_name_is_refused_with_the_first_names() -> None:
    fields = FilterFields((FilterField("rank", "number"), FilterField("equity", "number")))
    with pytest.raises(
        FilterError, match=r'^no field "zzz"; known: rank, equity, trader, coin, side, season$'
    ):
        parse_filter("zzz>1", fields, NOW)


def test_a_table_may_have_fewer_flags() -> None:
    fields = FilterFields(flags=("long", "short"))
    with pytest.raises(FilterError, match=r'^no flag "acting"; known: long, short$'):
        parse_filter("is:acting", fields, NOW)


@pytest.mark.parametrize(
    ("text", "fault"),
    [("btc net<abc long", "net<abc"), ("btc cion:x long", "cion"), ('btc "take profit', '"take profit')],
)
def test_a_refusal_has_the_place_of_the_fault(text: str, fault: str) -> None:
    with pytest.raises(FilterError) as refused:
        parsed(text)
    assert text[refused.value.start : refused.value.end] == fault


def test_a_refusal_repeats_no_control_characters() -> None:
    assert refusal("net<\x1b]52;c;evil\x07\u202e").isprintable()
    assert refusal("side:\x1b[2Jx\x85").isprintable()
    assert refusal("/\x1b[2J").isprintable()


def test_limits_are_what_the_documents_say() -> None:
    assert (MOST_CHARACTERS, MOST_IN_REGEX) == (1_000, 200)
    assert only_term(f"/{'a' * 200}/") == RegexTerm("a" * 200)


def test_every_table_has_four_fields_and_a_column_of_that_name_replaces_one() -> None:
    assert [field.name for field in COMMON_FIELDS] == ["trader", "coin", "side", "season"]
    fields = FilterFields((FilterField("coin", "text", aliases=("Symbol",)),))
    assert fields.names == ("coin", "trader", "side", "season")
    column = fields.named("symbol")
    assert column is not None
    assert (column.name, column.kind) == ("coin", "text")
    assert fields.named("nothing") is None


def test_flags_are_those_of_the_screens() -> None:
    assert FLAGS == ("long", "short", "win", "loss", "acting", "unread", "near", "open", "weak")


@given(filter_texts)
def test_any_text_is_a_filter_or_refused_and_reads_back_as_the_same_filter(text: str) -> None:
    row_filter = parsed_or_refused(text)
    if isinstance(row_filter, FilterError):
        assert "\n" not in str(row_filter)
        assert 0 <= row_filter.start <= row_filter.end <= len(text)
        return
    written = render_filter(row_filter)
    assert parsed(written) == row_filter
    assert render_filter(parsed(written)) == written
