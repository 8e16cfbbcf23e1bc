"""The app as its screens see it. Screens depend on this protocol, never on the app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from textual.content import Content
from textual.screen import Screen

from nof1tui.domain.board import Board
from nof1tui.domain.figures.views import PositionView
from nof1tui.domain.records import AccountKey, Decision, Trade
from nof1tui.ports.history import History
from nof1tui.tui.panes.status import MonitorStatus
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.style.list_entry import TextPart


class DetailPage(Protocol):
    """The detail page of one record.

    `linked_account` is the account whose trader screen can be opened from the page; None where there is
    none, or the page was opened from that screen.
    """

    def show_text(
        self, record_id: str, title: Content, text: Content, linked_account: AccountKey | None = None
    ) -> None:
        """Fill the page with this text."""
        ...

    def show_decision(
        self,
        decision: Decision,
        board: Board | None,
        history: History | None,
        linked_account: AccountKey | None = None,
    ) -> None:
        """Fill the page with a decision, its texts from the store and the orders it caused."""
        ...

    def show_position(
        self,
        view: PositionView,
        title: Content,
        history: History | None,
        linked_account: AccountKey | None = None,
    ) -> None:
        """Fill the page with a position, its changes from the store and the decision behind it."""
        ...

    def show_trade(
        self, trade: Trade, title: Content, history: History | None, linked_account: AccountKey | None = None
    ) -> None:
        """Fill the page with a trade and, from the store, the decisions behind it."""
        ...

    def show_then_load(
        self,
        record_id: str,
        title: Content,
        initial: Callable[[str], list[TextPart]],
        load: Callable[[History], Awaitable[list[TextPart]]],
        history: History | None,
        label: str,
        linked_account: AccountKey | None,
    ) -> None:
        """Fill the page with `initial(note)`, then with what `load` reads; `label` names it in the note."""
        ...


class ScreenContext(Protocol):
    """State and commands of the app that screens use."""

    clock: Callable[[], datetime]
    stopped: str | None
    """Why no new board comes; None while boards come."""
    waiting_text: tuple[str, ...]
    """Text of an empty screen before the first board: a headline, and what to do."""
    source: str | None
    """Origin of the figures, as exports name it."""
    identities: TraderIdentities
    """Names and colours of the traders."""

    @property
    def board(self) -> Board | None:
        """The board on the screen; while paused or in the past it stays behind the newest one."""
        ...

    @property
    def newest(self) -> Board | None:
        """The newest board, also while paused or in the past."""
        ...

    @property
    def history(self) -> History | None:
        """Reads the store; None without a store."""
        ...

    @property
    def detail(self) -> DetailPage:
        """The detail page; `open_page("detail")` shows it."""
        ...

    @property
    def visible_screen(self) -> Screen[Any]:
        """The topmost screen that is not a modal page."""
        ...

    @property
    def status(self) -> MonitorStatus:
        """State of the app for the status corner."""
        ...

    @property
    def sent_bytes(self) -> int | None:
        """Bytes written to the terminal so far; None where the driver does not count."""
        ...

    @property
    def theme_variables(self) -> Mapping[str, str]:
        """Colours of the theme by variable name."""
        ...

    def show_message(self, text: str) -> None:
        """Show a short notice."""
        ...

    def copy_to_terminal(self, text: str, what: str) -> None:
        """Put plain text into the terminal's clipboard; `what` names it in the notice."""
        ...

    def open_trader(self, account: AccountKey) -> None:
        """Open the trader screen of this account over the current screen."""
        ...

    def open_page(self, name: str) -> None:
        """Push an installed screen."""
        ...

    def close_page(self) -> None:
        """Pop the topmost screen."""
        ...

    def action_show(self, name: str) -> None:
        """Open one of the numbered screens."""
        ...
