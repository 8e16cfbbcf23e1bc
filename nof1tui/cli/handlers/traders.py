"""`traders`: prints the traders of the arena, and checks their wallets on chain."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from nof1tui.cli.options import Flags
from nof1tui.domain.export.formats import as_json
from nof1tui.domain.records import AccountKey
from nof1tui.domain.redaction import redact
from nof1tui.domain.roster import Roster, RosterError, normalise_id
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.errors import EXIT_FAILURE, UsageError, print_progress
from nof1tui.runtime.rosters import load_arena_roster, utc_now
from nof1tui.settings.model import Settings
from nof1tui.tui.style.format import usd
from nof1tui.tui.style.identities import TraderIdentities

if TYPE_CHECKING:
    from nof1tui.cli.wallet_check import WalletCheck

_STATE_LABELS = {"ok": "ok", "warning": "warn", "fault": "FAULT"}
_SOURCE_LABELS = {"deposits": "deposits", "arena": "arena", "config": "config file"}
_NO_WALLET = "no wallet in the config file and none known for this id"
_WALLETS_HINT = """\
To watch your own wallets, add tables like this to the config file (see `nof1-tui config path`)
and set NOF1_SOURCE=hyperliquid:

[[trader]]
id = "my-agent"
wallet = "0x…"      # the account's address, 40 hexadecimal digits
"""


def print_traders(flags: Flags, *, as_document: bool) -> None:
    """Print the traders as a table, or as one JSON document."""
    settings = flags.load()
    roster = _load_roster(settings)
    rows = _trader_rows(settings, roster)
    if as_document:
        click.echo(as_json({"what": "traders", "source": settings.source, "rows": rows}))
    else:
        _print_traders(settings, roster, rows)


def check_traders(flags: Flags, *, as_document: bool) -> int:
    """Check every wallet on chain, print the results; returns the exit code.

    Raises UsageError where no trader has a wallet.
    """
    from nof1tui.cli.run_command import run_command

    settings = flags.load()
    roster = _load_roster(settings)
    if not any(trader.wallet for trader in roster.traders):
        raise UsageError(f"no trader has a wallet.\n{_WALLETS_HINT}")
    checks = run_command(flags, lambda: _check_wallets(settings, roster))
    faults = [check for check in checks if check.state == "fault"]
    if as_document:
        rows = [asdict(check) for check in checks]
        for row in rows:
            row["since_at"] = row.pop("since")
            del row["silent"]
        url = redact(settings.chain_url)
        click.echo(as_json({"what": "wallets", "ok": not faults, "server": url, "rows": rows}))
    else:
        _print_checks(checks)
    return EXIT_FAILURE if faults else 0


def _load_roster(settings: Settings) -> Roster:
    try:
        return load_arena_roster(settings)
    except RosterError as error:
        raise UsageError(sanitise_line(str(error), 300)) from error


def _ids_without_wallet(settings: Settings, roster: Roster) -> list[str]:
    """Traders of the settings without a wallet; empty where the arena needs none."""
    if settings.source != "hyperliquid":
        return []
    return [table.id for table in settings.traders if not roster.trader(table.id).wallet]


def _trader_rows(settings: Settings, roster: Roster) -> list[dict[str, Any]]:
    """One row for each trader; colours are those of the dark theme."""
    identities, season = TraderIdentities(roster), roster.open_season.slug
    capitals = {normalise_id(table.id): table.capital_usd for table in settings.traders}
    on_chain = settings.source == "hyperliquid"
    rows: list[dict[str, Any]] = []
    for trader in {normalise_id(trader.id): trader for trader in roster.traders}.values():
        key = normalise_id(trader.id)
        capital = capitals.get(key)
        default_source = "deposits" if on_chain else "arena"
        rows.append(
            {
                "trader": trader.id,
                "name": trader.name,
                "maker": trader.maker,
                "kind": trader.kind,
                "color": identities.identity_of(AccountKey(season, trader.id)).color,
                "wallet": trader.wallet,
                "capital_usd": capital,
                "capital_from": default_source if capital is None else "config",
                "known_from": "config" if key in capitals else "program",
            }
        )
    return rows


def _print_traders(settings: Settings, roster: Roster, rows: list[dict[str, Any]]) -> None:
    from nof1tui.cli.output.tables import PrintedColumn, Printer

    columns = (
        PrintedColumn("", lambda row: "██", align_right=False, style_of=lambda row: row["color"]),
        PrintedColumn("Trader", lambda row: sanitise_line(row["trader"], 40), align_right=False),
        PrintedColumn("Name", lambda row: sanitise_line(row["name"], 40), 60, align_right=False),
        PrintedColumn("Maker", lambda row: sanitise_line(row["maker"] or "–", 24), 20, align_right=False),
        PrintedColumn("Colour", lambda row: row["color"], 10, align_right=False),
        PrintedColumn("Wallet", lambda row: row["wallet"] or "none", align_right=False),
        PrintedColumn("Capital", lambda row: _format_usd(row["capital_usd"]), 50),
        PrintedColumn("Source", lambda row: _SOURCE_LABELS[row["capital_from"]], 40, align_right=False),
    )
    printer = Printer()
    if rows:
        printer.print_table(columns, rows)
    for trader in _ids_without_wallet(settings, roster):
        printer.print_line(f"{trader} is not watched: {_NO_WALLET}.")
    if not settings.traders:
        printer.print_line(f"\n{_WALLETS_HINT}".rstrip())


async def _check_wallets(settings: Settings, roster: Roster) -> list[WalletCheck]:
    """The wallets one after the other, with half of the rate limit: a collector may share the address."""
    from nof1tui.cli.wallet_check import WalletCheck, check_wallets
    from nof1tui.runtime.arenas import watched_wallets
    from nof1tui.sources.http.client import HttpClient, Limits, make_client
    from nof1tui.sources.hyperliquid.client import InfoClient
    from nof1tui.sources.hyperliquid.rate_limit import WEIGHT_BUDGET, RateLimiter

    missing = [
        WalletCheck(trader, None, "fault", _NO_WALLET) for trader in _ids_without_wallet(settings, roster)
    ]
    timeout_s = settings.http_timeout_s
    client = make_client(settings.chain_url, timeout_s=timeout_s, proxy=settings.proxy_url())
    async with client:
        limiter = RateLimiter(budget=WEIGHT_BUDGET // 2)
        info = InfoClient(HttpClient(client, limits=Limits(timeout_s)), limiter, utc_now)
        wallets = watched_wallets(settings, roster)
        checks = await check_wallets(info, wallets, settings.hyperliquid_dexes, utc_now, print_progress)
    return missing + checks


def _print_checks(checks: list[WalletCheck]) -> None:
    from nof1tui.cli.output.tables import PrintedColumn, Printer

    columns = (
        PrintedColumn("", lambda row: _STATE_LABELS[row["state"]]),
        PrintedColumn("Trader", lambda row: sanitise_line(row["trader"], 32), align_right=False),
        PrintedColumn("Role", lambda row: sanitise_line(row["role"] or "–", 16), 50, align_right=False),
        PrintedColumn("Equity", lambda row: _format_usd(row["equity_usd"])),
        PrintedColumn("Positions", lambda row: "–" if row["positions"] is None else str(row["positions"])),
        PrintedColumn("Since", lambda row: row["since"].strftime("%Y-%m-%d") if row["since"] else "–", 60),
        PrintedColumn("Capital", lambda row: _format_usd(row["capital_usd"]), 40),
        PrintedColumn(
            "Builder markets",
            lambda row: sanitise_line(" ".join(row["markets"]) or "–", 40),
            align_right=False,
        ),
    )
    printer = Printer()
    printer.print_table(columns, [asdict(check) for check in checks])
    for check in checks:
        if check.found:
            wallet = check.wallet or "none"
            printer.print_line(f"{_STATE_LABELS[check.state]}: {check.trader} ({wallet}): {check.found}")


def _format_usd(value: float | None) -> str:
    return "–" if value is None else usd(value)
