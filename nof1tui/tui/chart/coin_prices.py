"""Prices of the range that the Coins screen shows, read from the store now and then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from nof1tui.domain.board import Board
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History
from nof1tui.tui.chart import series
from nof1tui.tui.style import format as fmt

_REREAD_EVERY_S = 60.0
"""The newest price comes with every board; what lies between is read again after so much arena time."""


class CoinPrices:
    """What was read last. A store that is away is said, and what is there stays."""

    def __init__(self) -> None:
        self.lines: Mapping[str, TimeSeries] = {}
        self.error = ""
        self._of: tuple[object, ...] = ()

    def start_read_if_due(self, board: Board, shown: series.TimeWindow, chosen: series.ChartRange) -> bool:
        """Whether it is time to read, for this moment and range. Asked once, it takes it for done."""
        season = board.season.slug if board.season else None
        wanted = (season, chosen, board.as_of, shown.end // _REREAD_EVERY_S)
        if wanted == self._of:
            return False
        self._of = wanted
        return True

    async def read(self, history: History, shown: series.TimeWindow) -> None:
        since, until = (datetime.fromtimestamp(at, UTC) for at in (shown.start, shown.end))
        try:
            self.lines = await history.price_series(since, until)
            self.error = ""
        except StoreUnavailable as error:
            self.error = f"prices cannot be read: {fmt.sanitise_line(str(error), 60)}"
