"""`status`: what it says of a store that is live, stale, down, empty or not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from nof1tui.cli.output.status_document import StoreStatus, status_document
from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.health import FeedHealth
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
    said = on_store("status", "--json")
    document = json.loads(said.out)
    assert (said.code, document["state"], said.err) == (code, state, "")
    assert document.keys() >= KEYS
    feed = document["feeds"]["accounts"]
    assert feed.keys() >= FEED_KEYS
    assert feed["age_s"] == pytest.approx(age_s, abs=20)
    assert (feed["last_error"], feed["requests"]) == (failure, 7)
    assert document["collector"]["role"] == "none"
    assert {"server", "revision", "waiting", "rows"} <= document["store"].keys()


def test_an_empty_store_is_empty(on_store: Command) -> None:
    said = on_store("status", "--json")
    document = json.loads(said.out)
    assert (said.code, document["state"]) == (1, "empty")
    assert document["collector"] == {"role": "none", "holder": None, "since": None}
    assert set(document["store"]["rows"].values()) == {0}


def test_what_was_only_imported_is_stale(on_store: Command, keep: Callable[..., None]) -> None:
    keep(batch(Feed.ACCOUNTS, accounts=(account_row(),)))
    said = on_store("status", "--json")
    document = json.loads(said.out)
    assert (said.code, document["state"]) == (1, "stale")
    assert document["store"]["rows"]["account_snapshots"] == 1


def test_where_there_is_no_store_none_is_made(command: Command, tmp_path: Path) -> None:
    said = command("status", "--json")
    assert said.code == 2
    assert json.loads(said.out).keys() >= KEYS
    assert json.loads(said.out)["store"]["server"] is None
    assert "no store at" in said.err
    assert not list(tmp_path.iterdir())


def test_a_store_that_does_not_answer_is_none(command: Command) -> None:
    said = command("status", "--database-url", "postgresql://me:hunter2@127.0.0.1:1/x")
    assert (said.code, said.out) == (2, "")
    assert "cannot be reached" in said.err
    assert "hunter2" not in said.err


def test_for_people_it_is_a_few_lines(on_store: Command, keep: Callable[..., None]) -> None:
    failure = "429: the server \x1b[31masks to slow down"
    keep(polled(5, datetime.now(UTC), failure=failure, status=429, errors=3))
    said = on_store("status")
    assert said.out.startswith("DOWN · source nof1 · store ")
    assert "429: the server asks to slow down" in said.out
    assert "\x1b" not in said.out


@pytest.mark.parametrize(("leads", "role"), [(True, "collector"), (False, "none")])
def test_only_who_holds_the_lead_collects(leads: bool, role: str) -> None:
    heard = CollectorState("4711@host", NOW - timedelta(hours=1), NOW - timedelta(minutes=5), leads)
    said = status_document(StoreStatus(NOW, "a server", collector=heard), "nof1")
    assert said["collector"]["role"] == role
    assert said["collector"]["holder"] == ("4711@host" if role == "collector" else None)


def test_a_clock_that_is_behind_makes_no_age_negative() -> None:
    said = status_document(StoreStatus(NOW, "a server", feeds=(polled(-60),)), "nof1")
    assert said["feeds"]["accounts"]["age_s"] == 0.0


def test_where_upstream_left_its_contract_is_told(on_store: Command, keep: Callable[..., None]) -> None:
    now = datetime.now(UTC)
    noticed = SchemaDrift("account-totals", "position.funding", "new key", now, "0.0001")
    keep(batch(Feed.ACCOUNTS, accounts=(account_row(),), drift=(noticed,)), polled(5, now, coerced=3))
    document = json.loads(on_store("status", "--json").out)
    assert [(item["field"], item["change"]) for item in document["drift"]] == [
        ("position.funding", "new key")
    ]
    assert document["feeds"]["accounts"]["coerced"] == 3
    assert "schema drift: account-totals, position.funding: new key 0.0001" in on_store("status").out


def test_ages_are_told_by_upstreams_clock_where_ours_is_wrong(
    on_store: Command, keep: Callable[..., None]
) -> None:
    keep(polled(3600, datetime.now(UTC), skew_s=-3590.0))
    said = on_store("status", "--json")
    document = json.loads(said.out)
    assert (said.code, document["state"], document["clock_skew_s"]) == (0, "live", -3590.0)
    assert document["feeds"]["accounts"]["age_s"] == pytest.approx(10, abs=20)


def test_a_feed_that_stands_still_while_it_answers_is_called_frozen(
    on_store: Command, keep: Callable[..., None]
) -> None:
    keep(polled(3 * 3600, datetime.now(UTC)))
    assert "frozen: responding, but newest record is 3h old" in on_store("status").out
