"""`db spool` and `db rejected`: records that wait on this computer, and those that were set aside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from nof1tui.cli.options import Flags
from nof1tui.cli.output.tables import PrintedColumn, Printer
from nof1tui.cli.run_command import run_command
from nof1tui.collector.delivery.outbox import Outbox
from nof1tui.collector.delivery.rejected_file import RejectedFile, RejectedRecords
from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SpoolUsage
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.domain.time_expressions import iso
from nof1tui.errors import UsageError, UserError, print_progress
from nof1tui.ports.errors import BatchRejected
from nof1tui.runtime.arenas import spool_folders
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_arena_roster
from nof1tui.settings.model import Settings
from nof1tui.store.writing.writer import Writer

_DRAIN_TIMEOUT_S = 600.0
_MAX_REASONS = 20
_FOLDER_COLUMNS = (
    PrintedColumn("Folder", lambda usage: str(usage.folder), align_right=False),
    PrintedColumn("Store", lambda usage: sanitise_line(store_name(usage)), align_right=False),
    PrintedColumn("Queued", lambda usage: f"{usage.records:,}"),
    PrintedColumn("Set aside", lambda usage: f"{usage.rejected:,}"),
)
_REJECTED_COLUMNS = (
    PrintedColumn("Time", lambda line: iso(line.at), align_right=False),
    PrintedColumn("Feed", lambda line: line.feed, align_right=False),
    PrintedColumn("Records", lambda line: f"{line.records:,}"),
    PrintedColumn("Reason", lambda line: sanitise_line(line.reason), align_right=False, wraps=True),
)


def store_name(usage: SpoolUsage) -> str:
    """The store that a folder belongs to."""
    return f"{usage.store or 'unknown'}{' (this one)' if usage.is_own else ''}"


def print_folders(flags: Flags) -> None:
    """Print the spool folders that have records."""
    usages = spool_folders(flags.load()).usages()
    if not usages:
        click.echo("no queued records")
        return
    Printer().print_table(_FOLDER_COLUMNS, usages)


def write_folder(flags: Flags, folder: Path) -> None:
    """Write the records of a spool folder to the store. Raises UsageError for another folder."""
    settings = flags.load()
    if folder.resolve().parent != settings.spool_root.resolve() or not folder.is_dir():
        raise UsageError(f"{folder} is not a spool folder: `nof1-tui db spool` lists them")
    written, left = run_command(flags, lambda: _drain(settings, folder))
    click.echo(f"{written:,} records written")
    if left:
        raise UserError(f"{left:,} records stay in {folder}: they are in use or cannot be stored")


async def _drain(settings: Settings, folder: Path) -> tuple[int, int]:
    """Records written, and left."""
    async with open_store(settings, create=False, to_write=True, on_progress=print_progress) as store:
        sink = Writer(store.database, arena=settings.source, roster=load_arena_roster(settings))
        spool = Spool(folder)
        found = await asyncio.to_thread(spool.adopt_orphans)
        outbox = Outbox(sink, on_health=lambda health: None, spool=spool)
        outbox.start_draining()
        running = asyncio.create_task(outbox.run())
        try:
            await outbox.wait_until_drained(_DRAIN_TIMEOUT_S)
            left = spool.record_count
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await outbox.close()
    return found - left, left


def print_rejected(flags: Flags) -> None:
    """Print the records that were set aside for this store, with their reasons."""
    lines = [line for file in _rejected_files(flags.load()) for line in file.read()]
    if not lines:
        click.echo("no records were set aside")
        return
    Printer().print_table(_REJECTED_COLUMNS, lines[:_MAX_REASONS])
    if len(lines) > _MAX_REASONS:
        click.echo(f"and {len(lines) - _MAX_REASONS:,} more")


def dismiss_rejected(flags: Flags) -> None:
    """Delete the records that were set aside."""
    removed = sum(file.remove(lambda line: True) for file in _rejected_files(flags.load()))
    click.echo(f"{removed:,} records dismissed")


def write_rejected(flags: Flags) -> None:
    """Write the records that were set aside again. Raises UserError where some are rejected again."""
    settings = flags.load()
    written, reasons = run_command(flags, lambda: _write_again(settings, _rejected_files(settings)))
    click.echo(f"{written:,} records written")
    if reasons:
        text = "\n".join(f"  {sanitise_line(reason, 160)}" for reason in reasons[:_MAX_REASONS])
        raise UserError(f"{len(reasons):,} entries stay set aside:\n{text}")


async def _write_again(settings: Settings, files: list[RejectedFile]) -> tuple[int, list[str]]:
    """Records written, and why the others were not."""
    written, reasons = 0, list[str]()
    async with open_store(settings, create=False, to_write=True, on_progress=print_progress) as store:
        writer = Writer(store.database, arena=settings.source, roster=load_arena_roster(settings))
        for file in files:
            for line in file.read():
                if line.envelope is None:
                    reasons.append(f"{line.reason} (the content was not kept)")
                    continue
                try:
                    await writer.write(line.envelope.batch, line.envelope.events)
                except BatchRejected as error:
                    reasons.append(str(error))
                else:
                    written += line.records
                    file.remove(_same_content(line))
    return written, reasons


def _same_content(line: RejectedRecords) -> Callable[[RejectedRecords], bool]:
    return lambda other: other.digest == line.digest


def _rejected_files(settings: Settings) -> list[RejectedFile]:
    return [RejectedFile(usage.folder) for usage in spool_folders(settings).usages() if usage.is_own]
