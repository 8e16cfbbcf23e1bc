"""`db export` and `db restore`: the store as one file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import common_options, flags_of
from nof1tui.errors import UsageError, UserError

if TYPE_CHECKING:
    from nof1tui.store.archive import ArchiveManifest


@click.command("export", epilog="Example:  nof1-tui db export arena.nof1")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@common_options
@click.pass_context
def db_export_command(ctx: click.Context, file: Path, force: bool) -> None:
    """Write the whole store into FILE, as of one moment."""
    if file.exists() and not force:
        raise UsageError(f"{file} is there already: --force writes over it")
    from nof1tui.store.archive import export_archive

    _transfer(ctx, file, "exported", export_archive)


@click.command("restore", epilog="Example:  nof1-tui db restore arena.nof1")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@common_options
@click.pass_context
def db_restore_command(ctx: click.Context, file: Path) -> None:
    """Fill an empty store from FILE, written by `db export`; an older one is brought up to date."""
    if not file.is_file():
        raise UsageError(f"{file} is no file")
    from nof1tui.store.archive import restore_archive

    _transfer(ctx, file, "restored", restore_archive)


def _transfer(ctx: click.Context, file: Path, done: str, work: Callable[..., ArchiveManifest]) -> None:
    from nof1tui.cli.database import run_on_database

    flags = flags_of(ctx)
    try:
        with _progress() as told:
            manifest = run_on_database(flags, flags.load(), lambda url: work(url, file, told=told))
    except OSError as error:
        raise UserError(f"{file}: {error.strerror or error}") from error
    click.echo(
        f"{done} {manifest.rows:,} rows of {len(manifest.tables)} tables, revision {manifest.revision}"
    )


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """A bar on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda table, count: None
        return
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description:<20}"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda table, count: bar.update(task, advance=count, description=table)
