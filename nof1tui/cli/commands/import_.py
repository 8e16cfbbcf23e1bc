"""`import`: recorded responses into the store, by the decoder and the writer that run live."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import Flags, common_options, flags_of
from nof1tui.errors import UsageError, UserError, print_progress, require_nof1_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nof1tui.domain.batch import Batch
    from nof1tui.domain.records import Trade
    from nof1tui.ports.sink import Sink, WriteCounts, WriteResult
    from nof1tui.settings.model import Settings
    from nof1tui.sources.recording.files import Recording, SkippedFile

_EPILOG = """\b
Examples:
  nof1-tui import recordings
  nof1-tui import 2025-10-26T041905Z/trades.json.gz

A folder's name like 2025-10-26T041905Z tells when its files were captured. Safe to repeat.
"""


@dataclass
class ImportCount:
    """What became of one kind of records of one endpoint."""

    read: int = 0
    new: int = 0
    known: int = 0
    revised: int = 0
    quarantined: int = 0

    def add(self, tally: WriteCounts) -> None:
        self.read += tally.read
        self.new += tally.new
        self.known += tally.known
        self.revised += tally.revised


@dataclass
class ImportReport:
    """What became of everything."""

    counts: dict[tuple[str, str], ImportCount] = field(default_factory=dict)
    """By endpoint and kind of record."""
    skipped: list[SkippedFile] = field(default_factory=list)
    rejected_files: list[str] = field(default_factory=list)
    """Files the store did not take."""
    positions: int = 0
    events: int = 0
    """Told from the records, and not known before."""
    incomplete_trades: set[str] = field(default_factory=set)
    """Trades that came without some of their fields."""

    @property
    def quarantined(self) -> int:
        return sum(count.quarantined for count in self.counts.values())

    def add(self, batch: Batch, written: WriteResult) -> None:
        self.positions += sum(len(row.positions) for row in batch.accounts)
        self.incomplete_trades |= {trade.id for trade in batch.trades if _has_missing_fields(trade)}
        told = ("quarantine", "events")
        kinds = {kind: tally for kind, tally in written.counts.items() if kind not in told}
        self.events += written.counts["events"].new if "events" in written.counts else 0
        for kind, tally in kinds.items():
            self._count(batch.endpoint, kind).add(tally)
        if batch.rejects:
            kind = next(iter(kinds), batch.feed.value)
            self._count(batch.endpoint, kind).quarantined += len(batch.rejects)

    def _count(self, endpoint: str, kind: str) -> ImportCount:
        return self.counts.setdefault((endpoint, kind), ImportCount())


def _has_missing_fields(trade: Trade) -> bool:
    return any(getattr(trade, item.name) is None for item in fields(trade) if item.name != "extra")


@click.command("import", epilog=_EPILOG)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--quiet", is_flag=True, help="Only tell what went wrong.")
@common_options
@click.pass_context
def import_command(ctx: click.Context, paths: tuple[Path, ...], quiet: bool) -> None:
    """Put recorded responses into the store: files or folders of .json and .json.gz."""
    from nof1tui.sources.recording.files import find_recordings

    flags = flags_of(ctx)
    settings = flags.load()
    try:
        found = find_recordings(paths)
    except OSError as error:
        raise UsageError(f"cannot look for recordings: {error}") from error
    if not found:
        raise UserError("there is no .json or .json.gz file under " + ", ".join(map(str, paths)))
    require_nof1_source(settings, "import")
    report = _import(flags, settings, found, quiet=quiet)
    if not quiet:
        _print(report)
    _report_faults(report, quiet=quiet)


def _import(flags: Flags, settings: Settings, found: Sequence[Recording], *, quiet: bool) -> ImportReport:
    from nof1tui.cli.run_command import run_command
    from nof1tui.runtime.open_store import open_store
    from nof1tui.runtime.rosters import load_roster
    from nof1tui.sources.recording.files import read_recording
    from nof1tui.store.writing.writer import Writer

    async def work() -> ImportReport:
        roster = load_roster(settings)
        async with open_store(settings, to_write=True, say=print_progress) as store:
            writer = Writer(store.database, arena="nof1", roster=roster)
            with _progress(len(found), shown=not quiet) as advance:
                return await import_recordings(
                    found, lambda item: read_recording(item, roster), writer, advance
                )

    return run_command(flags, work)


async def import_recordings(
    found: Sequence[Recording],
    read: Callable[[Recording], Batch | SkippedFile],
    sink: Sink,
    advance: Callable[[], None],
) -> ImportReport:
    """Every recording, read in a thread and written in order. Raises StoreUnavailable."""
    from nof1tui.ports.errors import BatchRejected
    from nof1tui.sources.recording.files import SkippedFile

    report = ImportReport()
    for recording in found:
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
    """A bar on stderr where somebody looks at it."""
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


def _print(report: ImportReport) -> None:
    from nof1tui.cli.output import tables
    from nof1tui.cli.output.tables import PrintedColumn

    printer = tables.Printer()
    columns = (
        PrintedColumn("Endpoint", lambda row: str(row["endpoint"]), align_right=False),
        PrintedColumn("Records", lambda row: str(row["kind"]), align_right=False),
        *(
            PrintedColumn(name.capitalize(), lambda row, name=name: f"{row[name]:,}")  # type: ignore[misc]
            for name in ("read", "new", "known", "revised", "quarantined")
        ),
    )
    rows = [
        {"endpoint": endpoint, "kind": kind, **vars(count)}
        for (endpoint, kind), count in sorted(report.counts.items())
    ]
    if rows:
        printer.print_table(columns, rows)
    if report.positions:
        printer.print_line(f"The account rows read hold {report.positions:,} positions.")
    if report.events:
        printer.print_line(f"They tell of {report.events:,} events that were not known.")
    if report.incomplete_trades:
        printer.print_line(
            f"{len(report.incomplete_trades)} trades came without some of their fields: kept, those left empty."
        )
    by_reason: dict[str, list[str]] = {}
    for item in report.skipped:
        by_reason.setdefault(item.reason, []).append(str(item.path))
    for reason, paths in by_reason.items():
        printer.print_line(f"Skipped, {reason}:")
        for path in paths:
            printer.print_line(f"  {path}")


def _report_faults(report: ImportReport, *, quiet: bool) -> None:
    if report.quarantined:
        click.echo(
            f"nof1-tui: {report.quarantined} records could not be decoded; the table nof1.quarantine keeps "
            "them raw, each with its reason.",
            err=True,
        )
    if report.rejected_files:
        more = f"\nand {len(report.rejected_files) - 1} more files" if len(report.rejected_files) > 1 else ""
        raise UserError(f"the store did not take {report.rejected_files[0]}{more}")
    if not report.counts:
        hint = "" if not quiet else f"; {report.skipped[0].path}: {report.skipped[0].reason}"
        raise UserError(f"none of the files is a recorded response{hint}")
