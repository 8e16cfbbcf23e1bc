"""`import`: writes recorded responses to the store, with the decoder and the writer of live data."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from nof1tui.cli.options import Flags
from nof1tui.cli.output.import_report import ImportReport, print_import_report
from nof1tui.cli.run_command import run_command
from nof1tui.domain.batch import Batch
from nof1tui.errors import UsageError, UserError, print_progress, require_nof1_source
from nof1tui.ports.errors import BatchRejected
from nof1tui.ports.sink import Sink
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_roster
from nof1tui.settings.model import Settings
from nof1tui.sources.recording.files import Recording, RecordingReader, SkippedFile, find_recordings
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer


def import_paths(flags: Flags, paths: Sequence[Path], *, quiet: bool) -> None:
    """Import the recordings among these files and folders, and print what was imported.

    Raises UsageError for unreadable folders, UserError where nothing or not everything was imported.
    """
    settings = flags.load()
    try:
        recordings = find_recordings(paths)
    except OSError as error:
        raise UsageError(f"cannot search for recordings: {error}") from error
    if not recordings:
        raise UserError("there is no .json or .json.gz file under " + ", ".join(map(str, paths)))
    require_nof1_source(settings, "import")
    report = run_command(flags, lambda: _import(settings, recordings, show_progress=not quiet))
    if not quiet:
        print_import_report(report)
    _report_faults(report, quiet=quiet)


async def _import(
    settings: Settings, recordings: Sequence[Recording], *, show_progress: bool
) -> ImportReport:
    roster = load_roster(settings)
    async with open_store(settings, to_write=True, on_progress=print_progress) as store:
        writer = Writer(store.database, arena="nof1", roster=roster)
        reader = RecordingReader(roster)
        await _seed(reader, Reader(store.database, roster), recordings)
        with _progress(len(recordings), shown=show_progress) as advance:
            return await import_recordings(recordings, reader.read, writer, advance)


async def _seed(reader: RecordingReader, store: Reader, recordings: Sequence[Recording]) -> None:
    """Let the reader know what the store has: ids, and the account rows before the first recording."""
    reader.seed(await store.board())
    first_at = next((item.captured_at for item in recordings if item.captured_at is not None), None)
    if first_at is not None:
        reader.seed(await store.board(first_at))


async def import_recordings(
    recordings: Sequence[Recording],
    read: Callable[[Recording], Batch | SkippedFile],
    sink: Sink,
    advance: Callable[[], None],
) -> ImportReport:
    """Import recordings in order, each read in a thread; `advance` is called after each.

    Raises StoreUnavailable.
    """
    report = ImportReport()
    for recording in recordings:
        batch = await asyncio.to_thread(read, recording)
        if isinstance(batch, SkippedFile):
            report.skipped.append(batch)
        else:
            try:
                report.add(batch, await sink.write(batch))
            except BatchRejected as error:
                report.rejected_files.append(f"{recording.path}: {error}")
        advance()
    return report


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """A progress bar over `total` files on a terminal; nothing elsewhere."""
    if not shown or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("importing"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    with bar:
        task = bar.add_task("importing", total=total)
        yield lambda: bar.advance(task)


def _report_faults(report: ImportReport, *, quiet: bool) -> None:
    if report.quarantined:
        click.echo(
            f"nof1-tui: {report.quarantined} records could not be decoded; kept raw in nof1.quarantine.",
            err=True,
        )
    if report.rejected_files:
        more = f"\nand {len(report.rejected_files) - 1} more files" if len(report.rejected_files) > 1 else ""
        raise UserError(f"the store rejected {report.rejected_files[0]}{more}")
    if not report.counts:
        hint = f"; {report.skipped[0].path}: {report.skipped[0].reason}" if quiet else ""
        raise UserError(f"none of the files is a recorded response{hint}")
