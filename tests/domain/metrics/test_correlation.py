"""How alike accounts move, pair by pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.metrics.correlation import Correlations
from nof1tui.domain.metrics.risk import correlation
from nof1tui.domain.series.closes import Closes
from tests.support.builders import key
from tests.support.reference_series import random_closes

A, B, C = key("a"), key("b"), key("c")


def moved(days: tuple[int, ...], *values: float) -> Closes:
    return Closes(100.0, days, values)


def test_a_pair_is_told_the_same_both_ways_round() -> None:
    one, other = random_closes(1, 40), random_closes(2, 40)
    told = Correlations({A: one, B: other})
    assert told.between(A, B).value == correlation(one.returns, other.returns)
    assert told.between(B, A) is told.between(A, B)
    assert (told.between(A, A).value, told.between(A, B).n) == (pytest.approx(1.0), 40)
    assert told.accounts == (A, B)


def test_only_days_that_both_have_count() -> None:
    told = Correlations({A: moved((0, 1, 2, 3), 110, 90, 120, 80), B: moved((1, 2), 105, 95)})
    assert told.between(A, B).n == 2
    assert told.between(A, B).reason == "needs 3 daily returns of both, has 2"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Closes(100.0), "no daily returns of both"),
        (moved((0, 1, 2, 3), 100, 100, 100, 100), "one of the two never moved"),
    ],
)
def test_where_there_is_nothing_to_compare_the_reason_is_told(other: Closes, reason: str) -> None:
    told = Correlations({A: moved((0, 1, 2, 3), 110, 90, 120, 80), B: other})
    assert (told.between(A, B).value, told.between(A, B).reason) == (None, reason)
    assert told.between(A, C).reason == "no daily returns of both"


def test_few_days_make_it_weak() -> None:
    told = Correlations({A: random_closes(1, 29), B: random_closes(2, 29)}).between(A, B)
    assert (told.weak, told.reason) == (True, "29 of 30 daily returns of both")


def test_renewing_works_out_only_the_pairs_of_those_that_changed() -> None:
    closes = {A: random_closes(1, 40), B: random_closes(2, 40), C: random_closes(3, 40)}
    told = Correlations(closes)
    kept, changed = told.between(A, B), told.between(A, C)
    assert told.with_closes(dict(closes)) is told
    fresh = told.with_closes({**closes, C: random_closes(4, 40)})
    assert fresh.between(A, B) is kept
    assert fresh.between(A, C) != changed


@given(st.integers(0, 500), st.integers(501, 999))
def test_what_is_known_of_two_lies_between_minus_one_and_one(one: int, other: int) -> None:
    value = Correlations({A: random_closes(one), B: random_closes(other)}).between(A, B).value
    assert value is not None and -1.0 <= value <= 1.0
