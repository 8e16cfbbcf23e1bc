"""A framed chart of one coin's price with range and unit."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from nof1tui.domain.series.curve import TimeSeries
from nof1tui.tui.chart import series
from nof1tui.tui.chart.chart import LineChart
from nof1tui.tui.chart.spec import ChartSeries
from nof1tui.tui.panes.equity import chart_title
from nof1tui.tui.style import format as fmt

_MIN_PRICE_GAP_S = 1_800.0
"""Shortest gap that is inputs: prices come every few seconds, half an hour without one is a gap."""


class PricePane(Vertical):
    """Redraws only when the coin, its prices, the range or the unit changed."""

    DEFAULT_CSS = """
    PricePane { border: round $frame; padding: 0 1; height: 1fr; }
    PricePane LineChart { height: 1fr; }
    """

    def __init__(self, chart: series.ChartStyle) -> None:
        super().__init__()
        self.range = series.CHART_RANGES[-1]
        self.percent = False
        self._chart = LineChart(style=chart, empty="No prices stored for this period.")
        self._inputs: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield self._chart

    def next_range(self) -> None:
        self.range = series.next_range(self.range)

    def toggle_percent(self) -> None:
        self.percent = not self.percent

    def show(self, coin: str, line: TimeSeries, shown: series.TimeWindow, color: str) -> None:
        """Draw this coin's price inside the window; the range ALL starts at its first price."""
        inputs = (coin, line, shown, self.range, self.percent, color)
        if inputs == self._inputs:
            return
        self._inputs = inputs
        label = fmt.sanitise_line(coin, 12)
        self.border_title = chart_title(f"{label} price", self.range, percent=self.percent)
        has_prices = len(line) > 0 and line.times[-1] >= shown.start
        start = shown.start
        if has_prices and self.range.seconds is None:
            start = max(start, min(line.times[0], line.times[-1] - series._HOUR_S))
        self._chart.show(
            [ChartSeries(coin, label, color, line.times, line.values)] if has_prices else [],
            start=start,
            end=max(shown.end, line.times[-1]) if has_prices else shown.end,
            percent=self.percent,
            gap_s=max(_MIN_PRICE_GAP_S, (shown.end - shown.start) / 40),
        )
