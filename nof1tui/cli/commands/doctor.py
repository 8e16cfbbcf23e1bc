"""Declares `doctor`."""

from __future__ import annotations

import click

from nof1tui.cli.options import common_options, flags_of

_EPILOG = """\b
Exit code 0: no fault, possibly warnings. 1: a check failed. 2: wrong usage.
\b
Examples:
  nof1-tui doctor
  nof1-tui doctor --offline --json
"""


@click.command("doctor", epilog=_EPILOG)
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@click.option("--offline", is_flag=True, help="Skip the API check.")
@common_options
@click.pass_context
def doctor_command(ctx: click.Context, as_document: bool, offline: bool) -> None:
    """Check terminal, settings, folders, store, API and clocks; change nothing."""
    from nof1tui.cli.handlers.doctor import run_checks

    ctx.exit(run_checks(flags_of(ctx), as_document=as_document, offline=offline))
