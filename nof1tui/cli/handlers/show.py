"""`show`: reads one table of the store and prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nof1tui.cli.options import Flags
from nof1tui.cli.run_command import run_command
from nof1tui.cli.show.query import ShowQuery, ShowResult, run_show_query
from nof1tui.cli.time_option import parse_moment_option
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.export.formats import as_csv, as_json
from nof1tui.domain.export.rows import rows_of
from nof1tui.domain.figures import catalogue
from nof1tui.errors import UsageError, print_progress
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_arena_roster, utc_now
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
    document = DOCUMENTS[query.what]
    if form == "json":
        envelope = _envelope(query.what, query, settings)
        rows = rows_of(document, result.views, full=query.full)
        click.echo(as_json({**envelope, "rows": rows, **result.extra}))
    elif form == "csv":
        rows = rows_of(document, result.views, full=query.full)
        click.echo(as_csv(document.keys(full=query.full), rows), nl=False)
    else:
        from nof1tui.cli.show.table import print_result

        print_result(query, result, source=settings.source)


def _envelope(what: str, query: ShowQuery, settings: Settings) -> dict[str, Any]:
    return {"what": what, "as_of": query.as_of, "since": query.since, "source": settings.source}


def print_figures(what: str, form: str | None) -> None:
    """Print the figures of a table, as a table or in the form `json`."""
    from nof1tui.cli.show import explanation

    figures = DOCUMENTS[what].figures(full=True)
    if form == "json":
        click.echo(as_json(explanation.figures_document(figures)))
    else:
        explanation.print_figures(figures)


def print_explanation(flags: Flags, query: ShowQuery, form: str | None, name: str) -> None:
    """Run the query and explain the figure of this name in each row. Raises UsageError for an unknown one."""
    from nof1tui.cli.show import explanation

    settings = flags.load()
    try:
        found = catalogue.default_catalogue().find(name, [DOCUMENTS[query.what].subject])
    except catalogue.UnknownFigure as error:
        raise UsageError(f"{error}\n`show {query.what} --explain list` prints all keys.") from error
    if found.notice:
        click.echo(found.notice, err=True)
    views = run_command(flags, lambda: _read(settings, query)).views
    if form == "json":
        envelope = _envelope("explain", query, settings)
        click.echo(as_json({**envelope, **explanation.explain_document(found.figure, views)}))
    else:
        explanation.print_explanations(found.figure, views)


async def _read(settings: Settings, query: ShowQuery) -> ShowResult:
    roster = load_arena_roster(settings)
    async with open_store(settings, create=False, on_progress=print_progress) as store:
        return await run_show_query(Reader(store.database, roster), query, utc_now())
