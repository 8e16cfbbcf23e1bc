"""Every key and every sign, on one page."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nof1tui.tui.keys import SCREENS, KeyScope, key_bindings_in, textual_bindings

_PLACES: tuple[tuple[KeyScope, str], ...] = (
    ("everywhere", "Everywhere"),
    ("list", "In lists"),
    ("table", "Tables"),
    ("sheet", "Screens of one table"),
    ("records", "Positions, trades, chat, events"),
    ("chart", "Charts"),
    *((name, title) for _, name, title, _ in SCREENS),
    ("trader", "Trader"),
)
_SIGNS = (
    ("● LIVE 3s", "$gain", "age of the newest record, not of the last answer"),
    ("◐ STALE 14m", "$warn", "answers come, but the records stand still"),
    ("○ DOWN 429", "$loss", "no usable answer; figures stay and grow old"),
    ("db! 12", "$loss", "records that wait for the store"),
    ("⚠ 3.2%", "$warn", "liquidation is nearer than 5 %"),
    ("▲ ▼", "", "up or down; trades opened and closed in the chart"),
    ("R", "", "open P&L in units of the risk the trader took"),
)


def help_content() -> Content:
    """Keys by place, then what the signs mean."""
    parts: list[str | tuple[str, str]] = []
    for place, title in _PLACES:
        if not key_bindings_in(place):
            continue
        parts += [(f"{title}\n", "$accent bold")]
        for key in key_bindings_in(place):
            parts += [(f"  {key.label:<7}", "bold"), f"{key.description}\n"]
        parts.append("\n")
    parts.append(("Signs\n", "$accent bold"))
    for sign, style, meaning in _SIGNS:
        parts += [(f"  {sign:<13}", style or "bold"), f"{meaning}\n"]
    parts.append(
        ("\nRanks, returns, drawdown, Sharpe and win rate are computed here from account\n", "$muted")
    )
    parts.append(("rows and trades; equity is the arena's own. Times are UTC.", "$muted"))
    return Content.assemble(*parts)


class HelpScreen(ModalScreen[None]):
    """Made once, shown over whatever asked for it."""

    DEFAULT_CSS = """
    HelpScreen > VerticalScroll { width: 72; max-width: 100%; height: auto; max-height: 100%; padding: 0 2;
                                  border: round $accent; background: $surface; scrollbar-size-vertical: 1; }
    HelpScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", "close", show=False),
        *textual_bindings("list"),
    ]

    def compose(self) -> ComposeResult:
        page = VerticalScroll(Static(help_content(), markup=False))
        page.border_title = "Help"
        page.border_subtitle = "esc closes"
        yield page

    @property
    def page(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def action_move(self, lines: int) -> None:
        self.page.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: float) -> None:
        self.page.scroll_relative(y=round(pages * self.page.size.height), animate=False)

    def action_first(self) -> None:
        self.page.scroll_home(animate=False)

    def action_last(self) -> None:
        self.page.scroll_end(animate=False)
