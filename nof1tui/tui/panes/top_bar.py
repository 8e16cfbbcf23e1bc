"""The first line of every screen: where one is, the prices, and how fresh it all is."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from nof1tui.tui.panes.status import StatusCorner
from nof1tui.tui.panes.ticker import Ticker


class TopBar(Horizontal):
    """One line: words on the left, the ticker where there is one, the status corner."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $surface; }
    TopBar .words { height: 1; width: auto; text-wrap: nowrap; text-overflow: ellipsis; padding: 0 1; }
    TopBar.-plain .words { width: 1fr; }
    """

    def __init__(self, *, with_ticker: bool) -> None:
        super().__init__(classes="" if with_ticker else "-plain")
        self._with_ticker = with_ticker
        self._words = Content("")
        self._said = Static("", classes="words", markup=False)
        self.ticker = Ticker()
        self.status_corner = StatusCorner()

    def compose(self) -> ComposeResult:
        yield self._said
        if self._with_ticker:
            yield self.ticker
        yield self.status_corner

    @property
    def heading(self) -> str:
        return self._words.plain

    def set_heading(self, words: Content) -> None:
        if words.is_same(self._words):
            return
        self._words = words
        self._said.update(words, layout=self._with_ticker)
