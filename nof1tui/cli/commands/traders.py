"""Declares `traders list` and `traders check`."""

from __future__ import annotations

import click

from nof1tui.cli.options import common_options, flags_of

_EPILOG = """\b
Examples:
  nof1-tui traders list
  NOF1_SOURCE=hyperliquid nof1-tui traders check

docs/hyperliquid.md shows how to watch wallets.
"""


@click.group("traders", epilog=_EPILOG)
@common_options
def traders_command() -> None:
    """List traders, check wallets."""


@traders_command.command("list", epilog="Example:  nof1-tui traders list --json")
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@common_options
@click.pass_context
def traders_list_command(ctx: click.Context, as_document: bool) -> None:
    """Print the known traders: name, maker, colour, wallet, starting capital and its source."""
    from nof1tui.cli.handlers.traders import print_traders

    print_traders(flags_of(ctx), as_document=as_document)


@traders_command.command("check", epilog="Example:  nof1-tui traders check --json")
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@common_options
@click.pass_context
def traders_check_command(ctx: click.Context, as_document: bool) -> None:
    """Check every wallet on chain: role, equity, positions, first activity, builder markets.

    Exit code 0: every wallet can be watched. 1: a wallet cannot be watched, or could not be checked.
    """
    from nof1tui.cli.handlers.traders import check_traders

    ctx.exit(check_traders(flags_of(ctx), as_document=as_document))
