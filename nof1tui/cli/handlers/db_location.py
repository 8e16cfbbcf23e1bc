"""`db url` and `db path`: where the store is."""

from __future__ import annotations

import click

from nof1tui.cli.options import Flags
from nof1tui.domain.redaction import redact
from nof1tui.errors import UserError


def print_url(flags: Flags) -> None:
    """Print the store's URL, its password masked; starts the embedded server where the store has one."""
    settings = flags.load()
    url = settings.store_url()
    if url is None:
        from nof1tui.cli.database import run_on_database

        url = run_on_database(flags, settings, lambda url: url)
    click.echo(redact(url))


def print_path(flags: Flags) -> None:
    """Print the data folder of the embedded server. Raises UserError where the store has a URL."""
    settings = flags.load()
    if settings.store_url() is not None:
        raise UserError("the store is a server by URL: see `nof1-tui db url`")
    pointer = settings.data_dir / "postgres.location"
    try:
        click.echo(pointer.read_text("utf-8").strip())
    except OSError:
        click.echo(settings.data_dir / "postgres")
