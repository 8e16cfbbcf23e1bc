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


def ticker_content(quotes: Mapping[str, Quote], room: int, old: str = "") -> Content:
    """As many whole quotes as fit, in the order of the board; each keeps room for its arrow.

    Prices that have stood still for too long are dim, without arrows, and behind their age.
    """
    parts: list[str | tuple[str, str]] = [(f"◐ {old} old  ", "$warn")] if old else []
    used = len(old) + 8 if old else 0
    for coin, quote in quotes.items():
        name, price = fmt.sanitise_line(coin, 12), fmt.price(quote.price.price)
        used += len(name) + len(price) + 4
        if used > room:
            break
        arrow, style = _ARROWS[0 if old else quote.direction]
        parts += [(f"{name} ", "$muted"), (price, "$muted" if old else ""), (arrow, style), "  "]
    return Content.assemble(*parts)


def stale_price_age(quotes: Mapping[str, Quote], now: datetime) -> str:
    """How old the newest price is, where that is too old for it to pass as of now; empty otherwise."""
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
        self._old = ""

    def show(self, quotes: Mapping[str, Quote]) -> None:
        if quotes is not self._quotes:
            self._quotes = quotes
            self._paint()

    def update_age(self, now: datetime, *, live: bool) -> None:
        """Tell the age of prices that stand still; prices of the past are as old as the past."""
        old = stale_price_age(self._quotes, now) if live else ""
        if old != self._old:
            self._old = old
            self._paint()

    def on_resize(self) -> None:
        self._paint()

    def _paint(self) -> None:
        self.update(ticker_content(self._quotes, self.size.width, self._old), layout=False)
