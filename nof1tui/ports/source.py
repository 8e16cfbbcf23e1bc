"""Sources of records: an arena's feeds, and the chain behind wallets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from nof1tui.domain.board import Board
from nof1tui.domain.fills.fill import Fill
from nof1tui.domain.fills.reconciliation import ChainState
from nof1tui.domain.health import LoadProgress
from nof1tui.domain.records import (
    Batch,
    Feed,
)

ProgressCallback = Callable[[LoadProgress], None]
"""Hears now and then how much of a large answer has come."""


def ignore_progress(loading: LoadProgress) -> None:
    """Nobody wants to know."""


class Source(Protocol):
    """An arena: a set of feeds, each asked for by itself."""

    @property
    def name(self) -> str: ...

    @property
    def feeds(self) -> Sequence[Feed]: ...

    async def fetch(self, feed: Feed, board: Board, progress: ProgressCallback = ignore_progress) -> Batch:
        """What is new in this feed, given what the board already has.

        Raises SourceUnavailable, or SourceMalformed when the answer's envelope is wrong.
        """
        ...

    async def aclose(self) -> None: ...


class Chain(Protocol):
    """What the chain knows of wallets. Every method raises SourceUnavailable."""

    async def fetch_state(self, wallet: str) -> ChainState:
        """What the wallet holds now, over all its markets."""
        ...

    async def fetch_fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        """What it traded from then on."""
        ...

    async def aclose(self) -> None: ...
