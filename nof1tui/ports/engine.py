"""What runs behind the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from nof1tui.domain.board import Board
from nof1tui.ports.history import History


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
