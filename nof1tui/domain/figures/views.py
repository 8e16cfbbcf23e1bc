"""What figures are read from: one view of each account, position, trade, coin, feed, decision and event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from nof1tui.domain.board import Quote
from nof1tui.domain.decisions.attribution import Attribution
from nof1tui.domain.decisions.outcomes import DecisionFigures
from nof1tui.domain.events.event import Event
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.metrics.crowding import CoinCrowding, Crowding
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Decision,
    Feed,
    Position,
    Price,
    Reconciliation,
    Trade,
)
from nof1tui.domain.returns.capital import Capital
from nof1tui.domain.roster import TraderInfo
from nof1tui.domain.series.curve import Curve
from nof1tui.domain.stats.stats_cache import TraderFigures
from nof1tui.domain.stats.upstream_diff import UpstreamDiff


class Observation(Struct, frozen=True):
    """One stored row of an account, as in `export --what equity`."""

    row: AccountRow
    trader: TraderInfo
    capital_usd: float | None = None

    @property
    def account(self) -> AccountKey:
        return self.row.account

    @property
    def subject(self) -> Subject:
        return Subject(self.row.account)

    @property
    def observed_at(self) -> datetime:
        return self.row.observed_at


class AccountView(Struct, frozen=True):
    """An account on a board: its newest row, its place in the leaderboard, and its statistics on demand."""

    row: AccountRow
    trader: TraderInfo
    leaderboard_row: LeaderboardRow
    """Always of the season; figures of a span come from `stats`."""
    read_stats: Callable[[], TraderFigures]
    """Computes the statistics of all accounts of the board when first called."""
    read_reported: Callable[[], tuple[UpstreamDiff, ...]]
    """Figures as the API reports them, beside the computed ones; empty for a span with a start."""
    read_capital: Callable[[], Capital]
    curve: Curve | None = None
    check: Reconciliation | None = None
    """The latest comparison with the chain; None where the wallet is unknown."""
    outcomes: DecisionFigures | None = None
    """None where decisions were not read."""
    is_of_season: bool = True
    """Whether the figures are those of the whole season, not of a span."""

    @property
    def account(self) -> AccountKey:
        return self.row.account

    @property
    def subject(self) -> Subject:
        return Subject(self.row.account)

    @property
    def observed_at(self) -> datetime:
        return self.row.observed_at

    @property
    def capital_usd(self) -> float | None:
        return self.read_capital().usd

    @property
    def capital_reason(self) -> str | None:
        """How the capital was inferred, or why it is unknown; None where it is stated."""
        return self.read_capital().reason

    @property
    def stats(self) -> TraderFigures:
        """All statistics of the account in the span."""
        return self.read_stats()

    @property
    def trade_stats(self) -> TradeStats:
        """Sums over the closed trades; those of the season need no statistics."""
        return self.leaderboard_row.stats if self.is_of_season else self.stats.trades.totals


class PositionView(Struct, frozen=True):
    """An open position of an account row."""

    holder: AccountView | Observation
    position: Position

    @property
    def account(self) -> AccountKey:
        return self.holder.row.account

    @property
    def trader(self) -> TraderInfo:
        return self.holder.trader

    @property
    def subject(self) -> Subject:
        return Subject(self.holder.row.account, self.position.coin)

    @property
    def observed_at(self) -> datetime:
        return self.holder.row.observed_at


class TradeView(Struct, frozen=True):
    """A closed trade."""

    trade: Trade
    trader: TraderInfo

    @property
    def account(self) -> AccountKey:
        return self.trade.account

    @property
    def subject(self) -> Subject:
        return Subject(self.trade.account, self.trade.coin)

    @property
    def observed_at(self) -> datetime:
        return self.trade.exit_at


class CoinView(Struct, frozen=True):
    """A coin: its price, and the models' positions in it."""

    coin: str
    price: Price | None = None
    quote: Quote | None = None
    """The price with the one before it; None for a stored price."""
    crowd: CoinCrowding | None = None
    """None where no model has a position."""
    crowding: Crowding | None = None
    positions_at: datetime | None = None
    """Time of the newest account row, of which the positions are."""

    @property
    def subject(self) -> Subject:
        return Subject(coin=self.coin)

    @property
    def observed_at(self) -> datetime | None:
        """Time of the price."""
        return self.price.observed_at if self.price else None

    def known_at(self, feed: Feed) -> datetime | None:
        """Time of the record behind a figure that needs this feed: the price, or the positions."""
        return self.observed_at if feed is Feed.PRICES else self.positions_at


class FeedView(Struct, frozen=True):
    """A feed at a moment, by the local clock and by the API's."""

    health: FeedHealth
    now: datetime
    upstream_now: datetime
    """The same moment on the API's clock, by which ages of records are computed."""

    @property
    def subject(self) -> Subject:
        return Subject(feed=self.health.feed)

    @property
    def observed_at(self) -> datetime:
        return self.now


class DecisionView(Struct, frozen=True):
    """A decision with the orders that its signals caused."""

    decision: Decision
    trader: TraderInfo
    links: tuple[Attribution, ...] | None = None
    """One for each signal, in order; None where orders were not looked up."""

    @property
    def account(self) -> AccountKey:
        return self.decision.account

    @property
    def subject(self) -> Subject:
        return Subject(self.decision.account)

    @property
    def observed_at(self) -> datetime:
        return self.decision.at


class EventView(Struct, frozen=True):
    """An event with its description in words."""

    event: Event
    trader: TraderInfo | None = None
    """None for events of a feed or of a coin."""
    detail: str = ""

    @property
    def account(self) -> AccountKey | None:
        return self.event.account

    @property
    def subject(self) -> Subject:
        return Subject(self.event.account, self.event.coin, self.event.feed)

    @property
    def observed_at(self) -> datetime:
        return self.event.at
