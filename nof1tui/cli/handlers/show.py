"""`show`: reads one table of the store and prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import Flags
from nof1tui.cli.run_command import run_command
from nof1tui.cli.show.query import ShowQuery, ShowResult, run_show_query
from nof1tui.cli.time_option import parse_moment_option
from nof1tui.domain.export.formats import as_csv, as_json
from nof1tui.domain.export.rows import CHAT_TEXT_KEYS, EXPORT_COLUMNS
from nof1tui.domain.export.stats_rows import COIN_COLUMNS, STATS_COLUMNS
from nof1tui.errors import print_progress
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_arena_roster
from nof1tui.settings.model import Settings
from nof1tui.store.reading.reader import Reader

if TYPE_CHECKING:
    from nof1tui.domain.events.event import EventKind

TABLE_LIMIT = 40
"""Rows of a table for people where no limit is given; JSON and CSV have all."""


def build_query(
    what: str,
    form: str | None,
    *,
    trader: str | None,
    coin: str | None,
    since: str | None,
    limit: int | None,
    as_of: str | None,
    kinds: tuple[EventKind, ...],
    full: bool,
) -> ShowQuery:
    """The query of these options; `since` is relative to `as_of`. Raises click.BadParameter."""
    moment = parse_moment_option(as_of) if as_of else None
    start = parse_moment_option(since, moment) if since else None
    if limit is None and form is None and what in ("trades", "chat", "events"):
        limit = TABLE_LIMIT
    return ShowQuery(what, trader, coin, moment, start, limit or None, full, kinds)


def print_records(flags: Flags, query: ShowQuery, form: str | None) -> None:
    """Run the query and print its rows as a table, or in the form `json` or `csv`."""
    settings = flags.load()
    result = run_command(flags, lambda: _read(settings, query))
    if form == "json":
        document = {
            "what": query.what,
            "as_of": query.as_of,
            "source": settings.source,
            "rows": result.rows,
        }
        click.echo(as_json({**document, **result.extra}))
    elif form == "csv":
        click.echo(as_csv(_columns(query), result.rows), nl=False)
    else:
        from nof1tui.cli.show.table import print_result

        print_result(query, result, source=settings.source)


def _columns(query: ShowQuery) -> tuple[str, ...]:
    """Keys of the rows, in order."""
    figures = {"stats": STATS_COLUMNS, "coins": COIN_COLUMNS}
    return figures.get(query.what) or EXPORT_COLUMNS[query.what] + (CHAT_TEXT_KEYS if query.full else ())


async def _read(settings: Settings, query: ShowQuery) -> ShowResult:
    roster = load_arena_roster(settings)
    async with open_store(settings, create=False, on_progress=print_progress) as store:
        return await run_show_query(Reader(store.database, roster), query)
