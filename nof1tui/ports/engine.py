"""The engine behind the screens: opens the store, collects or follows, and publishes boards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from nof1tui.domain.board import Board
from nof1tui.ports.history import History


class Engine(Protocol):
    """Opens the store, collects or follows, and publishes boards."""

    async def run(self, publish: Callable[[Board], None]) -> None:
        """Run until cancelled. `publish` is called in the event loop, newest board last.

        The first board published is the stored one, so that figures are shown early.
        Raises StoreUnusable when the store must not be used; network and database faults do not
        end it and are reported in `Board.health`.
        """
        ...

    def poll_now(self) -> None:
        """Poll every feed now, except those that the API has asked to back off."""
        ...

    def change_pace(self, factor: float) -> float:
        """Multiply every poll interval (2.0: half as often); returns the factor now in force."""
        ...

    @property
    def history(self) -> History | None:
        """Access to stored records; None without a store."""
        ...
