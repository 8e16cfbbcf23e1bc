"""Declares `export`."""

from __future__ import annotations

from pathlib import Path

import click

from nof1tui.cli.options import common_options, flags_of
from nof1tui.cli.time_option import MomentParam

EXPORT_TABLES = ("equity", "positions", "trades", "prices", "chat", "events")

_EPILOG = """\b
Examples:
  nof1-tui export trades.csv
  nof1-tui export equity.parquet --what equity --since 2025-10-18 --until 2025-11-04
  nof1-tui export chat.jsonl --what chat --since -1d

The columns are those of `show`. Rows are streamed: memory use does not grow with the export. FILE
appears when it is complete. To back up the whole store: `nof1-tui db export`.
"""


@click.command("export", epilog=_EPILOG)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--what", type=click.Choice(EXPORT_TABLES), default="trades", show_default=True)
@click.option("--since", type=MomentParam(), help="From this time.")
@click.option("--until", type=MomentParam(), help="Until this time.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@common_options
@click.pass_context
def export_command(
    ctx: click.Context, file: Path, what: str, since: str | None, until: str | None, force: bool
) -> None:
    """Write one table, oldest rows first, to FILE: .csv, .jsonl or .parquet.

    `positions` and `equity` have one row per observation, `chat` includes the long texts.
    """
    from nof1tui.cli.handlers.export import export_table

    export_table(flags_of(ctx), file, what, since=since, until=until, force=force)
