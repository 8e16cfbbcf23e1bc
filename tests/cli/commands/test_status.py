"""`status` of a store that is live, stale, down, empty or missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from nof1tui.cli.handlers.status import collector_view
from nof1tui.cli.output.status_document import status_document
from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.figures.arena_view import ArenaView
from nof1tui.domain.health import FeedHealth, Health
from nof1tui.domain.records import Feed
from nof1tui.store.reading.reader import CollectorState
from tests.support.builders import account_row, batch
from tests.support.cli_types import Command

NOW = datetime(2025, 10, 28, 7, 5, tzinfo=UTC)
KEYS = {"state", "source", "collector", "feeds", "store", "drift"}
FEED_KEYS = {
    *("age_s", "last_ok_at", "last_error", "status", "requests", "not_modified", "errors", "quarantined"),
}


def polled(age_s: float, now: datetime = NOW, **changes: Any) -> FeedHealth:
    """The accounts feed with a newest record of this age."""
    sample = FeedHealth(Feed.ACCOUNTS, newest_at=now - timedelta(seconds=age_s), last_ok_at=now, requests=7)
    return replace(sample, **changes)


@pytest.mark.parametrize(
    ("age_s", "failure", "state", "code"),
    [(5, None, "live", 0), (5_000, None, "stale", 1), (5, "429: the server asks to slow down", "down", 1)],
)
def test_the_state_of_a_store_that_is_polled(
    on_store: Command, keep: Callable[..., None], age_s: float, failure: str | None, state: str, code: int
) -> None:
    keep(polled(age_s, datetime.now(UTC), failure=failure))
    result = on_store("status", "--json")
    document = json.loads(result.out)
    assert (result.code, document["state"], result.err) == (code, state, "")
    assert document.keys() >= KEYS
    feed = document["feeds"]["accounts"]
    assert feed.keys() >= FEED_KEYS
    assert feed["age_s"] == pytest.approx(age_s, abs=20)
    assert (feed["last_error"], feed["requests"]) == (failure, 7)
    assert document["collector"]["role"] == "none"
    assert {"server", "revision", "waiting", "rows"} <= document["store"].keys()


def test_an_empty_store_is_empty(on_store: Command) -> None:
    result = on_store("status", "--json")
    document = json.loads(result.out)
    assert (result.code, document["state"]) == (1, "empty")
    assert document["collector"] == {"role": "none", "holder": None, "since": None}
    assert set(document["store"]["rows"].values()) == {0}


def test_an_imported_store_is_stale(on_store: Command, keep: Callable[..., None]) -> None:
    keep(batch(Feed.ACCOUNTS, accounts=(account_row(),)))
    result = on_store("status", "--json")
    document = json.loads(result.out)
    assert (result.code, document["state"]) == (1, "stale")
    assert document["store"]["rows"]["account_snapshots"] == 1


def test_a_missing_store_is_not_created(command: Command, tmp_path: Path) -> None:
    result = command("status", "--json")
    assert result.code == 2
    assert json.loads(result.out).keys() >= KEYS
    assert json.loads(result.out)["store"]["server"] is None
    assert "no store at" in result.err
    assert not list(tmp_path.iterdir())


def test_an_unreachable_store_has_exit_code_2(command: Command) -> None:
    result = command("status", "--database-url", "postgresql://me:hunter2@127.0.0.1:1/x")
    assert (result.code, result.out) == (2, "")
    assert "cannot be reached" in result.err
    assert "hunter2" not in result.err


def test_the_text_form_has_a_few_lines(on_store: Command, keep: Callable[..., None]) -> None:
    failure = "429: the server \x1b[31masks to slow down"
    keep(polled(5, datetime.now(UTC), failure=failure, status=429, errors=3))
    result = on_store("status")
    assert result.out.startswith("DOWN · source nof1 · store ")
    assert "429: the server asks to slow down" in result.out
    assert "\x1b" not in result.out


@pytest.mark.parametrize(("leads", "role"), [(True, "collector"), (False, "none")])
def test_only_the_leader_is_called_a_collector(leads: bool, role: str) -> None:
    heard = CollectorState("4711@host", NOW - timedelta(hours=1), NOW - timedelta(minutes=5), leads)
    result = status_document(ArenaView(NOW, collector=collector_view(heard)))
    assert result["collector"]["role"] == role
    assert result["collector"]["holder"] == ("4711@host" if role == "collector" else None)


def test_no_age_is_negative_when_the_local_clock_is_behind() -> None:
    result = status_document(ArenaView(NOW, health=Health({Feed.ACCOUNTS: polled(-60)})))
    assert result["feeds"]["accounts"]["age_s"] == 0.0


def test_deviations_from_the_api_contract_are_listed(on_store: Command, keep: Callable[..., None]) -> None:
    now = datetime.now(UTC)
    noticed = SchemaDrift("account-totals", "position.funding", "new key", now, "0.0001")
    keep(batch(Feed.ACCOUNTS, accounts=(account_row(),), drift=(noticed,)), polled(5, now, coerced=3))
    document = json.loads(on_store("status", "--json").out)
    assert [(item["field"], item["change"]) for item in document["drift"]] == [
        ("position.funding", "new key")
    ]
    assert document["feeds"]["accounts"]["coerced"] == 3
    assert "schema drift: account-totals, position.funding: new key 0.0001" in on_store("status").out


def test_ages_use_the_server_clock_when_the_local_one_is_wrong(
    on_store: Command, keep: Callable[..., None]
) -> None:
    keep(polled(3600, datetime.now(UTC), skew_s=-3590.0))
    result = on_store("status", "--json")
    document = json.loads(result.out)
    assert (result.code, document["state"], document["clock_skew_s"]) == (0, "live", -3590.0)
    assert document["feeds"]["accounts"]["age_s"] == pytest.approx(10, abs=20)


def test_a_responding_feed_without_new_records_is_frozen(
    on_store: Command, keep: Callable[..., None]
) -> None:
    keep(polled(3 * 3600, datetime.now(UTC)))
    assert "frozen: responding, but newest record is 3h old" in on_store("status").out
