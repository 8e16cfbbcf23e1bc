"""Declares `alerts list` and `alerts test`."""

from __future__ import annotations

import click

from nof1tui.cli.options import common_options, flags_of

_EPILOG = """\b
Examples:
  nof1-tui alerts list
  nof1-tui alerts test
  nof1-tui alerts test 'large drawdown'

Rules are [[alert]] tables of the config file; see docs/alerts.md.
"""


@click.group("alerts", epilog=_EPILOG)
@common_options
def alerts_command() -> None:
    """List and test alerts.

    The monitor and `collect` evaluate the rules; of several instances on a store the collector does.
    """


@alerts_command.command("list", epilog="Example:  nof1-tui alerts list --json")
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@common_options
@click.pass_context
def alerts_list_command(ctx: click.Context, as_document: bool) -> None:
    """Print every rule as parsed."""
    from nof1tui.cli.handlers.alerts import print_rules

    print_rules(flags_of(ctx), as_document=as_document)


@alerts_command.command("test", epilog="Example:  nof1-tui alerts test 'large drawdown'")
@click.argument("name", required=False)
@common_options
@click.pass_context
def alerts_test_command(ctx: click.Context, name: str | None) -> None:
    """Send a sample of each rule, or of the rule called NAME, to its channels.

    Nothing is stored. Without rules every configured channel gets a sample.
    """
    from nof1tui.cli.handlers.alerts import send_samples

    send_samples(flags_of(ctx), name)
