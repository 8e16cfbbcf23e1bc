"""A framed equity chart with range and unit; for one trader with the drawdown below it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.curve import Curve
from nof1tui.tui.chart import series
from nof1tui.tui.chart.chart import LineChart
from nof1tui.tui.chart.drawdown_strip import DrawdownStrip, PlotArea
from nof1tui.tui.chart.spec import ChartMarker
from nof1tui.tui.style.identities import TraderIdentities

_MIN_ROWS_FOR_DRAWDOWN = 12
"""Rows of the pane from which the drawdown is drawn."""


def chart_title(caption: str, chosen: series.ChartRange, *, percent: bool) -> Content:
    """The frame's upper edge: caption, ranges, unit."""
    parts: list[str | tuple[str, str]] = [(f"{caption} ", "$foreground")]
    parts += [_choice(item.title, item is chosen) for item in series.CHART_RANGES]
    parts.append(" ")
    parts += [_choice("$", not percent), _choice("%", percent)]
    return Content.assemble(*parts)


def _choice(label: str, chosen: bool) -> tuple[str, str]:
    return (f"[{label}]", "$accent bold") if chosen else (f" {label} ", "$muted")


class EquityChart(LineChart):
    """The line chart, with the place of its plot area for the drawdown below."""

    @property
    def plot_area(self) -> PlotArea | None:
        """Position and time span of the plot; None while nothing is drawn."""
        layout = self._plot.layout
        if layout is None:
            return None
        grid = layout.grid
        start, end = grid.first * grid.step_s, (grid.first + grid.columns) * grid.step_s
        return PlotArea(self._plot.gutter, layout.columns, start, end)


class EquityPane(Vertical):
    """Redraws only when a curve, the range, the unit or the set of traders changed."""

    DEFAULT_CSS = """
    EquityPane { border: round $frame; padding: 0 1; }
    EquityPane LineChart { height: 1fr; }
    """

    def __init__(self, caption: str, chart: series.ChartStyle, *, with_drawdown: bool = False) -> None:
        super().__init__()
        self._caption = caption
        self._with_drawdown = with_drawdown
        self.range = series.CHART_RANGES[-1]
        self.percent = False
        self._chart = EquityChart(style=chart)
        self._strip = DrawdownStrip(chart)
        self._curve: Curve | None = None
        self._inputs: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield self._chart
        if self._with_drawdown:
            yield self._strip

    def on_mount(self) -> None:
        self._update_title()

    def on_resize(self) -> None:
        if self._with_drawdown:
            self._strip.display = self.size.height >= _MIN_ROWS_FOR_DRAWDOWN
            self.call_after_refresh(self._draw_drawdown)

    def next_range(self) -> None:
        self.range = series.next_range(self.range)
        self._update_title()

    def toggle_percent(self) -> None:
        self.percent = not self.percent
        self._update_title()

    def set_caption(self, caption: str) -> None:
        """Change the caption in the frame's upper edge."""
        if caption != self._caption:
            self._caption = caption
            self._update_title()

    def _update_title(self) -> None:
        self.border_title = chart_title(self._caption, self.range, percent=self.percent)

    def show(
        self,
        board: Board,
        identities: TraderIdentities,
        accounts: Collection[AccountKey],
        *,
        baseline: float | None,
        markers: Callable[[], Sequence[ChartMarker]] = tuple,
        marker_inputs: Sequence[object] = (),
    ) -> None:
        """Draw the curves of these accounts; `marker_inputs` are compared to see whether markers changed."""
        curves = tuple(
            curve
            for key in board.accounts
            if key in accounts and (curve := board.curves.get(key)) is not None
        )
        inputs = (identities, self.range, self.percent, board.leaderboard, *marker_inputs, *curves)
        if len(inputs) == len(self._inputs) and all(
            new is old for new, old in zip(inputs, self._inputs, strict=True)
        ):
            return
        self._inputs = inputs
        window = series.time_window(board, self.range)
        if window is None:
            self._chart.show(())
            return
        self._chart.show(
            series.equity_series(board, identities, window, accounts),
            start=window.start,
            end=window.end,
            baseline=baseline,
            percent=self.percent,
            gap_s=series.gap_s(curves, window),
            markers=markers(),
        )

    def show_drawdown(self, curve: Curve) -> None:
        """Draw the account's drawdown under the chart, after the chart's layout."""
        self._curve = curve
        self.call_after_refresh(self._draw_drawdown)

    def _draw_drawdown(self) -> None:
        plot_area = self._chart.plot_area
        if self._curve is not None and plot_area is not None:
            self._strip.show(self._curve, plot_area)
