"""Every screen of the monitor, each made once: a new instance per push would leak memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.screen import Screen

from nof1tui.tui.chart.series import ChartStyle
from nof1tui.tui.screens.arena import ArenaScreen
from nof1tui.tui.screens.board_screen import BoardScreen
from nof1tui.tui.screens.chat import ChatScreen
from nof1tui.tui.screens.coins import CoinsScreen
from nof1tui.tui.screens.detail import DetailScreen
from nof1tui.tui.screens.events import EventsScreen
from nof1tui.tui.screens.help import HelpScreen
from nof1tui.tui.screens.positions import PositionsScreen
from nof1tui.tui.screens.stats import StatsScreen
from nof1tui.tui.screens.system import SystemScreen
from nof1tui.tui.screens.trader import TraderScreen
from nof1tui.tui.screens.trades import TradesScreen


class AllScreens:
    """The Arena screen at the bottom of the stack, the numbered screens, and the pages over them."""

    def __init__(self, *, chart: ChartStyle) -> None:
        self.arena = ArenaScreen(chart=chart)
        self.trader = TraderScreen(chart=chart)
        self.detail = DetailScreen()
        self.numbered: Mapping[str, BoardScreen] = {
            "positions": PositionsScreen(chart=chart),
            "trades": TradesScreen(),
            "chat": ChatScreen(),
            "coins": CoinsScreen(chart=chart),
            "stats": StatsScreen(),
            "events": EventsScreen(),
            "system": SystemScreen(),
        }
        """Without the Arena, which is always at the bottom of the stack."""

    @property
    def by_name(self) -> Mapping[str, Screen[Any]]:
        """The screens that are pushed by name."""
        return {**self.numbered, "trader": self.trader, "help": HelpScreen(), "detail": self.detail}
