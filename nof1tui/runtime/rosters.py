"""Rosters of each kind of arena, and the current time. Imports nothing heavy."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import (
    WALLET_SEASON,
    Roster,
    RosterError,
    Season,
    TraderInfo,
    normalise_id,
    parse_roster,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nof1tui.settings.model import Settings
    from nof1tui.settings.tables import TraderTable

SIMULATED_SEASON = Season("demo", "Simulated season")
_NOF1_HOST = "nof1.ai"
FIRST_SEASON = "s1"
"""The season whose wallets are in the program's roster."""


def load_roster(settings: Settings) -> Roster:
    """The program's roster and the traders of the settings; dated seasons only for nof1's own server.

    Another server is one season: nof1's dates mean nothing there. Raises RosterError.
    """
    known = parse_roster(files("nof1tui").joinpath("roster.toml").read_text("utf-8"))
    own = tuple(_trader_from_table(table, known.trader(table.id)) for table in settings.traders)
    _reject_duplicates(own)
    seasons = known.seasons if _is_nof1(settings) else ()
    return Roster(seasons, (*known.traders, *own), known.open_season)


def _is_nof1(settings: Settings) -> bool:
    host = urlsplit(settings.api_url).hostname or ""
    return host == _NOF1_HOST or host.endswith(f".{_NOF1_HOST}")


def _trader_from_table(table: TraderTable, known: TraderInfo) -> TraderInfo:
    """A trader of the settings; missing values are those of the program's roster."""
    return TraderInfo(
        id=table.id,
        name=table.name or known.name,
        maker=table.maker or known.maker,
        kind=known.kind,
        color=table.color or known.color,
        wallet=table.wallet or known.wallet,
        capital_usd=table.capital_usd,
    )


def _reject_duplicates(traders: tuple[TraderInfo, ...]) -> None:
    ids: dict[str, TraderInfo] = {}
    wallets: dict[str, TraderInfo] = {}
    for trader in traders:
        twin = ids.setdefault(normalise_id(trader.id), trader)
        if twin is not trader:
            raise RosterError(f"[[trader]] {trader.id}: {twin.id} has the same id")
        twin = wallets.setdefault((trader.wallet or trader.id).lower(), trader)
        if twin is not trader:
            raise RosterError(f"[[trader]] {trader.id}: {twin.id} has the same wallet, {trader.wallet}")


def load_arena_roster(settings: Settings) -> Roster:
    """The roster of the arena that the settings name. Raises RosterError."""
    return wallet_roster(settings) if settings.source == "hyperliquid" else load_roster(settings)


def wallet_roster(settings: Settings) -> Roster:
    """The roster of an arena of wallets: traders of the settings with a wallet, else all with a known wallet.

    Raises RosterError.
    """
    roster = load_roster(settings)
    own = {normalise_id(table.id) for table in settings.traders}
    traders = tuple(trader for trader in roster.traders if trader.wallet)
    chosen = tuple(trader for trader in traders if normalise_id(trader.id) in own)
    latest = {normalise_id(trader.id): trader for trader in (chosen or traders)}
    return Roster(traders=tuple(latest.values()), open_season=WALLET_SEASON)


def wallet_lookup(settings: Settings) -> Callable[[AccountKey], str | None]:
    """A function that returns an account's wallet, or None.

    Wallets of the settings are known in any season, those of the program in the first only.
    """
    roster = load_roster(settings)
    own = {normalise_id(table.id) for table in settings.traders if table.wallet}

    def wallet_of(key: AccountKey) -> str | None:
        known = key.season == FIRST_SEASON or normalise_id(key.trader) in own
        return roster.trader(key.trader).wallet if known and not key.competition else None

    return wallet_of


def demo_roster(settings: Settings) -> Roster:
    """The traders of the roster in the simulated season, whose capital is its own."""
    traders = tuple(replace(trader, capital_usd=None) for trader in load_roster(settings).traders)
    return Roster(traders=traders, open_season=SIMULATED_SEASON)


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)
