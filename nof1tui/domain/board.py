"""The board: everything a screen may show of one season at one moment. Immutable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from nof1tui.domain.events.detector import RankingBasis
from nof1tui.domain.events.event import Event
from nof1tui.domain.events.window import RowWindow
from nof1tui.domain.health import Health
from nof1tui.domain.metrics.basic import TradeStats, trade_stats
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Analytics,
    Decision,
    Inception,
    Price,
    Reconciliation,
    Trade,
)
from nof1tui.domain.returns.capital import Capital, capital_of, capital_of_row
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.series.curve import Curve

ARENA_COINS = ("BTC", "ETH", "SOL", "BNB", "DOGE", "XRP")
"""Coins traded in the arena's seasons so far, in the order in which the arena lists them."""


class TradeLog(Struct, frozen=True):
    """One account's closed trades, newest first, and their statistics."""

    trades: tuple[Trade, ...] = ()
    stats: TradeStats = TradeStats()

    @classmethod
    def of(cls, trades: Iterable[Trade]) -> TradeLog:
        """The log of these trades, in any order."""
        ordered = tuple(sorted(trades, key=lambda trade: (trade.exit_at, trade.id), reverse=True))
        return cls(ordered, trade_stats(ordered))

    def extended(self, trades: Iterable[Trade]) -> TradeLog:
        """With these trades added or replaced by id; itself when nothing changes."""
        known = {trade.id: trade for trade in self.trades}
        fresh = {trade.id: trade for trade in trades if not _same_trade(known.get(trade.id), trade)}
        return TradeLog.of({**known, **fresh}.values()) if fresh else self


def _same_trade(old: Trade | None, new: Trade) -> bool:
    return old is not None and replace(old, fetched_at=new.fetched_at) == new


class Quote(Struct, frozen=True, gc=False):
    """A coin's newest price and the last one that differed from it."""

    price: Price
    previous: float | None = None

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 unchanged or unknown."""
        if self.previous is None or self.previous == self.price.price:
            return 0
        return 1 if self.price.price > self.previous else -1


def _empty_mapping() -> MappingProxyType[Any, Any]:
    return MappingProxyType({})


class Board(Struct, frozen=True, eq=False):
    """Everything a screen may show of one season, live or as of a past time."""

    roster: Roster
    season: Season | None = None
    as_of: datetime | None = None
    """The past time shown; None for live."""
    accounts: Mapping[AccountKey, AccountRow] = field(default_factory=_empty_mapping)
    curves: Mapping[AccountKey, Curve] = field(default_factory=_empty_mapping)
    inceptions: Mapping[AccountKey, Inception] = field(default_factory=_empty_mapping)
    trades: Mapping[AccountKey, TradeLog] = field(default_factory=_empty_mapping)
    analytics: Mapping[AccountKey, Analytics] = field(default_factory=_empty_mapping)
    """The API's own statistics, the newest of each account."""
    decisions: tuple[Decision, ...] = ()
    """Newest first, without their long texts."""
    prices: Mapping[str, Quote] = field(default_factory=_empty_mapping)
    """In `coin_order`."""
    events: tuple[Event, ...] = ()
    """Newest first."""
    new_events: tuple[Event, ...] = ()
    """All events derived from the last update."""
    event_window: RowWindow | None = None
    """Not compared: the rows from which further events are derived; None before the first row."""
    early_inceptions: tuple[Inception, ...] = ()
    """Not compared: inceptions that arrived before any record of a season."""
    leaderboard: tuple[LeaderboardRow, ...] = ()
    health: Health = Health()
    reconciliations: Mapping[AccountKey, Reconciliation] = field(default_factory=_empty_mapping)
    """Latest checks against the chain; always empty on boards of the past."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Board):
            return NotImplemented
        return bool(_compared_fields(self) == _compared_fields(other))

    @property
    def newest_at(self) -> datetime | None:
        """Time of the newest account row, by which freshness is judged."""
        return max((row.observed_at for row in self.accounts.values()), default=None)

    @property
    def ranking_basis(self) -> RankingBasis:
        """Roster and known capitals, by which accounts are ranked."""
        capitals = {key: item.capital_usd for key, item in self.inceptions.items() if item.capital_usd}
        return RankingBasis(self.roster, capitals)

    def capital(self, key: AccountKey) -> Capital:
        """Starting capital of an account: stated, else inferred from its rows, else unknown and why."""
        inception = self.inceptions.get(key)
        stated_usd = self.roster.capital(key, None if inception is None else inception.capital_usd)
        if stated_usd is not None:
            return Capital(stated_usd, "known")
        row, curve = self.accounts.get(key), self.curves.get(key)
        if curve is not None and curve.capital_usd is not None:
            return Capital(curve.capital_usd, "inferred", reason="from equity and cumulative percent")
        return capital_of_row(row) if row is not None else capital_of()

    def leaderboard_row(self, key: AccountKey) -> LeaderboardRow | None:
        """The row of this account, or None."""
        return next((row for row in self.leaderboard if row.account == key), None)


_compared_fields = attrgetter(
    *(name for name in Board.__struct_fields__ if name not in ("event_window", "early_inceptions"))
)


def coin_order(coin: str) -> tuple[int, str]:
    """Sort key of coins: those of the arena first, then by name."""
    return (ARENA_COINS.index(coin) if coin in ARENA_COINS else len(ARENA_COINS)), coin
