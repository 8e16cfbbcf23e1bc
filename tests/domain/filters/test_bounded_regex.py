"""The regex engine of filters: what it refuses, and that nothing it accepts runs without end."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.bounded_regex import MOST_NODES, compile_pattern, compiled_size
from nof1tui.domain.filters.errors import FilterError, RegexStopped
from nof1tui.domain.filters.matcher import (
    KEYSTROKE_BUDGET_S,
    CompiledFilter,
    MatchBudget,
    PatternRefused,
    RowMatcher,
    compile_filter,
)
from nof1tui.domain.filters.parser import parse_filter
from tests.domain.filters.filter_rows import NOW, TRADE_FIELDS, TextReader
from tests.domain.filters.filter_strategies import filter_texts

BOMBS = [
    r"(a|a)*$",
    r"(a|aa)+$",
    r"(.*a){20}$",
    r"(a?){40}a{40}$",
    r"(?:a.*?){15}b$",
    r"(.|\s)*?\d(.|\s)*",
]
ROWS = ["a" * 60 + "!", *["Claude Sonnet 4.5 BTC long: momentum is strong " * 4] * 999]
GENEROUS_S = 2.0
"""For 50 ms of CPU time on a machine that does other things too."""


def compiled(text: str) -> CompiledFilter:
    return compile_filter(parse_filter(text, TRADE_FIELDS, NOW), compile_pattern)


def refusal(pattern: str) -> str:
    with pytest.raises(FilterError) as refused:
        compiled(f"/{pattern}/")
    return str(refused.value)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_catastrophic_pattern_is_stopped(bomb: str) -> None:
    matching = RowMatcher(compiled(f"/{bomb}/"), TextReader())
    started = time.process_time()
    with pytest.raises(RegexStopped, match=r"^regex stopped after 50 ms: simplify it$"):
        list(matching.matching([row * 20 for row in ROWS], MatchBudget(KEYSTROKE_BUDGET_S, time.monotonic)))
    assert time.process_time() - started < GENEROUS_S


@pytest.mark.parametrize("bomb", BOMBS)
async def test_other_tasks_run_while_a_catastrophic_pattern_does(bomb: str) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    async def pause() -> None:
        await asyncio.sleep(0)

    task = asyncio.create_task(other())
    matching = RowMatcher(compiled(f"/{bomb}/"), TextReader())
    budget = MatchBudget(KEYSTROKE_BUDGET_S, time.monotonic)
    with pytest.raises(RegexStopped):
        await matching.gather([row * 20 for row in ROWS], budget, pause=pause, in_thread=asyncio.to_thread)
    task.cancel()
    assert turns >= 3


@pytest.mark.parametrize("pattern", [r"sonnet\s4\.\d", r"\bbtc\b.*strong", r"(long|short):", r"^claude"])
def test_an_ordinary_pattern_over_1000_rows_ends_within_the_budget_of_a_command(pattern: str) -> None:
    matching = RowMatcher(compiled(f"/{pattern}/"), TextReader())
    assert len(list(matching.matching(ROWS, MatchBudget(GENEROUS_S, time.monotonic)))) == 999


def test_case_does_not_matter() -> None:
    assert compile_pattern("BTC").search("btc", 1.0)
    assert list(compile_pattern("B").spans("abAB", 1.0)) == [(1, 2), (3, 4)]


def test_a_slash_is_written_with_a_backslash() -> None:
    ((pattern, _),) = compiled(r"/long\/short/").patterns
    assert pattern.search("long/short", 1.0)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "/(/ : missing ) at 2"),
        ("a**", "/a**/ : multiple repeat at 3"),
        ("[a", "/[a/ : unterminated character set at 3"),
        (r"\p{Foo}", r"/\p{Foo}/ : unknown property at 8"),
        ("a(?R)?", "/a(?R)?/ : recursion is not supported"),
        ("(a(?1)?)", "/(a(?1)?)/ : recursion is not supported"),
        ("(?x) a", "/(?x) a/ : the flag x is not supported"),
        ("(?ix: a)", "/(?ix: a)/ : the flag x is not supported"),
        ("a(?#b)", "/a(?#b)/ : comments are not supported"),
        ("a{e<=0:[a]}", "/a{e<=0:[a]}/ : a fuzzy match takes no test"),
        ("a{99999999}", "/a{99999999}/ : too many repeats: simplify it"),
        ("(" * 20 + "a" + ")+" * 20, "/" + "(" * 20 + "a" + ")+" * 18 + ")… : too many repeats: simplify it"),
    ],
)  # fmt: skip
def test_a_pattern_is_refused_with_its_place_or_the_reason(pattern: str, reason: str) -> None:
    assert refusal(pattern) == reason


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("abc", 3),
        ("a+", 2),
        ("a*b?c{0,9}", 3),
        ("a{1}", 1),
        ("a{9}", 10),
        ("a{9,}", 10),
        ("[(+{9}]", 1),
        ("[[:alpha:](]", 1),
        ("[]a]", 1),
        (r"\(\[\+", 3),
        ("(ab)+", 6),
        ("((a+)+)+", 14),
        ("(a{9}){9}", 110),
        ("((a{9}){9}){9}", 1_110),
        ("(a{9}){9}*", 110),
        ("(a{9})(?i){9}", 114),
        ("(a{9}){e<=0}{9}", 116),
        ("{(}a{9}){9}", 121),
    ],
)
def test_the_size_of_a_pattern_is_bounded_before_it_is_compiled(pattern: str, size: int) -> None:
    assert compiled_size(pattern) == size


_pieces = st.sampled_from(
    [
        *("a", "b", "(", ")", "[", "]", "{", "}", "|", "\\", ".", "^", "?", "*", "+", ":", "-", ",", "ß"),
        *("(?:", "(?=", ")+", "){9}", "{2,3}", "[[:alpha:]]", r"\w", "(?i)", "{e<=2}", "{e<=0}", "{99}"),
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(_pieces, max_size=60).map("".join)))
def test_any_pattern_is_compiled_small_or_refused(pattern: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    try:
        compile_pattern(pattern)
    except PatternRefused as refused:
        assert str(refused)  # noqa: PT017
    else:
        assert compiled_size(pattern) <= MOST_NODES
    assert time.process_time() - started < GENEROUS_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@settings(deadline=None)
@given(filter_texts, st.text(max_size=20))
def test_any_filter_matches_or_is_refused_with_one_error(text: str, row: str) -> None:
    try:
        matching = RowMatcher(compiled(text), TextReader())
        assert list(matching.matching([row], MatchBudget(GENEROUS_S, time.monotonic))) in ([], [row])
    except FilterError as refused:
        assert str(refused)  # noqa: PT017


def test_the_package_is_imported_with_the_first_pattern() -> None:
    script = (
        "import sys; from nof1tui.bounded_regex import compile_pattern; before = 'regex' in sys.modules; "
        "compile_pattern('a'); print(before, 'regex' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
