"""What the rooms ask of each other, and the errors they may raise. No implementation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from nof1tui.domain.board import Board
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.model import Batch, DecisionTexts, Feed


class SourceUnavailable(Exception):
    """The arena did not give a usable answer; the next try may. `str()` is fit for the screen."""

    def __init__(self, reason: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after_s = retry_after_s


class SourceMalformed(SourceUnavailable):
    """An answer came, but its envelope is not what the contract says."""


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


class Source(Protocol):
    """An arena: a set of feeds, each asked for by itself."""

    @property
    def name(self) -> str: ...

    @property
    def feeds(self) -> Sequence[Feed]: ...

    async def fetch(self, feed: Feed, board: Board) -> Batch:
        """What is new in this feed, given what the board already has.

        Raises SourceUnavailable, or SourceMalformed when the answer's envelope is wrong.
        """
        ...

    async def aclose(self) -> None: ...


class Sink(Protocol):
    """Where batches are kept. Exactly once, however often the same is written."""

    async def write(self, batch: Batch) -> Written:
        """Commit one batch. Raises StoreUnavailable; the same call may then be repeated."""
        ...

    async def write_health(self, health: FeedHealth) -> None:
        """Keep a feed's health for `status`. Raises StoreUnavailable."""
        ...


class History(Protocol):
    """What was: boards of the past and the long texts a board leaves out."""

    async def board(self, as_of: datetime | None = None) -> Board:
        """The newest state, or the state as of a moment. Raises StoreUnavailable."""
        ...

    async def decision_texts(self, decision_id: str) -> DecisionTexts | None: ...


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
