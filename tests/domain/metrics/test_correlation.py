"""Pairwise correlation of returns between accounts."""

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


def test_correlation_is_symmetric() -> None:
    one, other = random_closes(1, 40), random_closes(2, 40)
    correlations = Correlations({A: one, B: other})
    assert correlations.between(A, B).value == correlation(one.returns, other.returns)
    assert correlations.between(B, A) is correlations.between(A, B)
    assert (correlations.between(A, A).value, correlations.between(A, B).n) == (pytest.approx(1.0), 40)
    assert correlations.accounts == (A, B)


def test_only_days_that_both_have_count() -> None:
    correlations = Correlations({A: moved((0, 1, 2, 3), 110, 90, 120, 80), B: moved((1, 2), 105, 95)})
    assert correlations.between(A, B).n == 2
    assert correlations.between(A, B).reason == "needs 3 daily returns of both, has 2"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Closes(100.0), "no daily returns of both"),
        (moved((0, 1, 2, 3), 100, 100, 100, 100), "one of the two never moved"),
    ],
)
def test_a_missing_correlation_has_a_reason(other: Closes, reason: str) -> None:
    correlations = Correlations({A: moved((0, 1, 2, 3), 110, 90, 120, 80), B: other})
    assert (correlations.between(A, B).value, correlations.between(A, B).reason) == (None, reason)
    assert correlations.between(A, C).reason == "no daily returns of both"


def test_few_days_make_it_weak() -> None:
    correlations = Correlations({A: random_closes(1, 29), B: random_closes(2, 29)}).between(A, B)
    assert (correlations.is_weak, correlations.reason) == (True, "29 of 30 daily returns of both")


def test_only_pairs_with_changed_closes_are_computed_again() -> None:
    closes = {A: random_closes(1, 40), B: random_closes(2, 40), C: random_closes(3, 40)}
    correlations = Correlations(closes)
    renewed, changed = correlations.between(A, B), correlations.between(A, C)
    assert correlations.with_closes(dict(closes)) is correlations
    fresh = correlations.with_closes({**closes, C: random_closes(4, 40)})
    assert fresh.between(A, B) is renewed
    assert fresh.between(A, C) != changed


@given(st.integers(0, 500), st.integers(501, 999))
def test_correlation_is_between_minus_one_and_one(one: int, other: int) -> None:
    value = Correlations({A: random_closes(one), B: random_closes(other)}).between(A, B).value
    assert value is not None and -1.0 <= value <= 1.0
