"""`alerts`: the rules as they are understood, and a try of their ways out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from nof1tui.cli.options import common_options, flags_of
from nof1tui.domain.alerts.alert import CHANNELS, EXTERNAL_CHANNELS, Alert, Channel, Subject
from nof1tui.domain.alerts.parser import spelling_hint
from nof1tui.domain.alerts.rule import AlertRule
from nof1tui.domain.records import AccountKey
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.errors import UsageError, UserError
from nof1tui.ports.errors import DeliveryFailed
from nof1tui.runtime.alerts import build_channels, configured_channels, load_alert_rules

if TYPE_CHECKING:
    from nof1tui.settings.model import Settings

_EPILOG = """\b
Examples:
  nof1-tui alerts list
  nof1-tui alerts test
  nof1-tui alerts test 'deep under water'

Rules stand in the config file; docs/alerts.md tells how they are written.
"""


@click.group("alerts", epilog=_EPILOG)
@common_options
def alerts_command() -> None:
    """The alert rules, and a try of their ways out.

    The monitor and `collect` judge the rules; of several instances on a store the one that collects.
    """


@alerts_command.command("list", epilog="Example:  nof1-tui alerts list --json")
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@common_options
@click.pass_context
def alerts_list_command(ctx: click.Context, as_document: bool) -> None:
    """Print every rule as it is understood."""
    rules = load_alert_rules(flags_of(ctx).load())
    rows = [_row(rule) for rule in rules]
    if as_document:
        from nof1tui.domain.export.formats import as_json

        click.echo(as_json({"what": "alerts", "rows": rows}))
        return
    from nof1tui.cli.output.tables import PrintedColumn, Printer

    if not rows:
        click.echo("There are no [[alert]] tables in the config file; `nof1-tui config init` shows some.")
        return
    columns = (
        PrintedColumn("Name", lambda row: sanitise_line(row["name"], 40), align_right=False),
        PrintedColumn("Watches", lambda row: sanitise_line(row["watches"], 60), align_right=False),
        PrintedColumn("Of", lambda row: sanitise_line(row["of"], 40), align_right=False),
        PrintedColumn("Cool-down", lambda row: _format_duration(row["cool_down_s"])),
        PrintedColumn("Ways out", lambda row: " ".join(row["to"]) or "none", align_right=False),
    )
    Printer().print_table(columns, rows)


@alerts_command.command("test", epilog="Example:  nof1-tui alerts test 'deep under water'")
@click.argument("name", required=False)
@common_options
@click.pass_context
def alerts_test_command(ctx: click.Context, name: str | None) -> None:
    """Send a sample of each rule, or of the one called NAME, through its ways out.

    Nothing is stored. Without any rules every way out that the settings name is tried.
    """
    from nof1tui.cli.run_command import run_command

    flags = flags_of(ctx)
    settings = flags.load()
    samples = _samples(settings, name)
    failed = run_command(flags, lambda: _send_samples(settings, samples))
    if failed:
        raise UserError(f"{failed} of the tries failed")


def _row(rule: AlertRule) -> dict[str, Any]:
    condition = rule.condition
    if condition is None:
        of = rule.trader or "any trader"
    else:
        who = rule.trader or "any trader"
        coin = rule.coin or "any coin"
        named = {"account": who, "position": f"{who}, {coin}", "coin": coin, "feed": rule.feed or "any feed"}
        of = named[condition.metric.subject]
    return {
        "name": rule.name,
        "watches": rule.expression,
        "of": of,
        "metric": condition.metric.name if condition else None,
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
    rules, there = load_alert_rules(settings), configured_channels(settings)
    if not rules and name is None:
        to = tuple(
            way
            for way in CHANNELS
            if way in settings.alert_to and (way not in EXTERNAL_CHANNELS or way in there)
        )
        return [_sample(AlertRule("test", to, None))]
    chosen = [rule for rule in rules if name is None or rule.name == name]
    if not chosen:
        known = [rule.name for rule in rules]
        raise UsageError(f"there is no rule {name!a}{spelling_hint(name or '', known)}")
    return [_sample(rule) for rule in chosen]


def _sample(rule: AlertRule) -> Alert:
    """What the rule would send, with made-up figures."""
    from nof1tui.runtime.rosters import utc_now

    now, condition = utc_now(), rule.condition
    account = AccountKey("test", rule.trader or "some-trader")
    feed = rule.feed
    of = condition.metric.subject if condition else "account"
    subject = Subject(
        account if of in ("account", "position") else None,
        (rule.coin or "BTC") if of in ("position", "coin") or rule.coin else None,
        feed if of == "feed" else None,
    )
    return Alert(
        id=f"test:{rule.id}:{now.isoformat()}",
        at=now,
        rule=rule.name,
        rule_id=rule.id,
        message=f"this is a test of: {rule.expression}"
        if condition or rule.event_kinds
        else "this is a test",
        channels=rule.channels,
        subject=subject,
        observed_at=now,
        metric=condition.metric.name if condition else None,
        value=condition.value if condition else None,
        threshold=condition.value if condition else None,
        is_test=True,
    )


async def _send_samples(settings: Settings, samples: Sequence[Alert]) -> int:
    """Send them one after the other and say what became of each; how many tries failed."""
    ways, failed = build_channels(settings), 0
    for sample in samples:
        click.echo(sanitise_line(sample.rule, 80))
        for way in sample.channels:
            if way in ways:
                try:
                    await ways[way].send(sample)
                except DeliveryFailed as error:
                    failed += 1
                    click.echo(f"  {way:<8} failed: {sanitise_line(str(error), 300)}")
                else:
                    click.echo(f"  {way:<8} sent")
            else:
                click.echo(f"  {way:<8} {_send_to_terminal(sample, way)}")
        if not sample.channels:
            click.echo("  no way out")
    return failed


def _send_to_terminal(sample: Alert, way: Channel) -> str:
    """Try a way that the screen has; told in words, because only people can see whether it worked."""
    from nof1tui.tui.terminal.notifications import notification_sequence

    if way == "toast":
        return "shown by the monitor"
    if not sys.stdout.isatty():
        return "only in a terminal"
    sys.stdout.write(notification_sequence(way, sample.text, in_tmux="TMUX" in os.environ))
    sys.stdout.flush()
    return "sent to this terminal"
