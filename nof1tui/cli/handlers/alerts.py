"""`alerts`: prints the rules as parsed, and sends samples to their channels."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from nof1tui.cli.options import Flags
from nof1tui.cli.run_command import run_command
from nof1tui.domain.alerts.alert import CHANNELS, EXTERNAL_CHANNELS, Alert, Channel
from nof1tui.domain.alerts.parser import spelling_hint
from nof1tui.domain.alerts.rule import AlertRule
from nof1tui.domain.export.formats import as_json
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.records import AccountKey
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.errors import UsageError, UserError
from nof1tui.ports.errors import DeliveryFailed
from nof1tui.runtime.alerts import build_channels, configured_channels, former_names, load_alert_rules
from nof1tui.runtime.rosters import utc_now
from nof1tui.settings.model import Settings
from nof1tui.tui.terminal.notifications import notification_sequence


def print_rules(flags: Flags, *, as_document: bool) -> None:
    """Print every rule as a table, or as one JSON document."""
    rules = load_alert_rules(flags.load())
    _print_notices(rules)
    rows = [_row(rule) for rule in rules]
    if as_document:
        click.echo(as_json({"what": "alerts", "rows": rows}))
    elif rows:
        _print_table(rows)
    else:
        click.echo("There are no [[alert]] tables in the config file; `nof1-tui config init` shows some.")


def _print_notices(rules: Sequence[AlertRule]) -> None:
    for notice in former_names(rules):
        click.echo(notice, err=True)


def _print_table(rows: Sequence[dict[str, Any]]) -> None:
    from nof1tui.cli.output.tables import PrintedColumn, Printer

    columns = (
        PrintedColumn("Name", lambda row: sanitise_line(row["name"], 40), align_right=False),
        PrintedColumn("Condition", lambda row: sanitise_line(row["watches"], 60), align_right=False),
        PrintedColumn("Subject", lambda row: sanitise_line(row["of"], 40), align_right=False),
        PrintedColumn("Cool-down", lambda row: _format_duration(row["cool_down_s"])),
        PrintedColumn("Channels", lambda row: " ".join(row["to"]) or "none", align_right=False),
    )
    Printer().print_table(columns, rows)


def send_samples(flags: Flags, name: str | None) -> None:
    """Send a sample of each rule, or of the rule called `name`, and print the result of each delivery.

    Raises UsageError for an unknown name, UserError where a delivery failed.
    """
    settings = flags.load()
    samples = _samples(settings, name)
    failed = run_command(flags, lambda: _send(settings, samples))
    if failed:
        raise UserError(f"{failed} deliveries failed" if failed > 1 else "1 delivery failed")


def _row(rule: AlertRule) -> dict[str, Any]:
    condition = rule.condition
    trader = rule.trader or "any trader"
    subject = trader
    if condition is not None:
        coin = rule.coin or "any coin"
        subject = {
            "account": trader,
            "position": f"{trader}, {coin}",
            "coin": coin,
            "feed": rule.feed or "any feed",
        }[condition.figure.subject]
    return {
        "name": rule.name,
        "watches": rule.expression,
        "of": subject,
        "metric": condition.metric if condition else None,
        "hysteresis": condition.hysteresis if condition else None,
        "on": list(rule.event_kinds),
        "trader": rule.trader,
        "coin": rule.coin,
        "feed": rule.feed,
        "cool_down_s": rule.cool_down.total_seconds(),
        "to": list(rule.channels),
        "at_start": rule.at_start,
    }


def _format_duration(seconds: float) -> str:
    return str(timedelta(seconds=seconds)) if seconds else "none"


def _samples(settings: Settings, name: str | None) -> list[Alert]:
    rules, configured = load_alert_rules(settings), configured_channels(settings)
    _print_notices(rules)
    if not rules and name is None:
        channels = tuple(
            channel
            for channel in CHANNELS
            if channel in settings.alert_to and (channel not in EXTERNAL_CHANNELS or channel in configured)
        )
        return [_sample(AlertRule("test", channels, None))]
    selected = [rule for rule in rules if name is None or rule.name == name]
    if not selected:
        known = [rule.name for rule in rules]
        raise UsageError(f"unknown rule {name!a}{spelling_hint(name or '', known)}")
    return [_sample(rule) for rule in selected]


def _sample(rule: AlertRule) -> Alert:
    """An alert of this rule, marked as a test; its value is the rule's threshold."""
    now, condition = utc_now(), rule.condition
    account = AccountKey("test", rule.trader or "some-trader")
    kind = condition.figure.subject if condition else "account"
    subject = Subject(
        account if kind in ("account", "position") else None,
        (rule.coin or "BTC") if kind in ("position", "coin") or rule.coin else None,
        rule.feed if kind == "feed" else None,
    )
    has_expression = condition or rule.event_kinds
    return Alert(
        id=f"test:{rule.id}:{now.isoformat()}",
        at=now,
        rule=rule.name,
        rule_id=rule.id,
        message=f"this is a test of: {rule.expression}" if has_expression else "this is a test",
        channels=rule.channels,
        subject=subject,
        observed_at=now,
        metric=condition.metric if condition else None,
        value=condition.value if condition else None,
        threshold=condition.value if condition else None,
        is_test=True,
    )


async def _send(settings: Settings, samples: Sequence[Alert]) -> int:
    """Send the samples one after the other, print each result; returns the number of failures."""
    notifiers, failed = build_channels(settings), 0
    for sample in samples:
        click.echo(sanitise_line(sample.rule, 80))
        for channel in sample.channels:
            if channel in notifiers:
                try:
                    await notifiers[channel].send(sample)
                except DeliveryFailed as error:
                    failed += 1
                    click.echo(f"  {channel:<8} failed: {sanitise_line(str(error), 300)}")
                else:
                    click.echo(f"  {channel:<8} sent")
            else:
                click.echo(f"  {channel:<8} {_send_to_terminal(sample, channel)}")
        if not sample.channels:
            click.echo("  no channel")
    return failed


def _send_to_terminal(sample: Alert, channel: Channel) -> str:
    """Send a sample to this terminal; returns what was done. Only a person can see whether it worked."""
    if channel == "toast":
        return "shown by the monitor"
    if not sys.stdout.isatty():
        return "only in a terminal"
    sys.stdout.write(notification_sequence(channel, sample.text, in_tmux="TMUX" in os.environ))
    sys.stdout.flush()
    return "sent to this terminal"
