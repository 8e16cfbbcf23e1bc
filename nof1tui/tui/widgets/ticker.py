"""The prices in the top bar."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content
from textual.widgets import Static

from nof1tui.domain.board import Quote
from nof1tui.tui import format as fmt

_ARROWS = {1: ("▲", "$gain"), -1: ("▼", "$loss"), 0: (" ", "")}


def ticker_content(quotes: Mapping[str, Quote], room: int) -> Content:
    """As many whole quotes as fit, in the order of the board; each keeps room for its arrow."""
    parts: list[str | tuple[str, str]] = []
    used = 0
    for coin, quote in quotes.items():
        name, price = fmt.plain_line(coin, 12), fmt.price(quote.price.price)
        used += len(name) + len(price) + 4
        if used > room:
            break
        arrow, style = _ARROWS[quote.direction]
        parts += [(f"{name} ", "$muted"), price, (arrow, style), "  "]
    return Content.assemble(*parts)


class Ticker(Static):
    DEFAULT_CSS = """
    Ticker { width: 1fr; height: 1; text-align: right; text-wrap: nowrap; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._quotes: Mapping[str, Quote] = {}

    def show(self, quotes: Mapping[str, Quote]) -> None:
        if quotes is not self._quotes:
            self._quotes = quotes
            self._paint()

    def on_resize(self) -> None:
        self._paint()

    def _paint(self) -> None:
        self.update(ticker_content(self._quotes, self.size.width), layout=False)
