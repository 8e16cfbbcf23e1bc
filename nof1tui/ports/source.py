"""Sources of records: an arena's feeds, and the chain behind wallets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.fills.fill import Fill
from nof1tui.domain.fills.reconciliation import ChainState
from nof1tui.domain.health import LoadProgress
from nof1tui.domain.records import Feed

ProgressCallback = Callable[[LoadProgress], None]
"""Called from time to time while a large response is received."""


def ignore_progress(loading: LoadProgress) -> None:
    """A ProgressCallback that does nothing."""


class Source(Protocol):
    """A source of records: a set of feeds, each polled on its own."""

    @property
    def name(self) -> str: ...

    @property
    def feeds(self) -> Sequence[Feed]: ...

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        """The new records of this feed, given the board so far.

        Raises SourceUnavailable, or SourceMalformed for a wrong envelope.
        """
        ...

    async def aclose(self) -> None: ...


class Chain(Protocol):
    """Read access to wallets on the chain. Every method raises SourceUnavailable."""

    async def fetch_state(self, wallet: str) -> ChainState:
        """Account value and positions of the wallet now, over all its markets."""
        ...

    async def fetch_fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        """Fills of the wallet from `since` on."""
        ...

    async def aclose(self) -> None: ...
