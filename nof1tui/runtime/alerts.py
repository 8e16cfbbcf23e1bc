"""Alerts of the settings: their rules, their ways out, and the alarm that joins both to a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from nof1tui.domain.alerts.alert import EXTERNAL_CHANNELS, Alert, Channel
from nof1tui.domain.alerts.evaluate import AlertState, SubjectState, WatchKey
from nof1tui.domain.alerts.parser import RuleConfig, RuleError, parse_rules
from nof1tui.domain.alerts.rule import AlertRule
from nof1tui.errors import UsageError
from nof1tui.ports.alerts import AlertDelivery, AlertRepository, Notifier, SaveResult
from nof1tui.ports.errors import StoreUnavailable

if TYPE_CHECKING:
    from nof1tui.runtime.reconnecting_sink import ReconnectingSink
    from nof1tui.settings.model import Settings


@dataclass(frozen=True, slots=True)
class ArenaAlerts:
    """What an arena is watched for."""

    rules: tuple[AlertRule, ...] = ()
    make_channels: Callable[[], Mapping[Channel, Notifier]] = field(default=dict)
    """The ways that leave the program; none for arenas that are not live."""


def load_alert_rules(settings: Settings) -> tuple[AlertRule, ...]:
    """The rules of the config file. Raises Misuse that names the rule and the fault."""
    written = (
        RuleConfig(
            name=table.name,
            when=table.when,
            on=table.on,
            trader=table.trader,
            coin=table.coin,
            feed=table.feed,
            cool_down=table.cool_down,
            hysteresis=table.hysteresis,
            to=table.to,
            at_start=table.at_start,
        )
        for table in settings.alerts
    )
    there = configured_channels(settings)
    try:
        rules = parse_rules(
            written, [way for way in settings.alert_to if way not in EXTERNAL_CHANNELS or way in there]
        )
    except RuleError as error:
        raise UsageError(f"{_config_file()}: {error}") from error
    for number, rule in enumerate(rules, start=1):
        for way in rule.channels:
            if way in EXTERNAL_CHANNELS and way not in there:
                raise UsageError(
                    f"{_config_file()}: [[alert]] {number}: to: {way} needs alert_{way}, which is not set"
                )
    return rules


def screen_only_rules(rules: Sequence[AlertRule]) -> tuple[AlertRule, ...]:
    """The rules without the ways that leave the program: nobody is to be called by a simulation."""
    return tuple(
        replace(rule, channels=tuple(way for way in rule.channels if way not in EXTERNAL_CHANNELS))
        for rule in rules
    )


def configured_channels(settings: Settings) -> tuple[Channel, ...]:
    """The ways out of the program that the settings name."""
    command: tuple[Channel, ...] = ("command",) if settings.alert_command else ()
    webhook: tuple[Channel, ...] = ("webhook",) if settings.webhook_url() else ()
    return command + webhook


def build_channels(settings: Settings) -> Mapping[Channel, Notifier]:
    """The ways that leave the program, ready to be used."""
    ways: dict[Channel, Notifier] = {}
    if settings.alert_command:
        from nof1tui.notify.command import CommandNotifier

        ways["command"] = CommandNotifier(settings.alert_command, timeout_s=settings.alert_timeout_s)
    url = settings.webhook_url()
    if url:
        from nof1tui.notify.webhook import WebhookNotifier

        ways["webhook"] = WebhookNotifier(url, timeout_s=settings.alert_timeout_s, proxy=settings.proxy_url())
    return ways


def _config_file() -> str:
    from nof1tui.settings.paths import UserDirectories

    return str(UserDirectories.from_environment().config_file)


@dataclass
class ReconnectingAlertBook:
    """`ports.AlertBook` in the store of a sink, which may come and go."""

    sink: ReconnectingSink
    _book: AlertRepository | None = field(default=None, repr=False)

    async def load(self, since: datetime) -> tuple[AlertState, Sequence[Alert]]:
        return await (await self._open_book()).load(since)

    async def save(self, watched: Mapping[WatchKey, SubjectState], alerts: Sequence[Alert]) -> SaveResult:
        return await (await self._open_book()).save(watched, alerts)

    async def record_delivery(self, alert_id: str, delivery: AlertDelivery) -> bool:
        return await (await self._open_book()).record_delivery(alert_id, delivery)

    async def _open_book(self) -> AlertRepository:
        """Only a store that the sink has open: whoever writes batches sees to its coming back."""
        store = self.sink.store
        if store is None:
            raise StoreUnavailable("the store is not open")
        if self._book is None:
            from nof1tui.store.writing.alerts import AlertStore

            self._book = AlertStore(store.database, arena=self.sink.arena, roster=self.sink.roster)
        return self._book
