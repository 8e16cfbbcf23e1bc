"""`status`: the state of store, collector and feeds, read from the store."""

from __future__ import annotations

from typing import Any

import click

from nof1tui import __version__
from nof1tui.cli.options import Flags
from nof1tui.cli.output.openmetrics import render_openmetrics
from nof1tui.cli.output.status_document import StoreStatus, status_document, unreachable_document
from nof1tui.cli.run_command import run_command
from nof1tui.domain.export.formats import as_json
from nof1tui.errors import EXIT_FAILURE, UsageError, UserError, print_progress
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_arena_roster, utc_now
from nof1tui.settings.model import Settings
from nof1tui.store.reading.checks import read_checks
from nof1tui.store.reading.quarantine import read_drift
from nof1tui.store.reading.reader import Reader


def print_status(flags: Flags, form: str | None) -> int:
    """Print the status as a table, or in the form `json` or `metrics`; returns the exit code.

    Raises UsageError where the store is missing or unreachable, after printing the document.
    """
    settings = flags.load()
    try:
        status = run_command(flags, lambda: _read_status(settings))
    except UserError as error:
        if form:
            _print(unreachable_document(settings.source, error.message), form)
        raise UsageError(error.message) from error
    document = status_document(status, settings.source)
    _print(document, form)
    return 0 if document["state"] == "live" else EXIT_FAILURE


async def _read_status(settings: Settings) -> StoreStatus:
    async with open_store(settings, create=False, on_progress=print_progress) as store:
        reader = Reader(store.database, load_arena_roster(settings))
        return StoreStatus(
            server=store.label,
            revision=await reader.revision(),
            rows=dict((await reader.inventory()).rows),
            feeds=tuple(await reader.feed_states()),
            drift=await read_drift(store.database),
            checks=tuple((await read_checks(store.database)).values()),
            collector=await reader.collector_state(),
            now=utc_now(),
        )


def _print(document: dict[str, Any], form: str | None) -> None:
    match form:
        case "json":
            click.echo(as_json(document))
        case "metrics":
            click.echo(render_openmetrics(document, __version__), nl=False)
        case _:
            from nof1tui.cli.output.status_table import print_status_table

            print_status_table(document)
