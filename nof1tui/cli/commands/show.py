"""Declares `show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nof1tui.cli.options import common_options, flags_of
from nof1tui.cli.time_option import MomentParam

if TYPE_CHECKING:
    from nof1tui.domain.events.event import EventKind

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
"""Options that apply to a table, besides --json, --csv, --limit and --as-of."""
EVENT_KINDS = (
    *("opened", "closed", "increased", "reduced", "flipped", "leverage", "plan", "liquidation", "lead"),
    *("rank", "joined", "coin", "trade", "down", "up", "drift", "alert"),
)
"""Those of `domain.events`, which is too heavy to import for `--help`."""

_EPILOG = """\b
Examples:
  nof1-tui show leaderboard --json --as-of '2025-10-26 04:19'
  nof1-tui show trades --trader deepseek-chat-v3.1 --since -7d
  nof1-tui show stats --since -7d --csv
  nof1-tui show events --kind plan --kind liquidation --since -1d
  nof1-tui show chat --full --limit 1
  nof1-tui show stats --explain list
  nof1-tui show stats --trader gpt-5 --explain sharpe

WHEN is 2025-10-27 14:00, ISO 8601, -6h, -2d, -30m, today, yesterday or now; UTC where no zone is
given. --since counts from --as-of.
"""


@click.command("show", epilog=_EPILOG)
@click.argument("what", type=click.Choice(SHOW_TABLES))
@click.option("--json", "form", flag_value="json", help="One JSON document with stable keys.")
@click.option("--csv", "form", flag_value="csv", help="A header line and the rows.")
@click.option("--trader", metavar="ID", help="Only this trader: its id or its name.")
@click.option("--coin", metavar="C", help="Only this coin.")
@click.option("--since", type=MomentParam(), help="From this time.")
@click.option("--limit", type=click.IntRange(min=0), help="Maximum rows, newest first (0 = all).")
@click.option("--as-of", type=MomentParam(), help="As of this time.")
@click.option(
    "--kind", "kinds", type=click.Choice(EVENT_KINDS), multiple=True, help="events: only this kind."
)
@click.option("--full", is_flag=True, help="chat: also reasoning, answer and prompt.")
@click.option("--explain", metavar="KEY", help="Explain this figure of every row; `list` lists the keys.")
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
    explain: str | None,
) -> None:
    """Print a table of the store: for people, as JSON or as CSV."""
    given = {"trader": trader, "coin": coin, "since": since, "full": full, "kind": kinds}
    for name, value in given.items():
        if value and name not in APPLICABLE_OPTIONS[what]:
            raise click.UsageError(f"--{name} does not apply to {what}", ctx)
    if explain and form == "csv":
        raise click.UsageError("--explain does not go with --csv; --json has all", ctx)
    from nof1tui.cli.handlers.show import build_query, print_explanation, print_figures, print_records

    query = build_query(
        what, form, trader=trader, coin=coin, since=since, limit=limit, as_of=as_of, kinds=kinds, full=full
    )
    if explain == "list":
        print_figures(what, form)
    elif explain:
        print_explanation(flags_of(ctx), query, form, explain)
    else:
        print_records(flags_of(ctx), query, form)
