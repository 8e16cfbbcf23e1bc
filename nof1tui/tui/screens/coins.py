"""Who holds which coin on which side, what it cost over time, and how alike the traders move."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.domain.stats.stats_cache import StatsCache, board_crowding
from nof1tui.tui.chart import series
from nof1tui.tui.chart.coin_prices import CoinPrices
from nof1tui.tui.columns.coins import CoinRow, CorrelationRow, coin_columns, correlation_columns
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.panes.price import PricePane
from nof1tui.tui.screens.table_screen import TableScreen, fit_summary
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.table.live_table import LiveTable

_LEGEND = (
    (2, Content("Signed notional as a share of equity")),
    (1, Content("below: correlation of hourly returns")),
    (0, Content("greyed under 30 hours")),
)
_MIN_ROWS_FOR_CORRELATIONS = 20
"""Rows from which the correlations have room."""
_MIN_CHART_ROWS = 6
"""Rows, frame included, below which the chart is left out until enter asks for it."""


class CoinsScreen(TableScreen[CoinRow]):
    """The matrix above, the highlighted coin's price under it, correlations of hourly returns below."""

    key_scopes = ("coins", "table", "sheet", "chart")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    empty_title = "No trader holds a position."

    def __init__(self, *, chart: series.ChartStyle) -> None:
        super().__init__((), key=lambda line: line.crowd.coin)
        self._table.styles.height = "auto"
        self.chart = PricePane(chart)
        self._prices = CoinPrices()
        self._sparklines = series.Sparklines(chart)
        self._large = False
        self._book = StatsCache()
        self._correlations: LiveTable[CorrelationRow] = LiveTable(
            (), key=lambda line: line.account.slug, empty="No returns to compare yet."
        )
        self._columns_of: tuple[TraderIdentities, tuple[AccountKey, ...], series.ChartRange] | None = None

    def compose_body(self) -> Iterable[Widget]:
        return (*super().compose_body(), self.chart, self._correlations)

    def distribute_space(self) -> None:
        """Coins take what they need, correlations up to half of the rest, the chart what is left."""
        body = self.size.height - 3 - self.notice.display - self.filter.display
        coins = max(len(self._table.shown), 1) + 1
        compared = len(self._correlations.shown)
        related = (
            0
            if self._large or self.size.height < _MIN_ROWS_FOR_CORRELATIONS or not compared
            else compared + 1
        )
        related = min(related, body // 2)
        drawn = self._table.highlighted is not None
        self.chart.display = drawn and (body - coins - related >= _MIN_CHART_ROWS or self._large)
        self._table.styles.height = (
            min(coins, body // 2 if self._large else coins) if self.chart.display else "1fr"
        )
        self._correlations.display = related > 0
        self._correlations.styles.height = related

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return (
            *(board.accounts, board.curves, board.prices, board.leaderboard),
            *(self.context.identities, self.chart.range, self._prices.lines),
        )

    def paint(self, board: Board | None) -> None:
        super().paint(board)
        if board is None:
            return
        self.distribute_space()
        shown = series.time_window(board, self.chart.range)
        history = self.context.history
        if (
            shown is not None
            and history is not None
            and self._prices.start_read_if_due(board, shown, self.chart.range)
        ):
            reading = self._prices.read(history, shown)
            self.run_worker(self._read(reading), group="prices", exclusive=True)
        self._draw(board)

    async def _read(self, reading: Awaitable[None]) -> None:
        await reading
        self.repaint_board()

    def _draw(self, board: Board) -> None:
        line, shown = self._table.highlighted, series.time_window(board, self.chart.range)
        if line is not None and shown is not None and self.chart.display:
            color = self.context.theme_variables["accent"]
            self.chart.show(line.crowd.coin, self._line(board, line.crowd.coin), shown, color)

    def _line(self, board: Board, coin: str) -> TimeSeries:
        """What the store told, up to the price that the board has, and nothing later than the board."""
        line, quote = self._prices.lines.get(coin, TimeSeries()), board.prices.get(coin)
        if board.as_of is not None:
            line = line.until(board.as_of.timestamp())
        return (
            line if quote is None else line.with_point(quote.price.observed_at.timestamp(), quote.price.price)
        )

    @property
    def status_texts(self) -> Sequence[str]:
        return [self._prices.error] if self._prices.error else []

    def build_rows(self, board: Board) -> Sequence[CoinRow]:
        lineup = self.context.identities
        self._set_columns(lineup, tuple(standing.account for standing in board.leaderboard))
        self._correlate(board, lineup)
        crowding, shown = board_crowding(board), series.time_window(board, self.chart.range)
        lines = []
        for crowd in crowding.coins:
            quote = board.prices.get(crowd.coin)
            alone = lineup.identity_of(crowd.contrarian) if crowd.contrarian else None
            spark = self._sparklines.renderer_for(crowd.coin, self._prices.lines.get(crowd.coin), shown)
            lines.append(CoinRow(crowd, crowding, quote.price.price if quote else None, spark, alone))
        return lines

    def filter_text(self, row: CoinRow) -> str:
        return f"{row.coin} {row.dissenter.name if row.dissenter else ''}"

    def summary(self, rows: Sequence[CoinRow]) -> Content:
        return fit_summary(_LEGEND, self.size.width - 2) if rows else Content("")

    def _set_columns(self, lineup: TraderIdentities, accounts: tuple[AccountKey, ...]) -> None:
        """A column each trader, anew only when there are others or other places."""
        if self._columns_of != (lineup, accounts, self.chart.range):
            self._columns_of = (lineup, accounts, self.chart.range)
            models = [key for key in accounts if not lineup.identity_of(key).is_benchmark]
            self._columns = coin_columns(lineup, models, self.chart.range.column_title)
            self._table.set_columns(self._columns)
            self._correlations.set_columns(correlation_columns(lineup, accounts))

    def _correlate(self, board: Board, lineup: TraderIdentities) -> None:
        told = self._book.hourly_correlations(board)
        lines = [
            CorrelationRow(its.account, lineup.identity_of(its.account), partial(told.between, its.account))
            for its in board.leaderboard
        ]
        self._correlations.show_rows(lines)

    # Keys

    @on(LiveTable.Highlighted)
    def _moved(self) -> None:
        if self.context.board is not None:
            self._draw(self.context.board)

    def open(self, row: CoinRow) -> None:
        """The chart over all the room that the coins leave, and back."""
        self._large = not self._large
        self.repaint_board()

    def action_back(self) -> None:
        if self._large and not self.filter.value:
            self._large = False
            self.repaint_board()
        else:
            super().action_back()

    def action_next_range(self) -> None:
        self.chart.next_range()
        self.repaint_board()

    def action_toggle_percent(self) -> None:
        self.chart.toggle_percent()
        self.repaint_board()
