"""Who may appear in an arena, and the clock of the real world. Imports nothing heavy."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from nof1tui.domain.roster import Roster, Season, TraderInfo, parse_roster

if TYPE_CHECKING:
    from nof1tui.settings import Settings

SIMULATED = Season("demo", "Simulated season")


def load_roster(settings: Settings) -> Roster:
    """The program's roster with the settings' own traders. Raises RosterError."""
    roster = parse_roster(files("nof1tui").joinpath("roster.toml").read_text("utf-8"))
    own = tuple(
        TraderInfo(
            id=table.id,
            name=table.name or table.id,
            maker=table.maker,
            color=table.color,
            wallet=table.wallet,
        )
        for table in settings.traders
    )
    return Roster(roster.seasons, (*roster.traders, *own), roster.open_season)


def demo_roster(settings: Settings) -> Roster:
    """The same traders in a season that nobody mistakes for a real one."""
    return Roster(traders=load_roster(settings).traders, open_season=SIMULATED)


def real_time() -> datetime:
    return datetime.now(UTC)
