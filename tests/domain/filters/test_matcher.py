"""Regular expressions of a filter within their budget, by a clock that only matches move."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.filters.errors import FilterError, RegexStopped
from nof1tui.domain.filters.matcher import (
    COMMAND_BUDGET_S,
    KEYSTROKE_BUDGET_S,
    BoundedPattern,
    CompiledFilter,
    MatchBudget,
    PatternRefused,
    RowMatcher,
    TextSpan,
    compile_filter,
)
from nof1tui.domain.filters.parser import parse_filter
from tests.domain.filters.filter_rows import NOW, TRADE_FIELDS, TextReader


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class SlowPattern:
    """Finds `word`; takes as many seconds as `costs` has for a text, or until its timeout."""

    clock: Clock
    word: str
    costs: Mapping[str, float] = field(default_factory=dict)
    timeouts: list[float] = field(default_factory=list)

    def search(self, text: str, timeout_s: float, /) -> bool:
        self._run(text, timeout_s)
        return self.word in text

    def spans(self, text: str, timeout_s: float, /) -> Iterable[TextSpan]:
        self._run(text, timeout_s)
        start = text.find(self.word)
        return [] if start < 0 else [(start, start + len(self.word))]

    def _run(self, text: str, timeout_s: float) -> None:
        self.timeouts.append(timeout_s)
        cost = self.costs.get(text, 0.0)
        self.clock.now += min(cost, timeout_s)
        if cost >= timeout_s:
            raise TimeoutError


def compiled(text: str, *patterns: BoundedPattern) -> CompiledFilter:
    remaining = iter(patterns)
    return compile_filter(parse_filter(text, TRADE_FIELDS, NOW), lambda pattern: next(remaining))


def matcher(text: str, *patterns: BoundedPattern) -> RowMatcher[str]:
    return RowMatcher(compiled(text, *patterns), TextReader())


def refuse(pattern: str) -> BoundedPattern:
    raise PatternRefused("missing )", 1)


def test_a_pattern_the_engine_refuses_is_a_bad_term_with_its_place() -> None:
    with pytest.raises(FilterError, match=r"^/\(/ : missing \) at 2$"):
        compile_filter(parse_filter("btc /(/", TRADE_FIELDS, NOW), refuse)


def test_a_refusal_of_the_whole_pattern_has_no_place() -> None:
    def refuse_whole(pattern: str) -> BoundedPattern:
        raise PatternRefused("too many repeats: simplify it")

    with pytest.raises(FilterError, match=r"^!/a/ : too many repeats: simplify it$"):
        compile_filter(parse_filter("!/a/", TRADE_FIELDS, NOW), refuse_whole)


def test_a_filter_without_regular_expressions_needs_no_engine() -> None:
    assert compile_filter(parse_filter("btc coin:eth", TRADE_FIELDS, NOW), refuse).patterns == ()


def test_rows_must_pass_the_terms_and_match_every_pattern_that_is_not_negated() -> None:
    clock = Clock()
    matching = matcher("btc /long/ !/exit/", SlowPattern(clock, "long"), SlowPattern(clock, "exit"))
    rows = ["btc long", "btc long exit", "eth long", "btc short"]
    assert list(matching.matching(rows, MatchBudget(0.05, clock))) == ["btc long"]


def test_only_rows_that_pass_the_other_terms_are_matched() -> None:
    pattern = SlowPattern(Clock(), "a")
    list(matcher("btc /a/", pattern).matching(["btc a", "eth a"], MatchBudget(0.05, pattern.clock)))
    assert len(pattern.timeouts) == 1


def test_every_match_has_the_rest_of_the_budget() -> None:
    clock = Clock()
    pattern = SlowPattern(clock, "a", {"a1": 0.02, "a2": 0.01})
    assert list(matcher("/a/", pattern).matching(["a1", "a2", "a3"], MatchBudget(0.05, clock))) == [
        *("a1", "a2", "a3")
    ]
    assert pattern.timeouts == pytest.approx([0.05, 0.03, 0.02])


def test_time_between_matches_is_not_counted() -> None:
    clock = Clock()
    budget = MatchBudget(0.05, clock)
    for _ in matcher("/a/", SlowPattern(clock, "a", {"a": 0.01})).matching(["a", "a", "a"], budget):
        clock.now += 10
    assert budget.left == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("budget_s", "words"),
    [
        (KEYSTROKE_BUDGET_S, "regex stopped after 50 ms: simplify it"),
        (COMMAND_BUDGET_S, "regex stopped after 2 s: simplify it"),
    ],
)
def test_an_endless_match_is_stopped_when_the_budget_is_used_up(budget_s: float, words: str) -> None:
    clock = Clock()
    pattern = SlowPattern(clock, "a", {"bomb": 60.0})
    with pytest.raises(RegexStopped) as stopped:
        list(matcher("/a/", pattern).matching(["a", "bomb", "a"], MatchBudget(budget_s, clock)))
    assert str(stopped.value) == words
    assert clock.now == pytest.approx(budget_s)


def test_many_slow_matches_use_up_the_same_budget() -> None:
    clock = Clock()
    rows = [f"a{number}" for number in range(100)]
    pattern = SlowPattern(clock, "a", dict.fromkeys(rows, 0.004))
    with pytest.raises(RegexStopped):
        list(matcher("/a/", pattern).matching(rows, MatchBudget(0.05, clock)))
    assert clock.now == pytest.approx(0.05)


# While an event loop runs


@dataclass
class Loop:
    """Counts how often matching handed back, and at which time it used a thread."""

    clock: Clock
    pauses: list[float] = field(default_factory=list)
    threads: list[float] = field(default_factory=list)

    async def pause(self) -> None:
        self.pauses.append(self.clock.now)

    async def in_thread(self, search: Callable[[], bool]) -> bool:
        self.threads.append(self.clock.now)
        return search()


async def gather(matching: RowMatcher[str], rows: list[str], budget: MatchBudget, loop: Loop) -> list[str]:
    return await matching.gather(rows, budget, pause=loop.pause, in_thread=loop.in_thread)


@pytest.mark.parametrize(("rows", "pauses"), [(0, 0), (1, 1), (256, 1), (257, 2), (1_000, 4)])
async def test_the_loop_runs_after_every_256_rows(rows: int, pauses: int) -> None:
    clock = Clock()
    loop, budget = Loop(clock), MatchBudget(0.05, clock)
    gathered = await gather(matcher("/a/", SlowPattern(clock, "a")), ["a"] * rows, budget, loop)
    assert (len(gathered), len(loop.pauses), loop.threads) == (rows, pauses, [])


async def test_the_loop_runs_after_5_ms_of_slow_matches() -> None:
    clock = Clock()
    rows = [f"a{number}" for number in range(10)]
    loop = Loop(clock)
    pattern = SlowPattern(clock, "a", dict.fromkeys(rows, 0.003))
    assert await gather(matcher("/a/", pattern), rows, MatchBudget(0.05, clock), loop) == rows
    assert loop.pauses == pytest.approx([0.006, 0.012, 0.018, 0.024, 0.03])


async def test_a_match_longer_than_5_ms_is_repeated_in_a_thread_with_the_rest_of_the_budget() -> None:
    clock = Clock()
    loop = Loop(clock)
    pattern = SlowPattern(clock, "a", {"a slow": 0.03})
    assert await gather(matcher("/a/", pattern), ["a slow", "a"], MatchBudget(0.05, clock), loop) == [
        *("a slow", "a")
    ]
    assert loop.threads == pytest.approx([0.005])
    assert pattern.timeouts == pytest.approx([0.005, 0.045, 0.005])


async def test_an_endless_match_is_stopped_in_the_thread() -> None:
    clock = Clock()
    pattern = SlowPattern(clock, "a", {"bomb": 60.0})
    with pytest.raises(RegexStopped, match=r"^regex stopped after 50 ms: simplify it$"):
        await gather(matcher("/a/", pattern), ["a", "bomb"], MatchBudget(0.05, clock), Loop(clock))
    assert clock.now == pytest.approx(0.05)


async def test_other_tasks_run_between_the_chunks() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def pause() -> None:
        await asyncio.sleep(0)

    clock = Clock()
    task = asyncio.create_task(other())
    matching = matcher("/a/", SlowPattern(clock, "a"))
    await matching.gather(["a"] * 2_560, MatchBudget(0.05, clock), pause=pause, in_thread=asyncio.to_thread)
    task.cancel()
    assert turns >= 10


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from([0.0, 0.001, 0.004, 0.006, 0.03, 9.0])), max_size=30
    )
)
def test_no_stretch_on_the_loop_exceeds_10_ms_and_all_together_never_the_budget(
    costs: list[tuple[str, float]],
) -> None:
    clock = Clock()
    rows = [f"{letter}{number}" for number, (letter, _) in enumerate(costs)]
    by_row = {row: cost for row, (_, cost) in zip(rows, costs, strict=True)}
    matching = matcher("/a/", SlowPattern(clock, "a", by_row))
    loop = Loop(clock)
    in_threads = 0.0

    async def in_thread(search: Callable[[], bool]) -> bool:
        nonlocal in_threads
        before = clock.now
        try:
            return search()
        finally:
            in_threads += clock.now - before
            clock.now = before

    async def run() -> list[str] | None:
        budget = MatchBudget(0.05, clock)
        try:
            return await matching.gather(rows, budget, pause=loop.pause, in_thread=in_thread)
        except RegexStopped:
            return None

    gathered = asyncio.run(run())
    stretches = [after - before for before, after in pairwise([0.0, *loop.pauses, clock.now])]
    assert max(stretches) <= 0.010 + 1e-9
    assert clock.now + in_threads <= 0.05 + 1e-9
    assert gathered is None or gathered == [row for row in rows if row[0] == "a"]
