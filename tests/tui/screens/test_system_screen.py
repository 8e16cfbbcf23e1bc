"""The system screen: feeds by their health, the store, terminal output."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from nof1tui.domain.batch import RateLimitUsage, SchemaDrift
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import with_store
from nof1tui.domain.health import FeedHealth, LoadProgress, StoreHealth
from nof1tui.domain.records import Feed
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import StoreInventory
from nof1tui.tui.screens.system import OutputRate, store_facts, upstream_facts
from tests.support.scenes import NOW, ScriptedEngine, board, make_app, screen_text, until


def with_feeds(*feeds: FeedHealth) -> Board:
    made = board()
    health = made.health
    for feed in feeds:
        health = health.with_feed(feed)
    return replace(made, health=health)


ACCOUNTS = FeedHealth(
    Feed.ACCOUNTS,
    interval_s=15.0,
    last_ok_at=NOW - timedelta(seconds=4),
    newest_at=NOW - timedelta(minutes=2),
    status=200,
    requests=40,
    not_modified=10,
    latency_s=0.084,
    body_bytes=63_100,
)
PRICES = replace(
    ACCOUNTS,
    feed=Feed.PRICES,
    failure="429 Too Many Requests",
    status=429,
    errors=3,
    retry_at=NOW + timedelta(minutes=2),
)


class Store:
    """A history with an inventory only."""

    def __init__(self, fault: StoreUnavailable | None = None) -> None:
        self.fault = fault

    async def inventory(self) -> StoreInventory:
        if self.fault:
            raise self.fault
        return StoreInventory({"account_snapshots": 12_345, "trades": 271}, 23_400_000)


class Engine(ScriptedEngine):
    history: Any = Store()


async def test_feeds_have_their_ages_and_errors() -> None:
    app = make_app(Engine(with_feeds(ACCOUNTS, PRICES)))
    async with app.run_test(size=(140, 30)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("8")
        await until(pilot, lambda: "429 Too Many Requests" in screen_text(app))
        lines = {line.split()[0]: line for line in screen_text(app).splitlines() if line.split()}
        assert "● ok" in lines["accounts"]
        assert all(
            text in lines["accounts"] for text in ("15s", "4s", "2m", "200", "84 ms", "63.1 kB", "25%")
        )
        assert "○ down" in lines["prices"]
        assert "retry" in lines["prices"]


async def test_the_rate_limit_is_shown_where_the_api_has_one() -> None:
    made = with_feeds(ACCOUNTS)
    assert not any(name == "Rate limit" for name, _ in upstream_facts(made.health))
    app = make_app(Engine(replace(made, health=replace(made.health, rate_limit=RateLimitUsage(912, 960, 2)))))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("8")
        expected = "Rate limit 912 of 960 per minute; 2 queued"
        await until(pilot, lambda: expected in " ".join(screen_text(app).split()))


async def test_the_store_is_counted_in_the_background() -> None:
    app = make_app(Engine(with_feeds(ACCOUNTS)))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("8")
        await until(pilot, lambda: "12,345 account snapshots" in screen_text(app))
        assert "23.4 MB" in screen_text(app)


async def test_an_unavailable_store_leaves_the_rest_of_the_screen() -> None:
    engine = Engine(with_feeds(ACCOUNTS))
    engine.history = Store(StoreUnavailable("connection refused"))
    app = make_app(engine)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("8")
        await until(pilot, lambda: "accounts" in screen_text(app))
        assert "account snapshots" not in screen_text(app)


async def test_anomalies_of_the_api_are_shown() -> None:
    odd = with_feeds(
        replace(ACCOUNTS, loading=LoadProgress(3_400_000, 1_204), skew_s=-3_600.0, coerced=7),
        replace(ACCOUNTS, feed=Feed.DECISIONS, newest_at=NOW - timedelta(hours=4)),
        replace(ACCOUNTS, feed=Feed.TRADES, behind_s=7_200.0),
    )
    drift = SchemaDrift("account-totals", "account.funding", "new key", NOW, "1")
    app = make_app(Engine(replace(odd, health=replace(odd.health, schema_drift=(drift,)))))
    async with app.run_test(size=(160, 30)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("8")
        for words in (
            "loading: 3.4 MB, 1,204 records received",
            "frozen: responding, but newest record is 3h old",
            "went back: newest record is 2h older",
            "server clock 1h behind ours",
            "1 · account.funding: new key",
            "7 records with converted types",
        ):
            await until(pilot, lambda words=words: words in screen_text(app))  # type: ignore[misc]


async def test_ages_grow_without_new_boards() -> None:
    app = make_app(Engine(with_feeds(ACCOUNTS)))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("8")
        await until(pilot, lambda: "4s" in screen_text(app))
        app.clock = lambda: NOW + timedelta(seconds=30)
        app.tick()
        await until(pilot, lambda: "34s" in screen_text(app))


@pytest.mark.parametrize(
    ("store", "wanted"),
    [
        (StoreHealth("embedded", role="collector"), "collector (this instance)"),
        (StoreHealth("embedded", role="follower", collector="4711@host"), "follower of 4711@host"),
        (StoreHealth("embedded", pending=12, failure="gone\x1b[2J away"), "12 queued, 0 dropped · gone"),
        (StoreHealth(), "none"),
    ],
)
def test_the_store_has_its_facts_as_text(store: StoreHealth, wanted: str) -> None:
    text = "\n".join(text for _, text in store_facts(store, None))
    assert wanted in text
    assert "\x1b" not in text


def test_terminal_output_is_measured_over_the_last_seconds() -> None:
    wire = OutputRate()
    assert wire.text == "not measured"
    for second in range(30):
        wire.record(1_000 + 250 * second, float(second))
    assert wire.text == "250 B/s, 8.2 kB total"


async def test_a_store_error_shows_the_queued_records() -> None:
    away = with_store(with_feeds(ACCOUNTS), StoreHealth("db.example/nof1", pending=7, failure="refused"))
    app = make_app(Engine(away))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("8")
        await until(pilot, lambda: "7 queued, 0 dropped · refused" in screen_text(app))
