"""Prices of the range that the Coins screen shows, read from the store periodically."""

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
"""Arena time between two reads; the newest price comes with every board."""


class CoinPrices:
    """The prices read last, and the error of the last read; prices stay when a read fails."""

    def __init__(self) -> None:
        self.lines: Mapping[str, TimeSeries] = {}
        self.error = ""
        self._last_request: tuple[object, ...] = ()

    def start_read_if_due(self, board: Board, shown: series.TimeWindow, chosen: series.ChartRange) -> bool:
        """Whether a read is due for this time and range; True only once for each."""
        season = board.season.slug if board.season else None
        request = (season, chosen, board.as_of, shown.end // _REREAD_EVERY_S)
        if request == self._last_request:
            return False
        self._last_request = request
        return True

    async def read(self, history: History, shown: series.TimeWindow) -> None:
        """Read the prices of this time window; a failure is kept in `error`."""
        since, until = (datetime.fromtimestamp(at, UTC) for at in (shown.start, shown.end))
        try:
            self.lines = await history.price_series(since, until)
            self.error = ""
        except StoreUnavailable as error:
            self.error = f"could not load prices: {fmt.sanitise_line(str(error), 60)}"
