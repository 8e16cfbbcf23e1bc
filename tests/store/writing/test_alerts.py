"""Alerts in a real store: each is saved once by any instance, and deliveries change state once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.alerts.evaluate import RECENT_WINDOW, AlertState, SubjectState
from nof1tui.domain.figures.subjects import NO_SUBJECT, Subject
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.alerts import AlertDelivery, SaveResult
from nof1tui.store.connection.connect import Database
from nof1tui.store.writing.alerts import AlertStore
from tests.support.builders import at, key

GPT = Subject(key("gpt-5"))
BEYOND = SubjectState(True, at(1), at(1))


@pytest.fixture
def store(database: Database, roster: Roster) -> AlertStore:
    return AlertStore(database, arena="nof1", roster=roster)


@pytest.fixture
def other(database: Database, roster: Roster) -> AlertStore:
    """Another instance on the same store."""
    return AlertStore(database, arena="nof1", roster=roster)


def alert(number: int = 1, **changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "id": f"alert:r:{number}",
        "at": at(number),
        "rule": "deep",
        "rule_id": "r",
        "message": "GPT 5: equity_usd $8,900.00 < $9,000.00",
        "channels": ("toast", "command", "webhook"),
        "subject": GPT,
        "observed_at": at(number),
        "metric": "equity_usd",
        "value": 8_900.1,
        "threshold": 9_000.0,
    }
    return Alert(**{**fields, **changes})


async def rows(database: Database, statement: str) -> list[Any]:
    async with database.transaction() as db:
        return await (await db.execute(statement.encode())).fetchall()


async def test_states_and_alerts_are_loaded_as_they_were_saved(store: AlertStore, other: AlertStore) -> None:
    known = {
        ("r", NO_SUBJECT): SubjectState(since=at()),
        ("r", GPT): BEYOND,
        ("r", Subject(AccountKey("s1.5", 'a|"b\x00', "c"), "xyz:TSLA")): SubjectState(False, at(2)),
        ("f", Subject(feed=Feed.PRICES)): SubjectState(True, at(3)),
    }
    assert await store.save(known, [alert()]) == SaveResult(frozenset({"alert:r:1"}))
    memory, _ = await other.load(at(-5))
    assert memory == AlertState(known, {"alert:r:1": at(1)})


async def test_an_alert_is_saved_once_by_any_instance(
    store: AlertStore, other: AlertStore, database: Database
) -> None:
    assert (await store.save({}, [alert(1)])).new_ids == {"alert:r:1"}
    assert (await other.save({}, [alert(1), alert(2)])).new_ids == {"alert:r:2"}
    assert (await store.save({}, [alert(2)])).new_ids == frozenset()
    stored = await rows(
        database, "SELECT id, rule, words, metric, value, threshold FROM nof1.alerts ORDER BY ts"
    )
    assert [row[0] for row in stored] == ["alert:r:1", "alert:r:2"]
    assert stored[0][1:] == ("deep", alert().message, "equity_usd", 8_900.1, 9_000.0)


async def test_of_two_concurrent_evaluations_only_one_fires(
    store: AlertStore, other: AlertStore, database: Database
) -> None:
    """Both detected the crossing in different rows: the second save is outdated."""
    await store.save({("r", GPT): SubjectState(False, at())}, [])
    await other.load(at(-5))
    results = await asyncio.gather(
        store.save({("r", GPT): BEYOND}, [alert(1)]), other.save({("r", GPT): BEYOND}, [alert(2)])
    )
    assert sorted((len(each.new_ids), each.outdated) for each in results) == [(0, True), (1, False)]
    assert len(await rows(database, "SELECT FROM nof1.alerts")) == 1
    late = other if results[1].outdated else store
    memory, _ = await late.load(at(-5))
    assert memory.subjects["r", GPT].alerted_at == at(1)
    assert (await late.save({("r", GPT): SubjectState(False, at(9))}, [])).outdated is False


async def test_a_delivery_never_returns_to_an_earlier_state(
    store: AlertStore, other: AlertStore, database: Database
) -> None:
    await store.save({}, [alert()])
    started = [
        await each.record_delivery("alert:r:1", AlertDelivery("webhook", "sending", at(2)))
        for each in (store, other)
    ]
    assert started == [True, False]
    assert await store.record_delivery("alert:r:1", AlertDelivery("webhook", "failed", at(3), "HTTP 500"))
    assert not await store.record_delivery("alert:r:1", AlertDelivery("webhook", "sent", at(4)))
    assert not await store.record_delivery("alert:r:1", AlertDelivery("command", "sent", at(4)))
    stored = await rows(database, "SELECT way, state, reason FROM nof1.alert_deliveries ORDER BY way")
    assert stored == [("command", "waiting", None), ("webhook", "failed", "HTTP 500")]


async def test_unsent_deliveries_are_left_for_the_next_collector(
    store: AlertStore, other: AlertStore, database: Database
) -> None:
    """After a crash between saving and sending: unsent ones are sent, started and expired ones fail."""
    price = Subject(coin="BTC")
    await store.save({}, [alert(1), alert(20, subject=price), alert(21, subject=Subject(feed=Feed.PRICES))])
    await store.record_delivery("alert:r:20", AlertDelivery("command", "sending", at(20)))
    _, unsent = await other.load(at(22) - RECENT_WINDOW)
    assert [(each.id, each.subject, each.channels) for each in unsent] == [
        ("alert:r:20", price, ("webhook",)),
        ("alert:r:21", Subject(feed=Feed.PRICES), ("command", "webhook")),
    ]
    await other.load(at(22) + timedelta(hours=1))
    stored = await rows(database, "SELECT DISTINCT state, reason FROM nof1.alert_deliveries ORDER BY reason")
    assert stored == [("failed", "expired"), ("failed", "interrupted: it may have been delivered")]


async def test_hostile_text_is_stored_as_text(store: AlertStore, database: Database) -> None:
    evil = "'; DROP TABLE nof1.alerts; --\x00\x1b[2J"
    await store.save({}, [alert(1, rule=evil, message=evil, subject=Subject(AccountKey("s1", evil), evil))])
    assert len(await rows(database, "SELECT FROM nof1.alerts WHERE words LIKE '%DROP TABLE%'")) == 1
