"""The prices in the top bar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from nof1tui.domain.board import Quote
from nof1tui.domain.health import FROZEN_AFTER
from nof1tui.domain.records import Feed
from nof1tui.tui.style import format as fmt

_ARROWS = {1: ("▲", "$gain"), -1: ("▼", "$loss"), 0: (" ", "")}


def ticker_content(quotes: Mapping[str, Quote], width: int, stale_age: str = "") -> Content:
    """The whole quotes that fit, in the board's order; each reserves a cell for its arrow.

    Stale prices are dim, have no arrows and follow their age `stale_age`; it is empty for fresh ones.
    """
    parts: list[str | tuple[str, str]] = [(f"◐ {stale_age} old  ", "$warn")] if stale_age else []
    used = len(stale_age) + 8 if stale_age else 0
    for coin, quote in quotes.items():
        name, price = fmt.sanitise_line(coin, 12), fmt.price(quote.price.price)
        used += len(name) + len(price) + 4
        if used > width:
            break
        arrow, style = _ARROWS[0 if stale_age else quote.direction]
        parts += [(f"{name} ", "$muted"), (price, "$muted" if stale_age else ""), (arrow, style), "  "]
    return Content.assemble(*parts)


def stale_price_age(quotes: Mapping[str, Quote], now: datetime) -> str:
    """Age of the newest price where it is stale; empty otherwise."""
    newest = max((quote.price.observed_at for quote in quotes.values()), default=None)
    if newest is None or now - newest <= FROZEN_AFTER[Feed.PRICES]:
        return ""
    return fmt.age((now - newest).total_seconds())


class Ticker(Static):
    DEFAULT_CSS = """
    Ticker { width: 1fr; height: 1; text-align: right; text-wrap: nowrap; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._quotes: Mapping[str, Quote] = {}
        self._stale_age = ""

    def show(self, quotes: Mapping[str, Quote]) -> None:
        if quotes is not self._quotes:
            self._quotes = quotes
            self._paint()

    def update_age(self, now: datetime, *, live: bool) -> None:
        """Update the age of stale prices; a board of the past (not `live`) shows none."""
        stale_age = stale_price_age(self._quotes, now) if live else ""
        if stale_age != self._stale_age:
            self._stale_age = stale_age
            self._paint()

    def on_resize(self) -> None:
        self._paint()

    def _paint(self) -> None:
        self.update(ticker_content(self._quotes, self.size.width, self._stale_age), layout=False)
