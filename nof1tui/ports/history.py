"""Access to stored records: boards as of a time, pages of records, series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

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


class PageCursor(Struct, frozen=True, gc=False):
    """Key of the last record of a page; the next page begins after it."""

    at: datetime
    id: str


class RecordFilter(Struct, frozen=True):
    """Which records to read; None does not restrict. Both times are inclusive."""

    traders: Sequence[str] | None = None
    coin: str | None = None
    """Of trades and events; of decisions those with a signal for it."""
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    season: str | None = None
    side: Side | None = None
    """Side of trades and events."""
    won: bool | None = None
    """Of trades: whether net P&L is above zero."""
    text: str | None = None
    """Search in a decision's summary and reasoning: `word "a phrase" -not`."""
    kinds: Sequence[EventKind] | None = None
    """Kinds of events."""
    actions_only: bool = False
    """Of decisions: only those with a signal other than hold."""


NO_FILTER = RecordFilter()


class StoreInventory(Struct, frozen=True):
    """Row counts and size of a store."""

    rows: Mapping[str, int]
    """By table, and of the view `positions`; estimated for large tables."""
    bytes: int
    """Size on disk."""


class History(Protocol):
    """Stored boards, pages of records, and the long texts that boards leave out.

    Records are returned newest first. Every method raises StoreUnavailable.
    """

    async def board(self, as_of: datetime | None = None) -> Board:
        """The newest board, or the board as of a time."""
        ...

    async def time_range(self) -> tuple[datetime, datetime] | None:
        """Times of the oldest and the newest account row; None without rows."""
        ...

    async def observation_times(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> Sequence[datetime]:
        """The nearest times before or after this one at which accounts were observed, nearest first."""
        ...

    async def trades(
        self, wanted: RecordFilter = NO_FILTER, after: PageCursor | None = None
    ) -> Sequence[Trade]: ...

    async def trade_totals(self, wanted: RecordFilter = NO_FILTER) -> TradeStats:
        """Statistics of all trades that match; the limit does not apply."""
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
        """Prices of this range, downsampled for a chart with every peak and trough kept.

        A series may begin shortly before `since`. Without `coins`, all coins with points.
        """
        ...

    async def position_history(
        self, account: AccountKey, position: Position, until: datetime
    ) -> PositionHistory:
        """The history of an open position from its entry up to a time; empty if nothing is stored."""
        ...

    async def inventory(self) -> StoreInventory:
        """Row counts and size of the store."""
        ...
