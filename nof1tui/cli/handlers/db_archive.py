"""`db export` and `db restore`: the store as one file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from nof1tui.cli.database import run_on_database
from nof1tui.cli.options import Flags
from nof1tui.errors import UsageError, UserError
from nof1tui.store.archive import export_archive, restore_archive
from nof1tui.store.archive_manifest import ArchiveManifest


def export_store(flags: Flags, file: Path, *, force: bool) -> None:
    """Write the store to a file. Raises UsageError for an existing file without `force`."""
    if file.exists() and not force:
        raise UsageError(f"{file} exists; use --force to overwrite")
    _transfer(flags, file, "exported", export_archive)


def restore_store(flags: Flags, file: Path) -> None:
    """Read the store from a file. Raises UsageError for a missing file."""
    if not file.is_file():
        raise UsageError(f"{file} is not a file")
    _transfer(flags, file, "restored", restore_archive)


def _transfer(flags: Flags, file: Path, verb: str, transfer: Callable[..., ArchiveManifest]) -> None:
    try:
        with _progress() as on_progress:
            manifest = run_on_database(
                flags, flags.load(), lambda url: transfer(url, file, on_progress=on_progress)
            )
    except OSError as error:
        raise UserError(f"{file}: {error.strerror or error}") from error
    click.echo(
        f"{verb} {manifest.rows:,} rows of {len(manifest.tables)} tables, revision {manifest.revision}"
    )


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """A progress bar over tables and bytes on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda table, count: None
        return
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description:<20}"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda table, count: bar.update(task, advance=count, description=table)
