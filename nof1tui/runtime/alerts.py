"""Rules and channels of the alerts, from the settings."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from nof1tui.domain.alerts.alert import EXTERNAL_CHANNELS, Channel
from nof1tui.domain.alerts.parser import RuleConfig, RuleError, parse_rules, rule_notices
from nof1tui.domain.alerts.rule import AlertRule
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.errors import UsageError
from nof1tui.ports.alerts import Notifier

if TYPE_CHECKING:
    from nof1tui.settings.model import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ArenaAlerts:
    """The alert rules of an arena and the channels outside the terminal."""

    rules: tuple[AlertRule, ...] = ()
    make_channels: Callable[[], Mapping[Channel, Notifier]] = field(default=dict)
    """External channels; none for arenas that are not live."""


def load_alert_rules(settings: Settings) -> tuple[AlertRule, ...]:
    """The rules of the config file. Raises UsageError that names the rule and the fault."""
    configs = (
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
    configured = configured_channels(settings)
    default = [
        channel for channel in settings.alert_to if channel not in EXTERNAL_CHANNELS or channel in configured
    ]
    try:
        rules = parse_rules(configs, default)
    except RuleError as error:
        raise UsageError(f"{_config_file()}: {error}") from error
    for number, rule in enumerate(rules, start=1):
        for channel in rule.channels:
            if channel in EXTERNAL_CHANNELS and channel not in configured:
                reason = f"to: {channel} needs alert_{channel}, which is not set"
                raise UsageError(f"{_config_file()}: [[alert]] {number}: {reason}")
    return rules


def former_names(rules: Sequence[AlertRule]) -> tuple[str, ...]:
    """A line for each rule of the config file that has a former name of its metric."""
    return tuple(f"{_config_file()}: {sanitise_line(notice, 300)}" for notice in rule_notices(rules))


def log_former_names(rules: Sequence[AlertRule]) -> None:
    """Log a warning for each rule that has a former name of its metric."""
    for notice in former_names(rules):
        log.warning("%s", notice)


def screen_only_rules(rules: Sequence[AlertRule]) -> tuple[AlertRule, ...]:
    """The rules without external channels: a simulation alerts on the screen only."""
    return tuple(
        replace(
            rule, channels=tuple(channel for channel in rule.channels if channel not in EXTERNAL_CHANNELS)
        )
        for rule in rules
    )


def configured_channels(settings: Settings) -> tuple[Channel, ...]:
    """The external channels that the settings configure."""
    command: tuple[Channel, ...] = ("command",) if settings.alert_command else ()
    webhook: tuple[Channel, ...] = ("webhook",) if settings.webhook_url() else ()
    return command + webhook


def build_channels(settings: Settings) -> Mapping[Channel, Notifier]:
    """A notifier for each external channel that the settings configure."""
    notifiers: dict[Channel, Notifier] = {}
    if settings.alert_command:
        from nof1tui.notify.command import CommandNotifier

        notifiers["command"] = CommandNotifier(settings.alert_command, timeout_s=settings.alert_timeout_s)
    url = settings.webhook_url()
    if url:
        from nof1tui.notify.webhook import WebhookNotifier
        from nof1tui.sources.http.routing import RoutedTransport

        notifiers["webhook"] = WebhookNotifier(
            url,
            timeout_s=settings.alert_timeout_s,
            make_transport=lambda: RoutedTransport(url, environ=os.environ, proxy=settings.proxy_url()),
        )
    return notifiers


def _config_file() -> str:
    from nof1tui.settings.paths import UserDirectories

    return str(UserDirectories.from_environment().config_file)
