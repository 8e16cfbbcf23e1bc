"""Reading the past: boards at a moment, pages of records, series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event, EventKind
from nof1tui.domain.events.position_history import PositionHistory
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.records import (
    AccountKey,
    Decision,
    DecisionTexts,
    Position,
    Side,
    Trade,
)
from nof1tui.domain.series.curve import TimeSeries


@dataclass(frozen=True, slots=True)
class PageCursor:
    """Where a page ended: the next one begins after it."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What records to read; None does not restrict. Times include both ends."""

    traders: Sequence[str] | None = None
    coin: str | None = None
    """Of a trade or an event; of decisions those that say something about it."""
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    season: str | None = None
    side: Side | None = None
    """Of trades and events."""
    won: bool | None = None
    """Of trades: net P&L above zero, or not."""
    text: str | None = None
    """Words in a decision's summary and reasoning, as people type them: `word "a phrase" -not`."""
    kinds: Sequence[EventKind] | None = None
    """Of events."""
    actions_only: bool = False
    """Of decisions: only those with a signal that is more than to hold."""


NO_FILTER = RecordFilter()


@dataclass(frozen=True, slots=True)
class StoreInventory:
    """What a store holds."""

    rows: Mapping[str, int]
    """By table, and of the view `positions`; estimates where a table is large."""
    bytes: int


class History(Protocol):
    """What was: boards of the past, records by the page, and the long texts a board leaves out.

    Records come newest first. Every method raises StoreUnavailable.
    """

    async def board(self, as_of: datetime | None = None) -> Board:
        """The newest state, or the state as of a moment."""
        ...

    async def time_range(self) -> tuple[datetime, datetime] | None:
        """Time of the oldest and of the newest account row; None while there is none."""
        ...

    async def observation_times(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> Sequence[datetime]:
        """The moments nearest before or after this one at which accounts were observed, nearest first."""
        ...

    async def trades(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None
    ) -> Sequence[Trade]: ...

    async def trade_totals(self, wanted: RecordFilter = NO_FILTER) -> TradeStats:
        """The sums of all trades that match, whatever the limit."""
        ...

    async def decisions(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None, *, with_texts: bool = False
    ) -> Sequence[Decision]: ...

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None: ...

    async def events(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None
    ) -> Sequence[Event]: ...

    async def price_series(
        self, since: datetime, until: datetime, coins: Sequence[str] | None = None
    ) -> Mapping[str, TimeSeries]:
        """What a chart of this range can show: every peak and trough of it, few of the points between.

        A line may begin a little before `since`. Without `coins` those of all that have points.
        """
        ...

    async def position_history(
        self, account: AccountKey, position: Position, until: datetime
    ) -> PositionHistory:
        """What became of an open position from its entry up to a moment; empty where nothing is known."""
        ...

    async def inventory(self) -> StoreInventory: ...
