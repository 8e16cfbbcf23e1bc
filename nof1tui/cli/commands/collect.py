"""Declares `collect` and `record`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import common_options, flags_of

if TYPE_CHECKING:
    from nof1tui.cli.logs import LogFormat


@click.command("collect", epilog="Example:  nof1-tui collect --log-format json")
@click.option(
    "--once",
    is_flag=True,
    help="Poll every feed once, even if another instance is the collector; exit code 0 if all was stored.",
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common_options
@click.pass_context
def collect_command(ctx: click.Context, once: bool, log_format: LogFormat) -> None:
    """Run the collector without UI, for servers: poll every feed, store the records, log to stderr."""
    from nof1tui.cli.handlers.collect import collect

    collect(flags_of(ctx), once=once, log_format=log_format)


@click.command("record", epilog="Example:  nof1-tui record recordings")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--once", is_flag=True, help="Poll every feed once.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common_options
@click.pass_context
def record_command(ctx: click.Context, directory: Path, once: bool, log_format: LogFormat) -> None:
    """Collect and record raw responses in DIRECTORY, for `replay` and `import`."""
    from nof1tui.cli.handlers.collect import record

    record(flags_of(ctx), directory, once=once, log_format=log_format)
