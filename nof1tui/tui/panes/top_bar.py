"""The first line of every screen: heading, prices, status corner."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from nof1tui.tui.panes.status import StatusCorner
from nof1tui.tui.panes.ticker import Ticker


class TopBar(Horizontal):
    """One line: heading on the left, optional ticker, status corner."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $surface; }
    TopBar .heading { height: 1; width: auto; text-wrap: nowrap; text-overflow: ellipsis; padding: 0 1; }
    TopBar.-plain .heading { width: 1fr; }
    """

    def __init__(self, *, with_ticker: bool) -> None:
        super().__init__(classes="" if with_ticker else "-plain")
        self._with_ticker = with_ticker
        self._heading = Content("")
        self._heading_line = Static("", classes="heading", markup=False)
        self.ticker = Ticker()
        self.status_corner = StatusCorner()

    def compose(self) -> ComposeResult:
        yield self._heading_line
        if self._with_ticker:
            yield self.ticker
        yield self.status_corner

    @property
    def heading(self) -> str:
        return self._heading.plain

    def set_heading(self, heading: Content) -> None:
        if heading.is_same(self._heading):
            return
        self._heading = heading
        self._heading_line.update(heading, layout=self._with_ticker)
