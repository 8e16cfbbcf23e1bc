"""`show`: print once and exit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from nof1tui.cli import show_rows as rows_of
from nof1tui.cli.choosing import EVERYBODY, Chosen, NoSuchTrader, choose_coin, choose_trader
from nof1tui.cli.options import Flags, common_options, flags_of
from nof1tui.cli.trouble import Misuse, said_on_stderr
from nof1tui.domain.moment import UnknownMoment, parse_moment
from nof1tui.domain.shapes import COLUMNS, FULL_CHAT, Row, as_csv, as_json

if TYPE_CHECKING:
    from nof1tui.domain.board import Board
    from nof1tui.settings import Settings
    from nof1tui.store.reader import Filter, Reader

TABLE_LIMIT = 40
"""Rows of a table where no limit is given; scripts get all."""

WHAT = ("leaderboard", "positions", "trades", "prices", "chat")
RESTRICTS = {
    "leaderboard": {"trader"},
    "positions": {"trader", "coin"},
    "trades": {"trader", "coin", "since"},
    "prices": {"coin"},
    "chat": {"trader", "coin", "since", "full"},
}
"""Which options say anything about which rows."""

EPILOG = """\b
Examples:
  nof1-tui show leaderboard --json --as-of '2025-10-26 04:19'
  nof1-tui show trades --trader deepseek-chat-v3.1 --since -7d
  nof1-tui show chat --full --limit 1

WHEN is 2025-10-27 14:00, ISO 8601, -6h, -2d, -30m, today, yesterday or now; UTC where no zone is
given. --since counts from --as-of.
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for."""

    what: str
    trader: str | None
    coin: str | None
    as_of: datetime | None
    since: datetime | None
    limit: int | None
    full: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store says to it."""

    rows: list[Row]
    season: str | None = None
    found: int | None = None
    """Rows there would have been without the limit, where that is known."""
    more: dict[str, Any] = field(default_factory=dict)


class Moment(click.ParamType[str]):
    """A WHEN, kept as text: what it means depends on the other options."""

    name = "WHEN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        meant(str(value))
        return str(value)


def meant(text: str, now: datetime | None = None) -> datetime:
    from nof1tui.cli.rosters import real_time

    try:
        return parse_moment(text, now or real_time())
    except UnknownMoment as error:
        raise click.BadParameter(str(error)) from error


@click.command("show", epilog=EPILOG)
@click.argument("what", type=click.Choice(WHAT))
@click.option("--json", "form", flag_value="json", help="One JSON document with stable keys.")
@click.option("--csv", "form", flag_value="csv", help="A header line and the rows.")
@click.option("--trader", metavar="ID", help="Only this trader: its id or its name.")
@click.option("--coin", metavar="C", help="Only this coin.")
@click.option("--since", type=Moment(), help="Only what happened from then on.")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many rows, the newest; 0 is all.")
@click.option("--as-of", type=Moment(), help="As it was known at that moment.")
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
    full: bool,
) -> None:
    """Print what the store knows, once: leaderboard, positions, trades, prices or chat."""
    given = {"trader": trader, "coin": coin, "since": since, "full": full}
    for name, value in given.items():
        if value and name not in RESTRICTS[what]:
            raise click.UsageError(f"--{name} says nothing about {what}", ctx)
    moment = meant(as_of) if as_of else None
    if limit is None and form is None and what in ("trades", "chat"):
        limit = TABLE_LIMIT
    start = meant(since, moment) if since else None
    wish = Wish(what, trader, coin, moment, start, limit or None, full)
    flags = flags_of(ctx)
    settings = flags.load()
    answer = _asked(flags, settings, wish)
    if form == "json":
        document = {"what": what, "as_of": moment, "source": settings.source, "rows": answer.rows}
        click.echo(as_json({**document, **answer.more}))
    elif form == "csv":
        columns = COLUMNS[what] + (FULL_CHAT if full else ())
        click.echo(as_csv(columns, answer.rows), nl=False)
    else:
        _print_table(wish, answer)


def _asked(flags: Flags, settings: Settings, wish: Wish) -> Answer:
    from nof1tui.cli.rosters import load_roster
    from nof1tui.cli.running import run_command
    from nof1tui.cli.store import open_store
    from nof1tui.store.reader import Reader

    async def look() -> Answer:
        roster = load_roster(settings)
        async with open_store(settings, create=False, say=said_on_stderr) as store:
            return await answered(Reader(store.database, roster), wish)

    return run_command(flags, look)


async def answered(reader: Reader, wish: Wish) -> Answer:
    """Read what the wish needs, and no more. Raises Misuse for a trader that nobody knows."""
    from nof1tui.store.reader import Filter

    if wish.what == "prices":
        prices = rows_of.price_rows(await reader.prices(wish.as_of))
        coin = wish.coin and choose_coin(wish.coin, (row["coin"] for row in prices))
        return _cut(wish, [row for row in prices if coin in (None, row["coin"])])
    board = await reader.board(wish.as_of)
    season = board.season.name if board.season else None
    chosen = _chosen(wish.trader, board)
    coin = wish.coin and choose_coin(wish.coin, _coins(board))
    if wish.what == "leaderboard":
        return _cut(wish, rows_of.leaderboard_rows(board, chosen), season)
    if wish.what == "positions":
        return _cut(wish, rows_of.position_rows(board, chosen, coin), season)
    wanted = Filter(chosen.ids, coin, wish.since, wish.as_of)
    if wish.what == "trades":
        return await _trades(reader, wish, wanted, chosen, board)
    return await _chat(reader, wish, wanted, chosen, board)


async def _trades(reader: Reader, wish: Wish, wanted: Filter, chosen: Chosen, board: Board) -> Answer:
    """The sums are those of all trades that match, however few of them are printed."""
    trades = [trade for trade in await reader.trades(wanted) if chosen.covers(trade.account)]
    more = {"totals": rows_of.trade_totals(trades), "by_trader": rows_of.totals_by_trader(trades)}
    rows = rows_of.trade_rows(trades[: wish.limit], board.roster)
    return Answer(rows, found=len(trades), more=more)


async def _chat(reader: Reader, wish: Wish, wanted: Filter, chosen: Chosen, board: Board) -> Answer:
    from dataclasses import replace

    if chosen.competition is None:
        wanted = replace(wanted, limit=wish.limit)
    decisions = [
        decision
        for decision in await reader.decisions(wanted, with_texts=wish.full)
        if chosen.covers(decision.account)
    ]
    return Answer(rows_of.chat_rows(decisions[: wish.limit], board.roster, full=wish.full))


def _cut(wish: Wish, rows: list[Row], season: str | None = None) -> Answer:
    return Answer(rows[: wish.limit], season, found=len(rows))


def _chosen(trader: str | None, board: Board) -> Chosen:
    if trader is None:
        return EVERYBODY
    accounts = [*board.accounts, *board.trades, *(decision.account for decision in board.decisions)]
    try:
        return choose_trader(trader, board.roster, accounts)
    except NoSuchTrader as error:
        raise Misuse(str(error)) from error


def _coins(board: Board) -> set[str]:
    held = {position.coin for row in board.accounts.values() for position in row.positions}
    traded = {trade.coin for log in board.trades.values() for trade in log.trades}
    return held | traded | set(board.prices)


def _print_table(wish: Wish, answer: Answer) -> None:
    from nof1tui.cli import tables

    printer = tables.Printer()
    if not answer.rows:
        printer.say(_nothing(wish, tables.when(wish.as_of)))
        return
    title = " · ".join(part for part in (answer.season, wish.what, tables.when(wish.as_of)) if part)
    printer.say(title)
    if wish.full:
        for row in answer.rows:
            printer.say(tables.full_chat(row))
    else:
        printer.table(tables.VIEWS[wish.what], answer.rows)
    if "totals" in answer.more:
        printer.say(tables.totals_line(answer.more["totals"]))
    shown = len(answer.rows)
    if answer.found is not None and answer.found > shown:
        printer.say(f"The newest {shown} of {answer.found:,}; --limit 0 prints all.")
    elif wish.limit == shown and wish.what == "chat":
        printer.say(f"The newest {shown}; --limit 0 prints all.")


def _nothing(wish: Wish, when: str) -> str:
    of = f" of {wish.trader}" if wish.trader else ""
    of += f" in {wish.coin}" if wish.coin else ""
    things = {"leaderboard": "account rows", "chat": "decisions"}.get(wish.what, wish.what)
    known = "open " if wish.what == "positions" else ""
    return f"There are no {known}{things}{of} in the store, {when}."
