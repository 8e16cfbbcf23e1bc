"""Messages that cross the whole app, on one page."""

from __future__ import annotations

from textual.message import Message

from nof1tui.domain.board import Board


class BoardUpdated(Message):
    """The engine published a board; a newer one takes the place of one still waiting."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, BoardUpdated)
