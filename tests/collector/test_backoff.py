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


@pytest.mark.parametrize(
    ("failures", "jitter", "expected"),
    [
        (1, 0.0, 0.75),
        (1, 1.0, 1.0),
        (2, 1.0, 2.0),
        (4, 1.0, 8.0),
        (6, 0.0, 24.0),
        (7, 1.0, 60.0),
        (50, 0.0, 45.0),
    ],
)
def test_the_delay_of_the_store_doubles_to_a_minute(failures: int, jitter: float, expected: float) -> None:
    assert store_retry_delay_s(failures, jitter) == expected


@pytest.mark.parametrize(
    ("status", "cap"),
    [(401, 300.0), (403, 300.0), (404, 300.0), (410, 300.0), (429, 300.0), (400, 60.0), (503, 60.0)],
)
def test_refusals_wait_up_to_five_minutes_and_errors_up_to_one(status: int, cap: float) -> None:
    assert retry_delay_s(1.0, 40, status=status, retry_after_s=None, jitter=1.0) == cap


def test_a_longer_interval_than_the_cap_waits_no_longer_than_the_cap() -> None:
    assert retry_delay_s(900.0, 1, status=500, retry_after_s=None, jitter=0.0) == 60.0
    assert retry_delay_s(900.0, 1, status=429, retry_after_s=None, jitter=0.0) == 300.0
    assert retry_delay_s(900.0, 1, status=None, retry_after_s=None, jitter=0.0) == 1.0


def test_a_poll_comes_at_the_next_mark_or_at_the_one_after_it() -> None:
    assert poll_delay_s(10.0, 1_000.0, 0.0) == 10.0
    assert poll_delay_s(10.0, 1_004.0, 0.0) == 6.0
    assert poll_delay_s(10.0, 1_005.0, 0.0) == 5.0
    assert poll_delay_s(10.0, 1_006.0, 0.0) == 14.0
    assert poll_delay_s(10.0, 1_004.0, 1.0) == 6.5
