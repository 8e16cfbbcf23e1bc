"""`status`: the state of store, collector and feeds, read from the store."""

from __future__ import annotations

import click

from nof1tui import __version__
from nof1tui.cli.options import Flags
from nof1tui.cli.output.openmetrics import render_openmetrics
from nof1tui.cli.output.status_document import status_document
from nof1tui.cli.run_command import run_command
from nof1tui.domain.export.formats import as_json
from nof1tui.domain.figures.arena_view import ArenaView, CollectorView, StoreView
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.health import Health
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.errors import EXIT_FAILURE, UsageError, UserError, print_progress
from nof1tui.runtime.arenas import spool_folders
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_arena_roster, utc_now
from nof1tui.settings.model import Settings
from nof1tui.store.reading.checks import read_checks
from nof1tui.store.reading.quarantine import read_drift
from nof1tui.store.reading.reader import CollectorState, Reader


def print_status(flags: Flags, form: str | None) -> int:
    """Print the status as a table, or in the form `json`, `metrics` or `metrics-traders`.

    Returns the exit code. Raises UsageError where the store is missing or unreachable, after printing the
    document.
    """
    settings = flags.load()
    try:
        arena = run_command(flags, lambda: _read_arena(settings, with_accounts=form == "metrics-traders"))
    except UserError as error:
        if form:
            store = StoreView(failure=error.message)
            _print(ArenaView(utc_now(), settings.source, store=store), form)
        raise UsageError(error.message) from error
    _print(arena, form)
    return 0 if arena.state == "live" and not arena.store.rejected else EXIT_FAILURE


async def _read_arena(settings: Settings, *, with_accounts: bool) -> ArenaView:
    async with open_store(settings, create=False, on_progress=print_progress) as store:
        reader, now = Reader(store.database, load_arena_roster(settings)), utc_now()
        feeds = await reader.feed_states()
        accounts = Views(await reader.board(), now, StatsCache()).accounts if with_accounts else ()
        usages = spool_folders(settings).usages()
        return ArenaView(
            now=now,
            source=settings.source,
            health=Health({feed.feed: feed for feed in feeds}),
            collector=collector_view(await reader.collector_state()),
            store=StoreView(
                store.label,
                await reader.revision(),
                waiting=sum(usage.records for usage in usages if usage.is_own),
                rejected=sum(usage.rejected for usage in usages if usage.is_own),
                elsewhere=sum(usage.records + usage.rejected for usage in usages if not usage.is_own),
                rows=(await reader.inventory()).rows,
            ),
            checks=tuple((await read_checks(store.database)).values()),
            drift=await read_drift(store.database),
            accounts=accounts,
        )


def collector_view(state: CollectorState | None) -> CollectorView:
    """The collector that holds the lease now; a former one is none."""
    if state is None or not state.leads:
        return CollectorView()
    return CollectorView("collector", state.holder, state.since)


def _print(arena: ArenaView, form: str | None) -> None:
    match form:
        case "json":
            click.echo(as_json(status_document(arena)))
        case "metrics" | "metrics-traders":
            click.echo(render_openmetrics(arena, __version__), nl=False)
        case _:
            from nof1tui.cli.output.status_table import print_status_table

            print_status_table(arena)
