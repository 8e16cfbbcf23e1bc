"""Declares `import`."""

from __future__ import annotations

from pathlib import Path

import click

from nof1tui.cli.options import common_options, flags_of

_EPILOG = """\b
Examples:
  nof1-tui import recordings
  nof1-tui import 2025-10-26T041905Z/trades.json.gz

A folder name like 2025-10-26T041905Z is the time its files were captured. Safe to repeat.
"""


@click.command("import", epilog=_EPILOG)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--quiet", is_flag=True, help="Print errors only.")
@common_options
@click.pass_context
def import_command(ctx: click.Context, paths: tuple[Path, ...], quiet: bool) -> None:
    """Import recorded responses into the store: files or folders of .json and .json.gz."""
    from nof1tui.cli.handlers.import_ import import_paths

    import_paths(flags_of(ctx), paths, quiet=quiet)
