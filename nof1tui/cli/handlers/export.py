"""`export`: writes one table of the store to a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from nof1tui.cli.options import Flags
from nof1tui.cli.output.files import FILE_FORMATS, table_file
from nof1tui.cli.run_command import run_command
from nof1tui.cli.show import record_views
from nof1tui.cli.time_option import parse_moment_option
from nof1tui.domain.events.event import Event
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.export.rows import rows_of
from nof1tui.domain.figures.views import (
    CoinView,
    DecisionView,
    EventView,
    Observation,
    PositionView,
    TradeView,
)
from nof1tui.domain.records import AccountKey, AccountRow, Decision, Price, Trade
from nof1tui.domain.returns.capital import Capital, capital_of_row
from nof1tui.domain.roster import Roster
from nof1tui.errors import UsageError, print_progress
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_arena_roster
from nof1tui.settings.model import Settings
from nof1tui.store.reading.export_cursor import open_export_stream
from nof1tui.store.reading.reader import Reader

_ExportView = CoinView | DecisionView | EventView | Observation | PositionView | TradeView
_RECORD_KIND_OF_TABLE = {
    "equity": "accounts",
    "positions": "accounts",
    "trades": "trades",
    "prices": "prices",
    "chat": "decisions",
    "events": "events",
}
"""Kind of the records that a table is made of."""


def export_table(
    flags: Flags, file: Path, what: str, *, since: str | None, until: str | None, force: bool
) -> None:
    """Write the table to the file and print the number of rows.

    `since` is relative to `until`. Raises UsageError for an existing file without `force`.
    """
    if file.suffix.lower() not in FILE_FORMATS:
        raise click.UsageError(
            f"FILE must end in {', '.join(FILE_FORMATS)}: {file.name!a} does not",
            click.get_current_context(silent=True),
        )
    if file.exists() and not force:
        raise UsageError(f"{file} exists; use --force to overwrite")
    settings = flags.load()
    end = parse_moment_option(until) if until else None
    start = parse_moment_option(since, end) if since else None
    count = run_command(flags, lambda: _export(settings, file, what, start, end))
    click.echo(f"exported {count:,} rows of {what} to {file}")


async def _export(
    settings: Settings, file: Path, what: str, since: datetime | None, until: datetime | None
) -> int:
    roster, count, document = load_arena_roster(settings), 0, DOCUMENTS[what]
    async with (
        open_store(settings, create=False, on_progress=print_progress) as store,
        open_export_stream(store.database, _RECORD_KIND_OF_TABLE[what], since, until) as stream,
    ):
        capital = (await Reader(store.database, roster).board()).capital if what == "equity" else None
        figures = document.figures(full=True)
        with table_file(file, figures) as write, _progress(stream.first_at, stream.last_at) as advance:
            async for records in stream.record_chunks:
                rows = rows_of(document, export_views(what, records, roster, capital), full=True)
                write(rows)
                count += len(rows)
                advance(_time_of(records[-1]))
    return count


def export_views(
    what: str, records: Sequence[Any], roster: Roster, capital: Callable[[AccountKey], Capital] | None = None
) -> Sequence[_ExportView]:
    """Views for the rows of a table; those of `equity` need the capital of an account."""

    def observation(row: AccountRow) -> Observation:
        usd = capital(row.account).usd if capital else None
        return Observation(row, roster.trader(row.account.trader), usd or capital_of_row(row).usd)

    match what:
        case "equity":
            return [observation(row) for row in records]
        case "positions":
            return [PositionView(observation(row), its) for row in records for its in row.positions]
        case "prices":
            return record_views.price_views(records)
        case "chat":
            return [DecisionView(its, roster.trader(its.account.trader)) for its in records]
        case "events":
            return record_views.event_views(records, roster)
        case _:
            return record_views.trade_views(records, roster)


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
    """A progress bar over the exported time on a terminal; nothing elsewhere."""
    if first is None or last is None or not sys.stderr.isatty():
        yield lambda at: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    begin, total_s = first, max((last - first).total_seconds(), 1.0)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("exporting", total=total_s)
        yield lambda at: bar.update(
            task, completed=(at - begin).total_seconds(), description=f"{at:%Y-%m-%d %H:%M}"
        )
