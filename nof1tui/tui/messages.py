"""Textual messages used across the app."""

from __future__ import annotations

from textual.message import Message

from nof1tui.domain.board import Board


class BoardUpdated(Message):
    """The engine published a board; a newer one replaces one still queued."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, BoardUpdated)
