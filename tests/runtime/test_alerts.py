"""Alerts of running engines on a real store: sent once across restarts and new leaders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

import psycopg
import pytest

from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.alerts.parser import RuleConfig, parse_rules
from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import DeliveryFailed
from nof1tui.ports.source import ProgressCallback, ignore_progress
from nof1tui.runtime.alerts import ArenaAlerts
from tests.support.builders import account_row, at, batch
from tests.support.sharing import Instance, Market, instance, running

BELOW = RuleConfig(
    "low", "equity_usd < 8_990", trader="qwen3-max", hysteresis=5.0, cool_down=0, to=["webhook"]
)


@dataclass
class MemoryChannel:
    """A channel shared by all instances of a test."""

    sent: list[str] = field(default_factory=list)
    fault: str | None = None

    async def send(self, alert: Alert) -> None:
        self.sent.append(alert.message)
        if self.fault:
            raise DeliveryFailed(self.fault)


@dataclass
class Scene:
    url: str
    roster: Roster
    market: Market = field(default_factory=Market)
    channel: MemoryChannel = field(default_factory=MemoryChannel)

    def instance(self, holder: str, *rules: RuleConfig) -> Instance:
        alarms = ArenaAlerts(parse_rules(rules or [BELOW]), lambda: {"webhook": self.channel})
        return instance(self.url, self.roster, holder, self.market, alarms)

    async def rows(self, statement: str) -> list[Any]:
        async with await psycopg.AsyncConnection.connect(self.url) as db:
            return await (await db.execute(statement.encode())).fetchall()

    async def evaluate_at(self, item: Instance, minute: int) -> None:
        """Move to this minute and wait until it has been stored."""
        self.market.minute = minute
        await item.until(lambda: item.board.newest_at == at(minute))

    async def wait_for_first_evaluation(self, item: Instance) -> None:
        while not await self.rows("SELECT FROM nof1.alert_watches WHERE subject = ''"):
            await item.until(lambda: True)


@pytest.fixture
def scene(database_url: str, roster: Roster) -> Scene:
    return Scene(database_url, roster)


def alerts(item: Instance) -> list[str]:
    return [event.reason or "" for event in item.board.events if event.kind == "alert"]


async def test_an_alert_is_stored_sent_once_and_shown_on_every_screen(scene: Scene) -> None:
    leader, follower = scene.instance("1@host"), scene.instance("2@host")
    async with running(leader, follower):
        await scene.wait_for_first_evaluation(leader)
        await scene.evaluate_at(leader, 20)
        await leader.until(lambda: bool(scene.channel.sent))
        await leader.until(lambda: bool(alerts(leader)))
        await follower.until(lambda: bool(alerts(follower)))
        message = "low: Qwen3 Max: equity_usd $8,980.00 < $8,990.00"
        assert (alerts(leader), alerts(follower)) == ([message], [message])
    stored = await scene.rows("SELECT rule, metric, value, threshold FROM nof1.alerts")
    assert stored == [("low", "equity_usd", 8_980.0, 8_990.0)]
    assert await scene.rows("SELECT way, state, reason FROM nof1.alert_deliveries") == [
        ("webhook", "sent", None)
    ]
    assert len(scene.channel.sent) == 1


async def test_neither_a_restart_nor_a_new_leader_sends_it_again(scene: Scene) -> None:
    first, second = scene.instance("1@host"), scene.instance("2@host")
    async with running(first, second):
        await scene.wait_for_first_evaluation(first)
        await scene.evaluate_at(first, 20)
        await first.until(lambda: bool(scene.channel.sent))
        assert first.task is not None
        first.task.cancel()
        await second.until(lambda: second.role == "collector")
        await scene.evaluate_at(second, 21)
    third = scene.instance("3@host")
    async with running(third):
        await scene.evaluate_at(third, 22)
        await third.until(lambda: third.market.asked > 0)
    assert len(await scene.rows("SELECT FROM nof1.alerts")) == len(scene.channel.sent) == 1


@dataclass
class NoisyMarket(Market):
    """At every poll a new row on either side of the value, within the hysteresis."""

    noise: Random = field(default_factory=lambda: Random(3))

    @property
    def feeds(self) -> Sequence[Feed]:
        return (Feed.ACCOUNTS,)

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        self.asked += 1
        self.minute += 1
        equity = 8_990.0 + self.noise.uniform(-4.0, 4.0) if self.asked > 8 else 9_500.0
        return batch(accounts=(account_row("qwen3-max", self.minute, equity),))


def leads_on(item: Instance, asked: int) -> bool:
    return item.role == "collector" and item.market.asked > asked


async def test_noise_across_restarts_and_new_leaders_fires_once(scene: Scene) -> None:
    scene.market = market = NoisyMarket()
    for turn in range(2):
        first, second = scene.instance(f"{turn}a@host"), scene.instance(f"{turn}b@host")
        async with running(first, second):
            for item in (first, second):
                await item.until(partial(leads_on, item, market.asked + 10))
                if item is first and item.task is not None:
                    item.task.cancel()
    assert len(await scene.rows("SELECT FROM nof1.alerts")) == len(scene.channel.sent) == 1


async def test_a_crossing_while_no_instance_ran_fires_at_the_next_start(scene: Scene) -> None:
    async with running(scene.instance("1@host")) as _:
        await scene.wait_for_first_evaluation(scene.instance("0@host"))
    scene.market.minute = 20
    late = scene.instance("2@host")
    async with running(late):
        await late.until(lambda: bool(scene.channel.sent))
    assert len(scene.channel.sent) == 1


async def test_a_failed_delivery_is_stored_with_the_reason(scene: Scene) -> None:
    scene.channel.fault = "hooks.example: it answers 500 (4 tries)"
    instance_1 = scene.instance("1@host")
    async with running(instance_1):
        await scene.wait_for_first_evaluation(instance_1)
        await scene.evaluate_at(instance_1, 20)
        await instance_1.until(lambda: bool(scene.channel.sent))
        while await scene.rows("SELECT FROM nof1.alert_deliveries WHERE state IN ('waiting', 'sending')"):
            await instance_1.until(lambda: True)
    stored = await scene.rows("SELECT state, reason FROM nof1.alert_deliveries")
    assert stored == [("failed", scene.channel.fault)]


async def test_a_single_round_evaluates_and_sends(scene: Scene) -> None:
    await scene.instance("1@host").engine.run_once()
    scene.market.minute = 20
    board = await scene.instance("2@host").engine.run_once()
    assert scene.channel.sent == ["Qwen3 Max: equity_usd $8,980.00 < $8,990.00"]
    assert [event.kind for event in board.events if event.kind == "alert"] == ["alert"]
    assert board.health.feed(Feed.ACCOUNTS).failure is None
    await scene.instance("3@host").engine.run_once()
    assert len(scene.channel.sent) == 1
