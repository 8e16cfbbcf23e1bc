"""The newest board, as the follower of the store publishes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from nof1tui.domain.board import Board

BoardListener = Callable[[Board, Board], None]
"""Called with the board before and the new one."""


class LiveBoard:
    """The newest board and when it was published; it calls its listeners at each new one."""

    def __init__(
        self, board: Board, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.board = board
        self.published_at = clock()
        self.generation = 0
        self._clock, self._monotonic = clock, monotonic
        self._read_at_s: float | None = None
        self._listeners: list[BoardListener] = []

    def publish(self, board: Board) -> None:
        """Take the board in, and call the listeners."""
        before, self.board = self.board, board
        self.generation += 1
        self.published_at = self._clock()
        if board.health.store.failure is None:
            self._read_at_s = self._monotonic()
        for listener in self._listeners:
            listener(before, board)

    def listen(self, listener: BoardListener) -> None:
        """Call the listener at every new board."""
        self._listeners.append(listener)

    @property
    def was_read(self) -> bool:
        """Whether a board has come from an answering store."""
        return self._read_at_s is not None

    @property
    def read_age_s(self) -> float | None:
        """Seconds since a board last came from an answering store; None before the first."""
        return None if self._read_at_s is None else self._monotonic() - self._read_at_s

    @property
    def store_failure(self) -> str | None:
        """Why the store does not answer, or None."""
        return self.board.health.store.failure
