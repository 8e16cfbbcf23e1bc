"""The help page: every key and every sign."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nof1tui.tui.keys import SCREENS, KeyScope, key_bindings_in, textual_bindings

_SCOPE_TITLES: tuple[tuple[KeyScope, str], ...] = (
    ("everywhere", "Everywhere"),
    ("list", "Lists"),
    ("table", "Tables"),
    ("sheet", "Table screens"),
    ("records", "Positions, trades, chat, events"),
    ("chart", "Charts"),
    *((name, title) for _, name, title, _ in SCREENS),
    ("trader", "Trader"),
)
_SIGNS = (
    ("● LIVE 3s", "$gain", "age of newest record"),
    ("◐ STALE 14m", "$warn", "responding, but no new records"),
    ("○ DOWN 429", "$loss", "not responding; last data kept"),
    ("db! 12", "$loss", "records queued for the store"),
    ("⚠ 3.2%", "$warn", "near liquidation: less than 5 % away"),
    ("▲ ▼", "", "up or down; trades opened and closed in the chart"),
    ("R", "", "unrealised P&L ÷ stated risk"),
)


def help_content() -> Content:
    """Keys by scope, then the meaning of the signs."""
    parts: list[str | tuple[str, str]] = []
    for scope, title in _SCOPE_TITLES:
        if not key_bindings_in(scope):
            continue
        parts += [(f"{title}\n", "$accent bold")]
        for key in key_bindings_in(scope):
            parts += [(f"  {key.label:<7}", "bold"), f"{key.description}\n"]
        parts.append("\n")
    parts.append(("Signs\n", "$accent bold"))
    for sign, style, meaning in _SIGNS:
        parts += [(f"  {sign:<13}", style or "bold"), f"{meaning}\n"]
    parts.append(
        ("\nRanks, returns, drawdown, Sharpe and win rate are computed here from account\n", "$muted")
    )
    parts.append(("rows and trades; equity as reported. Times are UTC.", "$muted"))
    return Content.assemble(*parts)


class HelpScreen(ModalScreen[None]):
    """Made once, shown over the current screen."""

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
        page.border_subtitle = "esc back"
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
