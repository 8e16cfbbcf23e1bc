"""The circuit breaker: one failing feed is independent, all failing together open the circuit."""

from __future__ import annotations

from nof1tui.collector.circuit_breaker import FAILURE_THRESHOLD, CircuitBreaker
from nof1tui.domain.records import Feed

FEEDS = (Feed.ACCOUNTS, Feed.PRICES, Feed.TRADES)


def failing(circuit: CircuitBreaker, times: int, *feeds: Feed) -> list[bool]:
    return [circuit.record_failure(feed) for _ in range(times) for feed in feeds]


def test_a_feed_that_always_fails_does_not_delay_the_others() -> None:
    circuit = CircuitBreaker(FEEDS)
    assert not any(failing(circuit, 100, Feed.TRADES, Feed.PRICES))
    assert circuit.scaled_delay_s(10.0) == 10.0


def test_failing_feeds_together_send_no_more_requests_than_one() -> None:
    circuit = CircuitBreaker(FEEDS)
    opened = failing(circuit, FAILURE_THRESHOLD, *FEEDS)
    assert opened == [False] * (len(opened) - 1) + [True]
    assert circuit.scaled_delay_s(10.0) == 30.0


def test_the_first_response_closes_the_circuit_for_all() -> None:
    circuit = CircuitBreaker(FEEDS)
    failing(circuit, 9, *FEEDS)
    assert circuit.record_success(Feed.PRICES)
    assert not circuit.is_open
    assert not circuit.record_success(Feed.PRICES)
