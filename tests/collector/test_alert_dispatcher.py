"""The alert dispatcher with a failing log: alerts are saved before sent, and sent once in any outage."""

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
class MemoryAlertLog:
    """An alert log in memory; raises the given faults first."""

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
        fired_at = {alert.id: alert.at for alert in self.alerts.values()}
        waiting = {key for key, delivery in self.deliveries.items() if delivery.state == "waiting"}
        unsent = [alert for alert in self.alerts.values() if any(key[0] == alert.id for key in waiting)]
        return AlertState(dict(self.watched), fired_at), unsent

    async def save(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> SaveResult:
        self._fail()
        if self.outdated:
            self.outdated = False
            return SaveResult(outdated=True)
        self.watched |= watched
        new = [alert for alert in alerts if alert.id not in self.alerts]
        for alert in new:
            self.alerts[alert.id] = alert
            for channel in (name for name in alert.channels if name in EXTERNAL_CHANNELS):
                self.deliveries[alert.id, channel] = AlertDelivery(channel, "waiting", alert.at)
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
class MemoryChannel:
    """A channel that keeps the alerts it was given."""

    sent: list[str] = field(default_factory=list)
    fault: str | None = None

    async def send(self, alert: Alert) -> None:
        self.sent.append(alert.id)
        if self.fault:
            raise DeliveryFailed(self.fault)


class DispatcherRun:
    """A dispatcher under test with its log and channel."""

    def __init__(
        self,
        alert_log: MemoryAlertLog,
        rules: Sequence[AlertRule] = RULES,
        channel: MemoryChannel | None = None,
    ) -> None:
        self.channel, self.now = channel or MemoryChannel(), at()
        self.shown: list[str] = []
        self.dispatcher = AlertDispatcher(
            rules,
            lambda: alert_log,
            {"webhook": self.channel},
            clock=lambda: self.now,
            on_alerts=lambda alerts: self.shown.extend(alert.message for alert in alerts),
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def evaluate(self, value: float, minutes: float, **more: Any) -> None:
        self.now = at(minutes)
        self.dispatcher.evaluate(equity(value, minutes, **more))

    async def settle(self) -> None:
        for _ in range(60):
            await asyncio.sleep(0)


FIRST = board(Roster(), batch(accounts=(account_row("gpt-5"),)))


def equity(value: float, minutes: float = 0.0, **more: Any) -> Board:
    """A board on which the one account has this equity."""
    (first,) = FIRST.accounts.values()
    row = replace(first, observed_at=at(minutes), equity_usd=value, **more)
    return replace(FIRST, accounts={row.account: row})


@asynccontextmanager
async def dispatching(alert_log: MemoryAlertLog, **options: Any) -> AsyncIterator[DispatcherRun]:
    run = DispatcherRun(alert_log, **options)
    running = asyncio.create_task(run.dispatcher.run())
    await run.settle()
    yield run
    await run.settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_alert_is_saved_shown_and_sent() -> None:
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log) as run:
        run.evaluate(9_500, 0)
        run.evaluate(8_900, 1)
    assert run.shown == ["gpt-5: equity_usd $8,900.00 < $9,000.00"]
    assert run.channel.sent == list(alert_log.alerts)
    assert alert_log.states == [("sent", None)]


async def test_ten_thousand_noisy_ticks_fire_once_across_restarts() -> None:
    alert_log, noise, channel, shown = MemoryAlertLog(), Random(7), MemoryChannel(), list[str]()
    ticks = iter(enumerate([9_500.0, *(9_000 + noise.uniform(-90, 90) for _ in range(10_000))]))
    for _ in range(20):
        async with dispatching(alert_log, channel=channel) as run:
            for (n, value), _ in zip(ticks, range(500), strict=False):
                run.evaluate(value, n / 4)
                await asyncio.sleep(0)
        shown += run.shown
    assert (len(alert_log.alerts), len(channel.sent), len(shown)) == (1, 1, 1)


async def test_in_an_outage_an_alert_is_shown_and_is_sent_when_it_is_saved() -> None:
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log) as run:
        run.evaluate(9_500, 0)
        await run.settle()
        alert_log.faults = [StoreUnavailable("away")] * 500
        run.evaluate(8_900, 1)
        await run.settle()
        assert (len(run.shown), run.channel.sent) == (1, [])
        alert_log.faults.clear()
    assert (len(run.shown), len(run.channel.sent), alert_log.states) == (1, 1, [("sent", None)])


async def test_without_a_store_at_the_start_nothing_is_evaluated_until_it_responds() -> None:
    """Saved alerts are unknown until then: a crossing during the outage is evaluated afterwards."""
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log) as run:
        run.evaluate(9_500, 0)
    alert_log.faults = [StoreUnavailable("away")] * 500
    async with dispatching(alert_log) as run:
        run.evaluate(8_900, 1)
        await run.settle()
        assert run.shown == []
        alert_log.faults.clear()
    assert len(run.shown) == len(run.channel.sent) == 1


async def test_a_restart_between_saving_and_sending_sends_it_once() -> None:
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log) as run:
        run.evaluate(9_500, 0)
    crashed = DispatcherRun(alert_log)
    await crashed.dispatcher._load()
    crashed.evaluate(8_900, 1)
    await crashed.dispatcher._save_and_send()
    for delivery in crashed.dispatcher._deliveries:
        delivery.cancel()
    assert alert_log.states == [("waiting", None)]
    async with dispatching(alert_log) as after:
        after.evaluate(8_800, 2)
    assert (len(after.channel.sent), alert_log.states) == (1, [("sent", None)])


async def test_two_concurrent_dispatchers_send_once() -> None:
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log) as one, dispatching(alert_log, channel=one.channel) as other:
        for run in (one, other):
            run.evaluate(9_500, 0)
        await one.settle()
        for run in (one, other):
            run.evaluate(8_900, 1)
    assert len(one.channel.sent) == len(alert_log.alerts) == 1


async def test_a_dispatcher_with_outdated_state_reloads_the_saved_one() -> None:
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log) as run:
        run.evaluate(9_500, 0)
        await run.settle()
        (place,) = (place for place in alert_log.watched if place[1].key == "")
        subject = equity(0).leaderboard[0].account
        alert_log.watched[place[0], type(place[1])(subject)] = SubjectState(True, at(1), at(1))
        alert_log.outdated = True
        run.evaluate(8_900, 2)
    assert (run.shown, run.channel.sent, alert_log.alerts) == ([], [], {})


async def test_a_failed_delivery_is_stored_with_the_reason() -> None:
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log, channel=MemoryChannel(fault="it answers 500")) as run:
        run.evaluate(9_500, 0)
        run.evaluate(8_900, 1)
    assert alert_log.states == [("failed", "it answers 500")]
    assert len(run.channel.sent) == 1


async def test_a_rejected_alert_is_shown_and_the_dispatcher_continues() -> None:
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log) as run:
        run.evaluate(9_500, 0)
        await run.settle()
        alert_log.faults = [BatchRejected("too long")]
        run.evaluate(8_900, 1)
        await run.settle()
        run.evaluate(9_500, 2)
        run.evaluate(8_900, 20)
    assert (len(run.shown), len(run.channel.sent)) == (2, 1)


async def test_the_age_of_a_feed_is_evaluated_without_a_new_board() -> None:
    rules = parse_rules([RuleConfig("late", "feed_age_s > 5m")])
    alert_log = MemoryAlertLog()
    async with dispatching(alert_log, rules=rules) as run:
        run.evaluate(9_500, 0)
        await run.settle()
        run.now = at(6)
    assert run.shown == ["accounts: feed_age_s 360s > 300s"]


async def test_one_round_evaluates_saves_and_sends() -> None:
    alert_log, rules = (
        MemoryAlertLog(),
        parse_rules([RuleConfig("near", "liquidation_distance_pct < 5", coin="any", to=TO)]),
    )
    first, second = DispatcherRun(alert_log, rules), DispatcherRun(alert_log, rules)
    await first.dispatcher.dispatch_once(equity(10_000))
    second.now = at(1)
    await second.dispatcher.dispatch_once(equity(10_000, 1, positions=(position(mark_price=3_600.0),)))
    assert (len(second.shown), len(second.channel.sent), alert_log.states) == (1, 1, [("sent", None)])
