"""Every screen of the monitor, each made once: pushing fresh ones again and again would grow the program."""

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
    """The arena at the bottom, the screens behind the numbers, and the pages over them."""

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
        """Without the arena, which is always there."""

    @property
    def by_name(self) -> Mapping[str, Screen[Any]]:
        """All that are pushed by their names."""
        return {**self.numbered, "trader": self.trader, "help": HelpScreen(), "detail": self.detail}
