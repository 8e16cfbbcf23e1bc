"""What the rooms ask of each other, and the errors they may raise. No implementation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from nof1tui.domain.alerts.alert import Alert, Way
from nof1tui.domain.alerts.evaluate import Memory, Place, Watched
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event, EventKind
from nof1tui.domain.events.position_history import PositionLife
from nof1tui.domain.fills.fill import Fill
from nof1tui.domain.fills.reconciliation import ChainState
from nof1tui.domain.health import FeedHealth, Loading
from nof1tui.domain.metrics.basic import TradeStats
from nof1tui.domain.records import (
    AccountKey,
    Batch,
    Decision,
    DecisionTexts,
    Feed,
    Position,
    Reject,
    Side,
    Trade,
)
from nof1tui.domain.series.curve import Line


class SourceUnavailable(Exception):
    """The arena did not give a usable answer; the next try may. `str()` is fit for the screen."""

    def __init__(self, reason: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after_s = retry_after_s


class SourceMalformed(SourceUnavailable):
    """An answer came, but its envelope is not what the contract says."""

    reject: Reject | None = None
    """The beginning of what came, where it is worth keeping."""


class StoreUnavailable(Exception):
    """The store cannot be reached now; trying again makes sense."""


class StoreRejected(Exception):
    """The store is there but will not take this batch: repeating it cannot help."""


class StoreRefused(Exception):
    """The store must not be used as it is (newer schema, wrong credentials, foreign data)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the records of one kind."""

    read: int = 0
    new: int = 0
    revised: int = 0
    """Known by key, but with other content than before."""

    @property
    def known(self) -> int:
        return self.read - self.new - self.revised

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.read + other.read, self.new + other.new, self.revised + other.revised)


@dataclass(frozen=True, slots=True)
class Written:
    """What one `write` did, by kind (`accounts`, `positions`, `trades`, `decisions`, `prices`,
    `analytics`, `inceptions`, `quarantine`)."""

    tallies: Mapping[str, Tally] = field(default_factory=dict)


Progress = Callable[[Loading], None]
"""Hears now and then how much of a large answer has come."""


def unheard(loading: Loading) -> None:
    """Nobody wants to know."""


class Source(Protocol):
    """An arena: a set of feeds, each asked for by itself."""

    @property
    def name(self) -> str: ...

    @property
    def feeds(self) -> Sequence[Feed]: ...

    async def fetch(self, feed: Feed, board: Board, progress: Progress = unheard) -> Batch:
        """What is new in this feed, given what the board already has.

        Raises SourceUnavailable, or SourceMalformed when the answer's envelope is wrong.
        """
        ...

    async def aclose(self) -> None: ...


class Chain(Protocol):
    """What the chain knows of wallets. Every method raises SourceUnavailable."""

    async def state(self, wallet: str) -> ChainState:
        """What the wallet holds now, over all its markets."""
        ...

    async def fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        """What it traded from then on."""
        ...

    async def aclose(self) -> None: ...


class Sink(Protocol):
    """Where batches are kept. Exactly once, however often the same is written."""

    async def write(self, batch: Batch, events: Sequence[Event] = ()) -> Written:
        """Commit one batch with the events it brought about, in one transaction.

        Raises StoreUnavailable; the same call may then be repeated. Raises StoreRejected.
        """
        ...

    async def write_health(self, health: FeedHealth) -> None:
        """Keep a feed's health for `status`. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page ended: the next one begins after it."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Filter:
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
    acting: bool = False
    """Of decisions: only those with a signal that is more than to hold."""


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Inventory:
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

    async def extent(self) -> tuple[datetime, datetime] | None:
        """Time of the oldest and of the newest account row; None while there is none."""
        ...

    async def steps(
        self, around: datetime, direction: Literal["before", "after"], limit: int = 1
    ) -> Sequence[datetime]:
        """The moments nearest before or after this one at which accounts were observed, nearest first."""
        ...

    async def trades(self, wanted: Filter = EVERYTHING, after: Key | None = None) -> Sequence[Trade]: ...

    async def trade_totals(self, wanted: Filter = EVERYTHING) -> TradeStats:
        """The sums of all trades that match, whatever the limit."""
        ...

    async def decisions(
        self, wanted: Filter = EVERYTHING, after: Key | None = None, *, with_texts: bool = False
    ) -> Sequence[Decision]: ...

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None: ...

    async def events(self, wanted: Filter = EVERYTHING, after: Key | None = None) -> Sequence[Event]: ...

    async def price_series(
        self, since: datetime, until: datetime, coins: Sequence[str] | None = None
    ) -> Mapping[str, Line]:
        """What a chart of this range can show: every peak and trough of it, few of the points between.

        A line may begin a little before `since`. Without `coins` those of all that have points.
        """
        ...

    async def position_life(self, account: AccountKey, position: Position, until: datetime) -> PositionLife:
        """What became of an open position from its entry up to a moment; empty where nothing is known."""
        ...

    async def inventory(self) -> Inventory: ...


class Engine(Protocol):
    """What runs behind the screen: opens the store, collects, and publishes boards."""

    async def run(self, publish: Callable[[Board], None]) -> None:
        """Run until cancelled. `publish` is called in the event loop, newest board last.

        The first board published is the stored one, so that the screen is not blank for long.
        Raises StoreRefused when the store must not be used; network and database faults do not
        end it, they show in `Board.health`.
        """
        ...

    def poll_now(self) -> None:
        """Ask every feed at once, whatever its cadence (not those under back-off by upstream's wish)."""
        ...

    def change_pace(self, factor: float) -> float:
        """Multiply every interval (2.0: half as often); returns the factor now in force."""
        ...

    @property
    def history(self) -> History | None:
        """The store's past; None while there is no store."""
        ...


class WayFailed(Exception):
    """An alert did not get out this way. `str()` says why, without secrets."""


class AlertWay(Protocol):
    """One way out for alerts. It sees to its own time limit and tries."""

    async def send(self, alert: Alert) -> None:
        """Raises WayFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of an alert on one way out."""

    way: Way
    state: Literal["waiting", "sending", "sent", "failed"]
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What `AlertBook.keep` did."""

    new: frozenset[str] = frozenset()
    """Ids of the alerts that nobody had kept before: ours to send."""
    outdated: bool = False
    """Another instance has judged meanwhile: what we knew is not what is kept."""


class AlertBook(Protocol):
    """Where alerts and what is known of rules are kept: each alert once, whoever judges."""

    async def load(self, since: datetime) -> tuple[Memory, Sequence[Alert]]:
        """What is known, and the alerts told since that nobody has begun to send on some way.

        Raises StoreUnavailable.
        """
        ...

    async def keep(self, watched: Mapping[Place, Watched], alerts: Sequence[Alert]) -> Kept:
        """Commit all of it at once. Of a subject that another has judged meanwhile neither is kept.

        Raises StoreUnavailable; the same call may then be repeated.
        """
        ...

    async def note(self, alert_id: str, delivery: Delivery) -> bool:
        """Write down how far a delivery is; False where it was further already. Raises StoreUnavailable."""
        ...
