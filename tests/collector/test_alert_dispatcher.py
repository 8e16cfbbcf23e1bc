"""The alarm over a book that can fail: kept before sent, sent once, restarts and outages survived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from msgspec.structs import replace

from nof1tui.collector.alert_dispatcher import AlertDispatcher
from nof1tui.domain.alerts.alert import EXTERNAL_CHANNELS, Alert
from nof1tui.domain.alerts.evaluate import AlertState, SubjectState, WatchKey
from nof1tui.domain.alerts.parser import RuleConfig, parse_rules
from nof1tui.domain.alerts.rule import AlertRule
from nof1tui.domain.board import Board
from nof1tui.domain.roster import Roster
from nof1tui.ports.alerts import AlertDelivery, SaveResult
from nof1tui.ports.errors import BatchRejected, DeliveryFailed, StoreUnavailable
from tests.support.builders import account_row, at, batch, board, position

TO = ("toast", "webhook")
BELOW = RuleConfig("below", "equity_usd < 9_000", hysteresis=100.0, cool_down="10m", to=TO)
RULES = parse_rules([BELOW])


@dataclass
class MemoryBook:
    """A book that remembers what the store would; raises the faults it is given first."""

    faults: list[Exception] = field(default_factory=list)
    watched: dict[WatchKey, SubjectState] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    deliveries: dict[tuple[str, str], AlertDelivery] = field(default_factory=dict)
    outdated: bool = False

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)

    async def load(self, since: datetime) -> tuple[AlertState, Sequence[Alert]]:
        self._fail()
        told = {alert.id: alert.at for alert in self.alerts.values()}
        waiting = {key for key, delivery in self.deliveries.items() if delivery.state == "waiting"}
        unsent = [alert for alert in self.alerts.values() if any(key[0] == alert.id for key in waiting)]
        return AlertState(dict(self.watched), told), unsent

    async def save(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> SaveResult:
        self._fail()
        if self.outdated:
            self.outdated = False
            return SaveResult(outdated=True)
        self.watched |= watched
        new = [alert for alert in alerts if alert.id not in self.alerts]
        for alert in new:
            self.alerts[alert.id] = alert
            for way in (way for way in alert.channels if way in EXTERNAL_CHANNELS):
                self.deliveries[alert.id, way] = AlertDelivery(way, "waiting", alert.at)
        return SaveResult(frozenset(alert.id for alert in new))

    async def record_delivery(self, alert_id: str, delivery: AlertDelivery) -> bool:
        self._fail()
        before = self.deliveries[alert_id, delivery.channel].state
        if before != ("waiting" if delivery.state == "sending" else "sending"):
            return False
        self.deliveries[alert_id, delivery.channel] = delivery
        return True

    @property
    def states(self) -> list[tuple[str, str | None]]:
        return [(delivery.state, delivery.reason) for delivery in self.deliveries.values()]


@dataclass
class Post:
    """A way out that keeps what it is given."""

    sent: list[str] = field(default_factory=list)
    fault: str | None = None

    async def send(self, alert: Alert) -> None:
        self.sent.append(alert.id)
        if self.fault:
            raise DeliveryFailed(self.fault)


class Watch:
    """An alarm under test with all that it was given."""

    def __init__(
        self, book: MemoryBook, rules: Sequence[AlertRule] = RULES, post: Post | None = None
    ) -> None:
        self.book, self.post, self.now = book, post or Post(), at()
        self.shown: list[str] = []
        self.alarm = AlertDispatcher(
            rules,
            lambda: book,
            {"webhook": self.post},
            clock=lambda: self.now,
            on_alerts=lambda alerts: self.shown.extend(alert.message for alert in alerts),
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def see(self, value: float, minutes: float, **more: Any) -> None:
        self.now = at(minutes)
        self.alarm.evaluate(equity(value, minutes, **more))

    async def settled(self) -> None:
        for _ in range(60):
            await asyncio.sleep(0)


FIRST = board(Roster(), batch(accounts=(account_row("gpt-5"),)))


def equity(value: float, minutes: float = 0.0, **more: Any) -> Board:
    """A board on which the one account has this equity."""
    (first,) = FIRST.accounts.values()
    row = replace(first, observed_at=at(minutes), equity_usd=value, **more)
    return replace(FIRST, accounts={row.account: row})


@asynccontextmanager
async def watching(book: MemoryBook, **options: Any) -> AsyncIterator[Watch]:
    watch = Watch(book, **options)
    running = asyncio.create_task(watch.alarm.run())
    await watch.settled()
    yield watch
    await watch.settled()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_alert_is_kept_shown_and_sent() -> None:
    book = MemoryBook()
    async with watching(book) as watch:
        watch.see(9_500, 0)
        watch.see(8_900, 1)
    assert watch.shown == ["gpt-5: equity_usd $8,900.00 < $9,000.00"]
    assert watch.post.sent == list(book.alerts)
    assert book.states == [("sent", None)]


async def test_ten_thousand_noisy_ticks_tell_once_whatever_restarts_in_between() -> None:
    book, noise, post, shown = MemoryBook(), Random(7), Post(), list[str]()
    ticks = iter(enumerate([9_500.0, *(9_000 + noise.uniform(-90, 90) for _ in range(10_000))]))
    for _ in range(20):
        async with watching(book, post=post) as watch:
            for (n, value), _ in zip(ticks, range(500), strict=False):
                watch.see(value, n / 4)
                await asyncio.sleep(0)
        shown += watch.shown
    assert (len(book.alerts), len(post.sent), len(shown)) == (1, 1, 1)


async def test_while_the_store_is_away_it_shows_on_the_screen_and_is_sent_once_it_is_kept() -> None:
    book = MemoryBook()
    async with watching(book) as watch:
        watch.see(9_500, 0)
        await watch.settled()
        book.faults = [StoreUnavailable("away")] * 500
        watch.see(8_900, 1)
        await watch.settled()
        assert (len(watch.shown), watch.post.sent) == (1, [])
        book.faults.clear()
    assert (len(watch.shown), len(watch.post.sent), book.states) == (1, 1, [("sent", None)])


async def test_without_a_store_at_the_start_nothing_is_judged_until_it_is_there() -> None:
    """Nobody knows what was told before: what crosses meanwhile is judged then."""
    book = MemoryBook()
    async with watching(book) as watch:
        watch.see(9_500, 0)
    book.faults = [StoreUnavailable("away")] * 500
    async with watching(book) as watch:
        watch.see(8_900, 1)
        await watch.settled()
        assert watch.shown == []
        book.faults.clear()
    assert len(watch.shown) == len(watch.post.sent) == 1


async def test_a_restart_between_keeping_and_sending_sends_it_once() -> None:
    book = MemoryBook()
    async with watching(book) as watch:
        watch.see(9_500, 0)
    alarm = Watch(book)
    await alarm.alarm._load()
    alarm.see(8_900, 1)
    await alarm.alarm._save_and_send()
    for delivery in alarm.alarm._deliveries:
        delivery.cancel()
    assert book.states == [("waiting", None)]
    async with watching(book) as after:
        after.see(8_800, 2)
    assert (len(after.post.sent), book.states) == (1, [("sent", None)])


async def test_two_that_judge_at_once_send_once() -> None:
    book = MemoryBook()
    async with watching(book) as one, watching(book, post=one.post) as other:
        for watch in (one, other):
            watch.see(9_500, 0)
        await one.settled()
        for watch in (one, other):
            watch.see(8_900, 1)
    assert len(one.post.sent) == len(book.alerts) == 1


async def test_who_hears_that_another_has_judged_begins_anew_from_what_is_kept() -> None:
    book = MemoryBook()
    async with watching(book) as watch:
        watch.see(9_500, 0)
        await watch.settled()
        (place,) = (place for place in book.watched if place[1].key == "")
        subject = equity(0).leaderboard[0].account
        book.watched[place[0], type(place[1])(subject)] = SubjectState(True, at(1), at(1))
        book.outdated = True
        watch.see(8_900, 2)
    assert (watch.shown, watch.post.sent, book.alerts) == ([], [], {})


async def test_a_way_that_fails_is_written_down_with_its_reason() -> None:
    book = MemoryBook()
    async with watching(book, post=Post(fault="it answers 500")) as watch:
        watch.see(9_500, 0)
        watch.see(8_900, 1)
    assert book.states == [("failed", "it answers 500")]
    assert len(watch.post.sent) == 1


async def test_what_the_store_refuses_is_shown_and_does_not_end_the_alarm() -> None:
    book = MemoryBook()
    async with watching(book) as watch:
        watch.see(9_500, 0)
        await watch.settled()
        book.faults = [BatchRejected("too long")]
        watch.see(8_900, 1)
        await watch.settled()
        watch.see(9_500, 2)
        watch.see(8_900, 20)
    assert (len(watch.shown), len(watch.post.sent)) == (2, 1)


async def test_an_age_is_judged_though_no_board_comes() -> None:
    rules = parse_rules([RuleConfig("late", "feed_age_s > 5m")])
    book = MemoryBook()
    async with watching(book, rules=rules) as watch:
        watch.see(9_500, 0)
        await watch.settled()
        watch.now = at(6)
    assert watch.shown == ["accounts: feed_age_s 360s > 300s"]


async def test_one_round_judges_keeps_and_sends() -> None:
    book, rules = (
        MemoryBook(),
        parse_rules([RuleConfig("near", "liquidation_distance_pct < 5", coin="any", to=TO)]),
    )
    first, second = Watch(book, rules), Watch(book, rules)
    await first.alarm.dispatch_once(equity(10_000))
    second.now = at(1)
    await second.alarm.dispatch_once(equity(10_000, 1, positions=(position(mark_price=3_600.0),)))
    assert (len(second.shown), len(second.post.sent), book.states) == (1, 1, [("sent", None)])
