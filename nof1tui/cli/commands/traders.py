"""`traders`: who is in this arena, and what the chain says of their wallets."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from nof1tui.cli.options import common_options, flags_of
from nof1tui.domain.export.formats import as_json
from nof1tui.domain.redaction import redact
from nof1tui.domain.roster import Roster, RosterError, normalise_id
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.errors import EXIT_FAILURE, UsageError, print_progress
from nof1tui.runtime.rosters import load_arena_roster, utc_now

if TYPE_CHECKING:
    from nof1tui.cli.output.tables import PrintedColumn
    from nof1tui.cli.wallet_check import WalletCheck
    from nof1tui.settings.model import Settings

_STATE_LABELS = {"ok": "ok", "warning": "warn", "fault": "FAULT"}
_WALLETS_HINT = """\
To watch wallets of your own, put tables like this one into the config file (`nof1-tui config path` names it)
and set NOF1_SOURCE=hyperliquid:

[[trader]]
id = "my-agent"
wallet = "0x…"      # the account's address, 40 hexadecimal digits
"""

_EPILOG = """\b
Examples:
  nof1-tui traders list
  NOF1_SOURCE=hyperliquid nof1-tui traders check

docs/hyperliquid.md tells how wallets become an arena.
"""


@click.group("traders", epilog=_EPILOG)
@common_options
def traders_command() -> None:
    """Who is in the arena of the settings, and whether the chain knows their wallets."""


@traders_command.command("list", epilog="Example:  nof1-tui traders list --json")
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@common_options
@click.pass_context
def traders_list_command(ctx: click.Context, as_document: bool) -> None:
    """Print who is known: name, maker, colour, wallet, starting capital and where it comes from."""
    settings = flags_of(ctx).load()
    roster = _roster(settings)
    rows = _rows(settings, roster)
    if as_document:
        click.echo(as_json({"what": "traders", "source": settings.source, "rows": rows}))
        return
    from nof1tui.cli.output.tables import Printer

    printer = Printer()
    if rows:
        printer.print_table(_list_columns(), rows)
    for trader in _unwatched(settings, roster):
        printer.print_line(
            f"{trader} has no wallet, neither in the config file nor by its id: it is not watched."
        )
    if not settings.traders:
        printer.print_line(f"\n{_WALLETS_HINT}".rstrip())


@traders_command.command("check", epilog="Example:  nof1-tui traders check --json")
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@common_options
@click.pass_context
def traders_check_command(ctx: click.Context, as_document: bool) -> None:
    """Ask the chain about every wallet: its role, equity, positions, beginning, builder markets.

    Exit code 0: nothing speaks against watching them. 1: a wallet is no account to watch, or was
    not answered.
    """
    from nof1tui.cli.run_command import run_command

    flags = flags_of(ctx)
    settings = flags.load()
    roster = _roster(settings)
    if not any(trader.wallet for trader in roster.traders):
        raise UsageError(f"no trader here has a wallet.\n{_WALLETS_HINT}")
    found = [_without_wallet(trader) for trader in _unwatched(settings, roster)]
    found += run_command(flags, lambda: _check_wallets(settings, roster))
    faults = [checked for checked in found if checked.state == "fault"]
    if as_document:
        rows = [asdict(checked) for checked in found]
        for row in rows:
            row["since_at"] = row.pop("since")
            del row["silent"]
        url = redact(settings.chain_url)
        click.echo(as_json({"what": "wallets", "ok": not faults, "server": url, "rows": rows}))
    else:
        _print(found)
    ctx.exit(EXIT_FAILURE if faults else 0)


def _roster(settings: Settings) -> Roster:
    try:
        return load_arena_roster(settings)
    except RosterError as error:
        raise UsageError(sanitise_line(str(error), 300)) from error


def _unwatched(settings: Settings, roster: Roster) -> list[str]:
    """Traders of the settings that an arena of wallets has no wallet of."""
    if settings.source != "hyperliquid":
        return []
    return [table.id for table in settings.traders if not roster.trader(table.id).wallet]


def _without_wallet(trader: str) -> WalletCheck:
    from nof1tui.cli.wallet_check import WalletCheck

    return WalletCheck(trader, None, "fault", "no wallet, neither in the config file nor by its id")


def _rows(settings: Settings, roster: Roster) -> list[dict[str, Any]]:
    """In the colours of the dark screens: those of their own where no two are too much alike."""
    from nof1tui.domain.records import AccountKey
    from nof1tui.tui.style.identities import TraderIdentities

    faces, season = TraderIdentities(roster), roster.open_season.slug
    capitals = {normalise_id(table.id): table.capital_usd for table in settings.traders}
    on_chain = settings.source == "hyperliquid"
    rows: list[dict[str, Any]] = []
    for trader in {normalise_id(trader.id): trader for trader in roster.traders}.values():
        name = normalise_id(trader.id)
        capital = capitals.get(name) if on_chain else None
        told_by = "deposits" if on_chain else "arena"
        rows.append(
            {
                "trader": trader.id,
                "name": trader.name,
                "maker": trader.maker,
                "kind": trader.kind,
                "color": faces.identity_of(AccountKey(season, trader.id)).color,
                "wallet": trader.wallet,
                "capital_usd": capital,
                "capital_from": told_by if capital is None else "config",
                "known_from": "config" if name in capitals else "program",
            }
        )
    return rows


def _list_columns() -> tuple[PrintedColumn, ...]:
    from nof1tui.cli.output.tables import PrintedColumn
    from nof1tui.tui.style.format import usd

    told = {"deposits": "what was put into it", "arena": "what the arena says", "config": "config file"}
    return (
        PrintedColumn("", lambda row: "██", align_right=False, style_of=lambda row: row["color"]),
        PrintedColumn("Trader", lambda row: sanitise_line(row["trader"], 40), align_right=False),
        PrintedColumn("Name", lambda row: sanitise_line(row["name"], 40), 60, align_right=False),
        PrintedColumn("Maker", lambda row: sanitise_line(row["maker"] or "–", 24), 20, align_right=False),
        PrintedColumn("Colour", lambda row: row["color"], 10, align_right=False),
        PrintedColumn("Wallet", lambda row: row["wallet"] or "none", align_right=False),
        PrintedColumn(
            "Capital", lambda row: "–" if row["capital_usd"] is None else usd(row["capital_usd"]), 50
        ),
        PrintedColumn("Told by", lambda row: told[row["capital_from"]], 40, align_right=False),
    )


async def _check_wallets(settings: Settings, roster: Roster) -> list[WalletCheck]:
    """One wallet after the other, with half the weights of a minute: a collector may share the address."""
    from nof1tui.cli.wallet_check import check_wallets
    from nof1tui.runtime.arenas import watched_wallets
    from nof1tui.sources.http.client import HttpClient, Limits, make_client
    from nof1tui.sources.hyperliquid.client import InfoClient
    from nof1tui.sources.hyperliquid.rate_limit import WEIGHT_BUDGET, RateLimiter

    timeout_s = settings.http_timeout_s
    client = make_client(settings.chain_url, timeout_s=timeout_s, proxy=settings.proxy_url())
    async with client:
        info = InfoClient(
            HttpClient(client, limits=Limits(timeout_s)), RateLimiter(most=WEIGHT_BUDGET // 2), utc_now
        )
        wallets = watched_wallets(settings, roster)
        return await check_wallets(info, wallets, settings.hyperliquid_dexes, utc_now, print_progress)


def _print(found: list[WalletCheck]) -> None:
    from nof1tui.cli.output.tables import PrintedColumn, Printer
    from nof1tui.tui.style.format import usd

    def money(value: float | None) -> str:
        return "–" if value is None else usd(value)

    columns = (
        PrintedColumn("", lambda row: _STATE_LABELS[row["state"]]),
        PrintedColumn("Trader", lambda row: sanitise_line(row["trader"], 32), align_right=False),
        PrintedColumn("Role", lambda row: sanitise_line(row["role"] or "–", 16), 50, align_right=False),
        PrintedColumn("Equity", lambda row: money(row["equity_usd"])),
        PrintedColumn("Positions", lambda row: "–" if row["positions"] is None else str(row["positions"])),
        PrintedColumn("Since", lambda row: row["since"].strftime("%Y-%m-%d") if row["since"] else "–", 60),
        PrintedColumn("Capital", lambda row: money(row["capital_usd"]), 40),
        PrintedColumn(
            "Builder markets",
            lambda row: sanitise_line(" ".join(row["markets"]) or "–", 40),
            align_right=False,
        ),
    )
    printer = Printer()
    printer.print_table(columns, [asdict(checked) for checked in found])
    for checked in found:
        if checked.found:
            printer.print_line(
                f"{_STATE_LABELS[checked.state]}: {checked.trader} ({checked.wallet or 'none'}): {checked.found}"
            )
