"""Waiting times of the collector: interval with jitter, back-off by kind of failure, Retry-After first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.collector.backoff import poll_delay_s, retry_delay_s, store_retry_delay_s

CHANCE = st.floats(0, 1)


@given(st.floats(1, 3600), st.floats(1.7e9, 1.9e9), CHANCE)
def test_all_viewers_poll_at_the_same_marks_and_never_twice_in_a_row(
    interval: float, now: float, jitter: float
) -> None:
    wait = poll_delay_s(interval, now, jitter)
    assert 0.5 * interval <= wait <= 1.6 * interval
    after_mark = (now + wait) % interval
    assert min(after_mark, interval - after_mark) <= 0.05 * interval + 1e-3


@pytest.mark.parametrize(
    ("status", "failures", "expected"),
    [
        (None, 1, 1.0),
        (None, 3, 4.0),
        (None, 50, 15.0),
        (500, 1, 10.0),
        (500, 50, 60.0),
        (429, 1, 10.0),
        (429, 4, 80.0),
        (429, 50, 300.0),
    ],
)
def test_the_longest_wait_grows_to_a_limit_by_kind_of_failure(
    status: int | None, failures: int, expected: float
) -> None:
    assert retry_delay_s(10.0, failures, status=status, retry_after_s=None, jitter=1.0) == expected


@given(st.floats(1, 3600), st.integers(1, 1000), st.sampled_from([None, 429, 500, 404]), CHANCE)
def test_a_retry_is_never_sooner_than_a_second(
    interval: float, failures: int, status: int | None, jitter: float
) -> None:
    assert retry_delay_s(interval, failures, status=status, retry_after_s=None, jitter=jitter) >= 1.0


def test_retry_after_is_respected_up_to_an_hour() -> None:
    assert retry_delay_s(10.0, 1, status=429, retry_after_s=120.0, jitter=0.0) == 120.0
    assert retry_delay_s(10.0, 1, status=429, retry_after_s=1e9, jitter=0.0) == 3600.0


def test_waits_are_spread_over_the_whole_interval() -> None:
    waits = [
        retry_delay_s(10.0, 4, status=429, retry_after_s=None, jitter=jitter) for jitter in (0.0, 0.5, 1.0)
    ]
    assert waits == [10.0, 40.0, 80.0]


@given(st.integers(1, 10_000), CHANCE)
def test_the_store_is_retried_within_a_minute(failures: int, jitter: float) -> None:
    assert 0.75 <= store_retry_delay_s(failures, jitter) <= 60.0
