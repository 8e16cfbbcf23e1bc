"""`show`: print once and exit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import Flags, common_options, flags_of
from nof1tui.cli.time_option import MomentParam, parse_moment_option
from nof1tui.domain.events.event import ALL_EVENT_KINDS
from nof1tui.domain.export.formats import as_csv, as_json
from nof1tui.domain.export.rows import CHAT_TEXT_KEYS, EXPORT_COLUMNS
from nof1tui.errors import print_progress

if TYPE_CHECKING:
    from nof1tui.cli.show.query import ShowQuery, ShowResult
    from nof1tui.domain.events.event import EventKind
    from nof1tui.settings.model import Settings

TABLE_LIMIT = 40
"""Rows of a table where no limit is given; scripts get all."""
_NO_CHAT_MESSAGE = (
    "Wallets do not chat: the chain tells what they do, not why. `show trades` and `show events` print it."
)

SHOW_TABLES = ("leaderboard", "positions", "trades", "prices", "chat", "events", "stats", "coins")
APPLICABLE_OPTIONS = {
    "leaderboard": {"trader"},
    "positions": {"trader", "coin"},
    "trades": {"trader", "coin", "since"},
    "prices": {"coin"},
    "chat": {"trader", "coin", "since", "full"},
    "events": {"trader", "coin", "since", "kind"},
    "stats": {"trader", "since"},
    "coins": {"coin"},
}
"""Which options say anything about which rows."""

_EPILOG = """\b
Examples:
  nof1-tui show leaderboard --json --as-of '2025-10-26 04:19'
  nof1-tui show trades --trader deepseek-chat-v3.1 --since -7d
  nof1-tui show stats --since -7d --csv
  nof1-tui show events --kind plan --kind liquidation --since -1d
  nof1-tui show chat --full --limit 1

WHEN is 2025-10-27 14:00, ISO 8601, -6h, -2d, -30m, today, yesterday or now; UTC where no zone is
given. --since counts from --as-of.
"""


@click.command("show", epilog=_EPILOG)
@click.argument("what", type=click.Choice(SHOW_TABLES))
@click.option("--json", "form", flag_value="json", help="One JSON document with stable keys.")
@click.option("--csv", "form", flag_value="csv", help="A header line and the rows.")
@click.option("--trader", metavar="ID", help="Only this trader: its id or its name.")
@click.option("--coin", metavar="C", help="Only this coin.")
@click.option("--since", type=MomentParam(), help="Only what happened from then on.")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many rows, the newest; 0 is all.")
@click.option("--as-of", type=MomentParam(), help="As it was known at that moment.")
@click.option(
    "--kind", "kinds", type=click.Choice(ALL_EVENT_KINDS), multiple=True, help="events: only this kind."
)
@click.option("--full", is_flag=True, help="chat: also reasoning, answer and prompt.")
@common_options
@click.pass_context
def show_command(
    ctx: click.Context,
    what: str,
    form: str | None,
    trader: str | None,
    coin: str | None,
    since: str | None,
    limit: int | None,
    as_of: str | None,
    kinds: tuple[EventKind, ...],
    full: bool,
) -> None:
    """Print what the store knows, once: a table, JSON or CSV."""
    given = {"trader": trader, "coin": coin, "since": since, "full": full, "kind": kinds}
    for name, value in given.items():
        if value and name not in APPLICABLE_OPTIONS[what]:
            raise click.UsageError(f"--{name} says nothing about {what}", ctx)
    moment = parse_moment_option(as_of) if as_of else None
    if limit is None and form is None and what in ("trades", "chat", "events"):
        limit = TABLE_LIMIT
    from nof1tui.cli.show.query import ShowQuery

    start = parse_moment_option(since, moment) if since else None
    wish = ShowQuery(what, trader, coin, moment, start, limit or None, full, kinds)
    flags = flags_of(ctx)
    settings = flags.load()
    answer = _run_query(flags, settings, wish)
    if form == "json":
        document = {"what": what, "as_of": moment, "source": settings.source, "rows": answer.rows}
        click.echo(as_json({**document, **answer.extra}))
    elif form == "csv":
        click.echo(as_csv(_columns(what, full=full), answer.rows), nl=False)
    else:
        _print_table(wish, answer, silent=what == "chat" and settings.source == "hyperliquid")


def _columns(what: str, *, full: bool) -> tuple[str, ...]:
    """Keys of the rows, in order."""
    from nof1tui.domain.export.stats_rows import COIN_COLUMNS, STATS_COLUMNS

    more = {"stats": STATS_COLUMNS, "coins": COIN_COLUMNS}
    return more.get(what) or EXPORT_COLUMNS[what] + (CHAT_TEXT_KEYS if full else ())


def _run_query(flags: Flags, settings: Settings, wish: ShowQuery) -> ShowResult:
    from nof1tui.cli.run_command import run_command
    from nof1tui.cli.show.query import run_show_query
    from nof1tui.runtime.open_store import open_store
    from nof1tui.runtime.rosters import load_arena_roster
    from nof1tui.store.reading.reader import Reader

    async def look() -> ShowResult:
        roster = load_arena_roster(settings)
        async with open_store(settings, create=False, lasting=False, say=print_progress) as store:
            return await run_show_query(Reader(store.database, roster), wish)

    return run_command(flags, look)


def _print_table(wish: ShowQuery, answer: ShowResult, *, silent: bool) -> None:
    """Where those who trade are `silent`, that is why there is nothing."""
    from nof1tui.cli.output import tables
    from nof1tui.cli.show import columns

    printer = tables.Printer()
    if not answer.rows:
        printer.print_line(
            _NO_CHAT_MESSAGE if silent else _empty_message(wish, columns.format_as_of(wish.as_of))
        )
        return
    title = " · ".join(part for part in (answer.season, wish.what, columns.format_as_of(wish.as_of)) if part)
    printer.print_line(title)
    if wish.full:
        for row in answer.rows:
            printer.print_line(columns.render_full_chat(row))
    else:
        printer.print_table(columns.SHOW_COLUMNS[wish.what], answer.rows)
    if "totals" in answer.extra:
        printer.print_line(columns.render_totals(answer.extra["totals"]))
    shown = len(answer.rows)
    if answer.total is not None and answer.total > shown:
        printer.print_line(f"The newest {shown} of {answer.total:,}; --limit 0 prints all.")
    elif wish.limit == shown and wish.what == "chat":
        printer.print_line(f"The newest {shown}; --limit 0 prints all.")


def _empty_message(wish: ShowQuery, when: str) -> str:
    of = f" of {wish.trader}" if wish.trader else ""
    of += f" in {wish.coin}" if wish.coin else ""
    things = {"leaderboard": "account rows", "stats": "account rows", "chat": "decisions"}.get(
        wish.what, wish.what
    )
    known = "open " if wish.what == "positions" else ""
    return f"There are no {known}{things}{of} in the store, {when}."
