"""The circuit breaker: one failing feed is independent, all failing together open the circuit."""

from __future__ import annotations

from nof1tui.collector.circuit_breaker import CircuitBreaker
from nof1tui.domain.records import Feed

FEEDS = (Feed.ACCOUNTS, Feed.PRICES, Feed.TRADES)


def failing(circuit: CircuitBreaker, times: int, *feeds: Feed) -> list[bool]:
    return [circuit.record_failure(feed) for _ in range(times) for feed in feeds]


def test_a_feed_that_always_fails_does_not_delay_the_others() -> None:
    circuit = CircuitBreaker(FEEDS)
    assert not any(failing(circuit, 100, Feed.TRADES, Feed.PRICES))
    assert circuit.scaled_delay_s(10.0) == 10.0


def test_two_failures_of_every_feed_open_the_circuit_and_feeds_together_poll_as_one() -> None:
    circuit = CircuitBreaker(FEEDS)
    assert failing(circuit, 2, *FEEDS) == [False, False, False, False, False, True]
    assert circuit.scaled_delay_s(10.0) == 30.0
    assert failing(circuit, 1, *FEEDS) == [False, False, False]
    assert circuit.is_open


def test_the_first_response_closes_the_circuit_for_all() -> None:
    circuit = CircuitBreaker(FEEDS)
    failing(circuit, 9, *FEEDS)
    assert circuit.record_success(Feed.PRICES)
    assert not circuit.is_open
    assert circuit.scaled_delay_s(10.0) == 10.0
    assert not circuit.record_success(Feed.PRICES)
    assert failing(circuit, 2, Feed.PRICES) == [False, True]


def test_a_source_without_feeds_has_a_closed_circuit() -> None:
    assert not CircuitBreaker(()).is_open
