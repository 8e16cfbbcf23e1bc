"""A framed chart of equity with its ranges and its unit; under it, for one trader, the drawdown."""

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
"""Rows of the pane from which the drawdown has room."""


def chart_title(words: str, chosen: series.ChartRange, *, percent: bool) -> Content:
    """The frame's upper edge: what is drawn, the ranges, the unit."""
    parts: list[str | tuple[str, str]] = [(f"{words} ", "$foreground")]
    parts += [_choice(item.title, item is chosen) for item in series.CHART_RANGES]
    parts.append(" ")
    parts += [_choice("$", not percent), _choice("%", percent)]
    return Content.assemble(*parts)


def _choice(word: str, chosen: bool) -> tuple[str, str]:
    return (f"[{word}]", "$accent bold") if chosen else (f" {word} ", "$muted")


class EquityChart(LineChart):
    """The chart, and where on it the plot stands."""

    @property
    def plot_area(self) -> PlotArea | None:
        """None while nothing is drawn."""
        sheet = self._plot._sheet
        if sheet is None:
            return None
        grid = sheet.grid
        start, end = grid.first * grid.step_s, (grid.first + grid.columns) * grid.step_s
        return PlotArea(self._plot._gutter, sheet.columns, start, end)


class EquityPane(Vertical):
    """Draws anew only when a curve, the range, the unit or who is drawn has changed."""

    DEFAULT_CSS = """
    EquityPane { border: round $frame; padding: 0 1; }
    EquityPane LineChart { height: 1fr; }
    """

    def __init__(self, words: str, chart: series.ChartStyle, *, with_drawdown: bool = False) -> None:
        super().__init__()
        self._words = words
        self._with_drawdown = with_drawdown
        self.range = series.CHART_RANGES[-1]
        self.percent = False
        self._chart = EquityChart(style=chart)
        self._strip = DrawdownStrip(chart)
        self._curve: Curve | None = None
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield self._chart
        if self._with_drawdown:
            yield self._strip

    def on_mount(self) -> None:
        self._title()

    def on_resize(self) -> None:
        if self._with_drawdown:
            self._strip.display = self.size.height >= _MIN_ROWS_FOR_DRAWDOWN
            self.call_after_refresh(self._draw_down)

    def next_range(self) -> None:
        self.range = series.next_range(self.range)
        self._title()

    def toggle_percent(self) -> None:
        self.percent = not self.percent
        self._title()

    def set_caption(self, words: str) -> None:
        """Say something else of what is drawn."""
        if words != self._words:
            self._words = words
            self._title()

    def _title(self) -> None:
        self.border_title = chart_title(self._words, self.range, percent=self.percent)

    def show(
        self,
        board: Board,
        lineup: TraderIdentities,
        accounts: Collection[AccountKey],
        *,
        baseline: float | None,
        markers: Callable[[], Sequence[ChartMarker]] = tuple,
        of: Sequence[object] = (),
    ) -> None:
        """Draw these accounts' curves; `of` is what else the markers depend on."""
        wanted = tuple(
            curve
            for key in board.accounts
            if key in accounts and (curve := board.curves.get(key)) is not None
        )
        now = (lineup, self.range, self.percent, board.leaderboard, *of, *wanted)
        if len(now) == len(self._drawn) and all(
            new is old for new, old in zip(now, self._drawn, strict=True)
        ):
            return
        self._drawn = now
        shown = series.time_window(board, self.range)
        if shown is None:
            self._chart.show(())
            return
        self._chart.show(
            series.equity_series(board, lineup, shown, accounts),
            start=shown.start,
            end=shown.end,
            baseline=baseline,
            percent=self.percent,
            gap_s=series.gap_s(wanted, shown),
            markers=markers(),
        )

    def show_drawdown(self, curve: Curve) -> None:
        """Draw the account's drawdown under the chart, once the chart stands where it will."""
        self._curve = curve
        self.call_after_refresh(self._draw_down)

    def _draw_down(self) -> None:
        ground = self._chart.plot_area
        if self._curve is not None and ground is not None:
            self._strip.show(self._curve, ground)
