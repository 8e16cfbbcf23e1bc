"""Known seasons and traders, read from a data file. Unknown ones are shown under their ids."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from nof1tui.domain.records import AccountKey

TraderKind = Literal["model", "benchmark"]

_GRACE = timedelta(days=14)
"""Rows this long after a season's end still belong to it."""


class RosterError(ValueError):
    """The roster file is invalid. `str()` names the table and the fault."""


class Season(Struct, frozen=True, gc=False):
    """One season: slug, name, dates and starting capital."""

    slug: str
    name: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    capital_usd: float | None = None
    """Starting capital of every account without an inception record; None where the season states none."""


class TraderInfo(Struct, frozen=True, gc=False):
    """Name, kind and looks of one trader."""

    id: str
    name: str
    maker: str | None = None
    kind: TraderKind = "model"
    color: str | None = None
    """`#rrggbb`; traders without one get a colour of the theme's palette."""
    wallet: str | None = None
    known: bool = True
    capital_usd: float | None = None
    """Starting capital of the settings; None leaves it to the arena."""


OPEN_SEASON = Season(slug="open", name="Alpha Arena")
"""The season of records outside all seasons of the roster."""
WALLET_SEASON = Season(slug="hyperliquid", name="Hyperliquid wallets")
"""The season of watched wallets; the chain has their fills but no decisions."""


def normalise_id(text: str) -> str:
    """The canonical form of an id (contract 2): lower case; white space, `.`, `_` and `-` become `-`."""
    return re.sub(r"[\s._-]+", "-", text.strip().lower())


@dataclass(frozen=True, slots=True)
class Roster:
    """All known seasons and traders, looked up by slug, time and id."""

    seasons: tuple[Season, ...] = ()
    traders: tuple[TraderInfo, ...] = ()
    open_season: Season = OPEN_SEASON
    _by_id: dict[str, TraderInfo] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {normalise_id(trader.id): trader for trader in self.traders}
        object.__setattr__(self, "_by_id", by_id)

    def season_at(self, moment: datetime) -> Season:
        """The season a record of this time belongs to."""
        for season in sorted(
            (season for season in self.seasons if season.starts_at is not None),
            key=lambda season: season.starts_at or moment,
            reverse=True,
        ):
            if season.starts_at is not None and season.starts_at <= moment:
                ended = season.ends_at is not None and moment >= season.ends_at + _GRACE
                return self.open_season if ended else season
        return self.open_season

    def capital(self, key: AccountKey, inception_usd: float | None = None) -> float | None:
        """Starting capital, USD: by the settings, the account's inception record or its season; else None."""
        configured_usd = self.trader(key.trader).capital_usd
        if configured_usd is not None:
            return configured_usd
        return self.season(key.season).capital_usd if inception_usd is None else inception_usd

    def season(self, slug: str) -> Season:
        """The season with this slug; an unknown slug gives a season named after it."""
        for season in self.seasons:
            if season.slug == slug:
                return season
        return self.open_season if slug == self.open_season.slug else Season(slug=slug, name=slug)

    def trader(self, trader_id: str) -> TraderInfo:
        """The trader with this id in any spelling; an unknown one is named after its id."""
        known = self._by_id.get(normalise_id(trader_id))
        return known if known else TraderInfo(id=trader_id, name=trader_id, known=False)


def parse_roster(text: str) -> Roster:
    """The roster in a TOML text with `[[season]]` and `[[trader]]` tables.

    Raises RosterError naming the invalid table.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RosterError(f"the roster is not valid TOML: {error}") from error
    seasons = tuple(_season(table) for table in tables.get("season", ()))
    traders = tuple(_trader(table) for table in tables.get("trader", ()))
    return Roster(seasons=seasons, traders=traders)


def _season(table: dict[str, Any]) -> Season:
    try:
        return Season(
            slug=table["slug"],
            name=table["name"],
            starts_at=_moment(table.get("starts_at")),
            ends_at=_moment(table.get("ends_at")),
            capital_usd=float(table["capital_usd"]) if "capital_usd" in table else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RosterError(f"[[season]] {table.get('slug', '?')}: {error}") from error


def _trader(table: dict[str, Any]) -> TraderInfo:
    kind = table.get("kind", "model")
    if "id" not in table or kind not in ("model", "benchmark"):
        raise RosterError(f"[[trader]] {table.get('id', '?')}: needs an id and a kind of model or benchmark")
    return TraderInfo(
        id=table["id"],
        name=table.get("name", table["id"]),
        maker=table.get("maker"),
        kind=kind,
        color=table.get("color"),
        wallet=table.get("wallet"),
    )


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a date and time")
    return value if value.tzinfo else value.replace(tzinfo=UTC)
