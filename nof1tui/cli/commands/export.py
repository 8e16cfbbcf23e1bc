"""`export`: a table of the store as a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nof1tui.cli.options import common_options, flags_of
from nof1tui.cli.output.files import FILE_FORMATS, table_file
from nof1tui.cli.time_option import MomentParam, parse_moment_option
from nof1tui.domain.events.event import Event
from nof1tui.domain.export.rows import (
    CHAT_TEXT_KEYS,
    EXPORT_COLUMNS,
    ExportRow,
    build_chat_row,
    build_equity_row,
    build_position_row,
    build_price_row,
)
from nof1tui.domain.records import AccountRow, Decision, Price, Trade
from nof1tui.errors import UsageError, print_progress

if TYPE_CHECKING:
    from nof1tui.domain.roster import Roster
    from nof1tui.settings.model import Settings

_RECORD_KIND_OF_TABLE = {
    "equity": "accounts",
    "positions": "accounts",
    "trades": "trades",
    "prices": "prices",
    "chat": "decisions",
    "events": "events",
}
"""Which records the rows are made of."""

_EPILOG = """\b
Examples:
  nof1-tui export trades.csv
  nof1-tui export equity.parquet --what equity --since 2025-10-18 --until 2025-11-04
  nof1-tui export chat.jsonl --what chat --since -1d

The columns are those of `show`. Memory stays small however much is written; FILE appears when it is
whole. The whole store in one file, to restore it elsewhere: `nof1-tui db export`.
"""


@click.command("export", epilog=_EPILOG)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--what", type=click.Choice(list(_RECORD_KIND_OF_TABLE)), default="trades", show_default=True)
@click.option("--since", type=MomentParam(), help="Only what is not older.")
@click.option("--until", type=MomentParam(), help="Only what is not younger.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@common_options
@click.pass_context
def export_command(
    ctx: click.Context, file: Path, what: str, since: str | None, until: str | None, force: bool
) -> None:
    """Write one table, oldest rows first, into FILE: .csv, .jsonl or .parquet.

    `positions` and `equity` have a row for every observation, `chat` has the long texts too.
    """
    from nof1tui.cli.run_command import run_command

    if file.suffix.lower() not in FILE_FORMATS:
        raise click.UsageError(f"FILE must end in {', '.join(FILE_FORMATS)}: {file.name!a} does not", ctx)
    if file.exists() and not force:
        raise UsageError(f"{file} is there already: --force writes over it")
    flags = flags_of(ctx)
    settings = flags.load()
    end = parse_moment_option(until) if until else None
    start = parse_moment_option(since, end) if since else None
    count = run_command(flags, lambda: _export(settings, file, what, start, end))
    click.echo(f"exported {count:,} rows of {what} to {file}")


async def _export(
    settings: Settings, file: Path, what: str, since: datetime | None, until: datetime | None
) -> int:
    from nof1tui.runtime.open_store import open_store
    from nof1tui.runtime.rosters import load_arena_roster
    from nof1tui.store.reading.export_cursor import open_export_stream

    roster, count = load_arena_roster(settings), 0
    columns = EXPORT_COLUMNS[what] + (CHAT_TEXT_KEYS if what == "chat" else ())
    async with (
        open_store(settings, create=False, say=print_progress) as store,
        open_export_stream(store.database, _RECORD_KIND_OF_TABLE[what], since, until) as found,
    ):
        with table_file(file, columns) as write, _progress(found.first_at, found.last_at) as told:
            async for records in found.record_chunks:
                rows = export_rows(what, records, roster)
                write(rows)
                count += len(rows)
                told(_time_of(records[-1]))
    return count


def export_rows(what: str, records: Sequence[Any], roster: Roster) -> list[ExportRow]:
    """The rows that these records are in the shape of `show`."""
    from nof1tui.cli.show import rows as show_rows

    def name(record: Any) -> str:
        return roster.trader(record.account.trader).name

    match what:
        case "equity":
            return [build_equity_row(row, name(row)) for row in records]
        case "positions":
            return [build_position_row(row, held, name(row)) for row in records for held in row.positions]
        case "prices":
            return [build_price_row(price) for price in records]
        case "chat":
            return [build_chat_row(decision, name(decision), full=True) for decision in records]
        case "events":
            return show_rows.event_rows(records, roster)
        case _:
            return show_rows.trade_rows(records, roster)


def _time_of(record: object) -> datetime:
    match record:
        case Trade():
            return record.exit_at
        case AccountRow() | Price():
            return record.observed_at
        case Decision() | Event():
            return record.at
    raise TypeError(type(record).__name__)


@contextmanager
def _progress(first: datetime | None, last: datetime | None) -> Iterator[Callable[[datetime], None]]:
    """A bar over the time that is written, on a terminal; silence elsewhere."""
    if first is None or last is None or not sys.stderr.isatty():
        yield lambda at: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    begin, whole = first, max((last - first).total_seconds(), 1.0)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("exporting", total=whole)
        yield lambda at: bar.update(
            task, completed=(at - begin).total_seconds(), description=f"{at:%Y-%m-%d %H:%M}"
        )
