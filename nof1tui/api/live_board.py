"""The newest board, as the follower of the store publishes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from nof1tui.domain.board import Board

BoardListener = Callable[[Board, Board], None]
"""Called with the board before and the new one."""


class LiveBoard:
    """The newest board and when it was published; it calls its listeners at each new one."""

    def __init__(self, board: Board, clock: Callable[[], datetime]) -> None:
        self.board = board
        self.published_at = clock()
        self.read_at: datetime | None = None
        """When a board last came from an answering store; None before the first."""
        self.generation = 0
        self._clock = clock
        self._listeners: list[BoardListener] = []

    def publish(self, board: Board) -> None:
        """Take the board in, and call the listeners."""
        before, self.board = self.board, board
        self.generation += 1
        self.published_at = self._clock()
        if board.health.store.failure is None:
            self.read_at = self.published_at
        for listener in self._listeners:
            listener(before, board)

    def listen(self, listener: BoardListener) -> None:
        """Call the listener at every new board."""
        self._listeners.append(listener)

    @property
    def store_failure(self) -> str | None:
        """Why the store does not answer, or None."""
        return self.board.health.store.failure
