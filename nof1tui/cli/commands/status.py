"""Declares `status`."""

from __future__ import annotations

import click

from nof1tui.cli.options import common_options, flags_of

_EPILOG = """\b
Exit code 0: live. 1: stale, down or empty. 2: no store, or the store is unreachable.
\b
Examples:
  nof1-tui status --json
  nof1-tui status --metrics > /var/lib/node_exporter/nof1.prom
"""


@click.command("status", epilog=_EPILOG)
@click.option("--json", "form", flag_value="json", help="One JSON document with stable keys.")
@click.option("--metrics", "form", flag_value="metrics", help="OpenMetrics text, for Prometheus.")
@click.option(
    "--metrics-traders",
    "form",
    flag_value="metrics-traders",
    help="OpenMetrics text with the figures of every account.",
)
@common_options
@click.pass_context
def status_command(ctx: click.Context, form: str | None) -> None:
    """Show status of store, collector and feeds: ages, errors, counts."""
    from nof1tui.cli.handlers.status import print_status

    ctx.exit(print_status(flags_of(ctx), form))
