"""Declares `config show`, `config path` and `config init`."""

from __future__ import annotations

import click

from nof1tui.cli.options import common_options, flags_of

_EPILOG = """\b
Examples:
  nof1-tui config show
  nof1-tui config path
  nof1-tui config init
"""


@click.group("config", epilog=_EPILOG)
@common_options
def config_command() -> None:
    """Show the settings and where each comes from.

    Defaults < config file < .env in the current folder < environment < flags.
    """


@config_command.command("show", epilog="Example:  nof1-tui config show --json")
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@common_options
@click.pass_context
def config_show_command(ctx: click.Context, as_document: bool) -> None:
    """Print every setting, its value and its origin. Secrets are masked."""
    from nof1tui.cli.handlers.config import print_settings

    print_settings(flags_of(ctx), as_document=as_document)


@config_command.command("path", epilog="Example:  nof1-tui config path")
@common_options
def config_path_command() -> None:
    """Print the path of the config file, whether it exists or not."""
    from nof1tui.cli.handlers.config_file import print_path

    print_path()


@config_command.command("init", epilog="Example:  nof1-tui config init")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@common_options
def config_init_command(force: bool) -> None:
    """Write a config file that lists every setting with its default, commented out."""
    from nof1tui.cli.handlers.config_file import write_template

    write_template(force=force)
