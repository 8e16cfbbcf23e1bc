"""Figures of feeds: ages on the API's clock, states, shares of requests."""

from __future__ import annotations

from typing import Any

import pytest

from nof1tui.domain.figures.views import FeedView
from nof1tui.domain.health import FeedHealth, LoadProgress
from nof1tui.domain.records import Feed
from tests.domain.figures.sample_views import check
from tests.support.builders import at

NO_RESPONSE = "no valid response yet"


def view(**health: Any) -> FeedView:
    """A feed an hour after the start; the API's clock is a minute ahead."""
    return FeedView(FeedHealth(Feed.ACCOUNTS, **health), at(60), at(61))


def test_a_feed_that_responds() -> None:
    healthy = view(
        interval_s=30.0, last_ok_at=at(59), newest_at=at(56), status=200, requests=10, not_modified=2,
        errors=2, quarantined=3, latency_s=0.25, body_bytes=2_048, coerced=4,
    )  # fmt: skip
    check("feed", healthy, [
        ("feed", "accounts", None, None),
        ("state", "ok", None, None),
        ("age_s", 300.0, None, None),
        ("answered_s", 60.0, None, None),
        ("failing_s", 0.0, None, None),
        ("failing", False, None, None),
        ("last_ok_at", at(59), None, None),
        ("last_error", None, None, None),
        ("notice", None, None, None),
        ("newest_at", at(56), None, None),
        ("retry_at", None, None, None),
        ("status", 200, None, None),
        ("interval_s", 30.0, None, None),
        ("latency_s", 0.25, None, None),
        ("body_bytes", 2_048, None, None),
        ("requests", 10, None, None),
        ("not_modified", 2, None, None),
        ("unchanged_pct", 25.0, None, None),
        ("errors", 2, None, None),
        ("quarantined", 3, None, None),
        ("coerced", 4, None, None),
    ])  # fmt: skip


def test_a_feed_that_fails() -> None:
    failing = view(failure="timeout", last_ok_at=at(40), newest_at=at(39), retry_at=at(62), status=503)
    check("feed", failing, [
        ("state", "down", None, None),
        ("failing_s", 1_200.0, None, None),
        ("failing", True, None, None),
        ("last_error", "timeout", None, None),
        ("retry_at", at(62), None, None),
        ("notice", None, None, None),
    ])  # fmt: skip


def test_a_feed_before_its_first_response() -> None:
    check("feed", view(), [
        ("state", "pending", None, None),
        ("age_s", None, None, "no record yet"),
        ("answered_s", None, None, NO_RESPONSE),
        ("failing_s", 0.0, None, None),
        ("unchanged_pct", None, None, NO_RESPONSE),
    ])  # fmt: skip
    check("feed", view(failure="timeout"), [("failing_s", None, None, NO_RESPONSE)])


@pytest.mark.parametrize(
    ("health", "state", "notice"),
    [
        ({"loading": LoadProgress(10, 1), "last_ok_at": at(59)}, "loading", None),
        (
            {"last_ok_at": at(59), "newest_at": at(31)},
            "stale",
            "frozen: responding, but newest record is 30m old",
        ),
        ({"last_ok_at": at(59), "newest_at": at(51)}, "ok", None),
    ],
)
def test_states(health: Any, state: str, notice: str | None) -> None:
    check("feed", view(**health), [("state", state, None, None), ("notice", notice, None, None)])


def test_an_age_is_never_below_zero() -> None:
    ahead = view(last_ok_at=at(61), newest_at=at(70))
    check("feed", ahead, [("age_s", 0.0, None, None), ("answered_s", 0.0, None, None)])
