"""What a screen may ask of the app around it. Screens know this protocol and never the app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from textual.content import Content
from textual.screen import Screen

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey, Decision, Trade
from nof1tui.ports.history import History
from nof1tui.tui.columns.trader import PositionRow
from nof1tui.tui.panes.status import MonitorStatus
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.style.list_entry import TextPart


class DetailPage(Protocol):
    """The page of one record. `about` is the account whose screen can be opened from it."""

    def show_text(
        self, subject: str, title: Content, text: Content, about: AccountKey | None = None
    ) -> None: ...

    def show_decision(
        self,
        decision: Decision,
        board: Board | None,
        history: History | None,
        about: AccountKey | None = None,
    ) -> None: ...

    def show_position(
        self, row: PositionRow, title: Content, history: History | None, about: AccountKey | None = None
    ) -> None: ...

    def show_trade(
        self, trade: Trade, title: Content, history: History | None, about: AccountKey | None = None
    ) -> None: ...

    def show_then_load(
        self,
        subject: str,
        title: Content,
        first: Callable[[str], list[TextPart]],
        told: Callable[[History], Awaitable[list[TextPart]]],
        history: History | None,
        what: str,
        about: AccountKey | None,
    ) -> None: ...


class ScreenContext(Protocol):
    """The app as its screens see it."""

    clock: Callable[[], datetime]
    stopped: str | None
    """Why no new board comes; None while boards come."""
    waiting_text: tuple[str, ...]
    """Text of an empty screen before the first board: a headline, and what to do."""
    source: str | None
    """Where the figures come from, as exports name it."""
    identities: TraderIdentities

    @property
    def board(self) -> Board | None:
        """The board on the screen; while paused or in the past it stays behind the newest one."""
        ...

    @property
    def newest(self) -> Board | None:
        """The board of now, whatever is on the screen."""
        ...

    @property
    def history(self) -> History | None:
        """The store's past; None while there is no store."""
        ...

    @property
    def detail(self) -> DetailPage: ...

    @property
    def visible_screen(self) -> Screen[Any]:
        """The visible board screen, whether or not a page lies over it."""
        ...

    @property
    def status(self) -> MonitorStatus: ...

    @property
    def sent_bytes(self) -> int | None:
        """Bytes written to the terminal so far; None where the driver does not count."""
        ...

    @property
    def theme_variables(self) -> Mapping[str, str]: ...

    def show_message(self, words: str) -> None:
        """Show a short notice."""
        ...

    def copy_to_terminal(self, text: str, what: str) -> None:
        """Put plain text into the terminal's clipboard; `what` names it in the notice."""
        ...

    def open_trader(self, account: AccountKey) -> None: ...

    def open_page(self, name: str) -> None:
        """Put an installed screen over the current one."""
        ...

    def close_page(self) -> None: ...

    def action_show(self, name: str) -> None:
        """Open one of the numbered screens."""
        ...
