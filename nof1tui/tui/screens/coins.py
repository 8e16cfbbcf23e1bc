"""Positioning by coin and trader, the price of a coin, and correlations of the traders' returns."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from nof1tui.domain.board import Board
from nof1tui.domain.export.documents import COINS
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.domain.stats.stats_cache import StatsCache
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
    (1, Content("Correlation of hourly returns")),
    (0, Content("grey: n < 30 hours")),
)
_MIN_ROWS_FOR_CORRELATIONS = 20
"""Rows from which the correlations are shown."""
_MIN_CHART_ROWS = 6
"""Rows, frame included, below which the chart is hidden unless maximised."""


class CoinsScreen(TableScreen[CoinRow]):
    """Positions by coin and trader, the price of the highlighted coin, correlations of hourly returns."""

    key_scopes = ("coins", "table", "sheet", "chart")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    document = COINS
    empty_title = "No open positions."

    def __init__(self, *, chart: series.ChartStyle) -> None:
        super().__init__((), key=lambda line: line.view.coin)
        self._table.styles.height = "auto"
        self.chart = PricePane(chart)
        self._prices = CoinPrices()
        self._sparklines = series.Sparklines(chart)
        self._maximised = False
        self._stats_cache = StatsCache()
        self._correlations: LiveTable[CorrelationRow] = LiveTable(
            (), key=lambda line: line.account.slug, empty="Not enough returns to correlate yet."
        )
        self._column_inputs: tuple[TraderIdentities, tuple[AccountKey, ...], series.ChartRange] | None = None

    def compose_body(self) -> Iterable[Widget]:
        return (*super().compose_body(), self.chart, self._correlations)

    def distribute_space(self) -> None:
        """Coins take their rows, correlations up to half of the rest, the chart what is left."""
        body = self.size.height - 3 - self.notice.display - self.filter.display
        coins = max(len(self._table.shown), 1) + 1
        accounts = len(self._correlations.shown)
        correlations = (
            0
            if self._maximised or self.size.height < _MIN_ROWS_FOR_CORRELATIONS or not accounts
            else min(accounts + 1, body // 2)
        )
        has_coin = self._table.highlighted is not None
        self.chart.display = has_coin and (body - coins - correlations >= _MIN_CHART_ROWS or self._maximised)
        self._table.styles.height = (
            min(coins, body // 2 if self._maximised else coins) if self.chart.display else "1fr"
        )
        self._correlations.display = correlations > 0
        self._correlations.styles.height = correlations

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
        window = series.time_window(board, self.chart.range)
        history = self.context.history
        if (
            window is not None
            and history is not None
            and self._prices.start_read_if_due(board, window, self.chart.range)
        ):
            read = self._prices.read(history, window)
            self.run_worker(self._finish_read(read), group="prices", exclusive=True)
        self._draw(board)

    async def _finish_read(self, read: Awaitable[None]) -> None:
        await read
        self.repaint_board()

    def _draw(self, board: Board) -> None:
        row, window = self._table.highlighted, series.time_window(board, self.chart.range)
        if row is not None and window is not None and self.chart.display:
            color = self.context.theme_variables["accent"]
            self.chart.show(row.view.coin, self._price_line(board, row.view.coin), window, color)

    def _price_line(self, board: Board, coin: str) -> TimeSeries:
        """The store's prices and the board's newest price; none later than a board of the past."""
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
        identities = self.context.identities
        self._set_columns(identities, tuple(row.account for row in board.leaderboard))
        self._update_correlations(board, identities)
        window, rows = series.time_window(board, self.chart.range), list[CoinRow]()
        for view in Views(board, self.context.clock(), self._stats_cache).coins:
            if view.crowd is None:
                break
            contrarian = view.crowd.contrarian
            spark = self._sparklines.renderer_for(view.coin, self._prices.lines.get(view.coin), window)
            rows.append(CoinRow(view, spark, identities.identity_of(contrarian) if contrarian else None))
        return rows

    def filter_text(self, row: CoinRow) -> str:
        return f"{row.coin} {row.dissenter.name if row.dissenter else ''}"

    def summary(self, rows: Sequence[CoinRow]) -> Content:
        return fit_summary(_LEGEND, self.size.width - 2) if rows else Content("")

    def _set_columns(self, identities: TraderIdentities, accounts: tuple[AccountKey, ...]) -> None:
        """Set one column per trader; only when the traders, their order or the range changed."""
        if self._column_inputs != (identities, accounts, self.chart.range):
            self._column_inputs = (identities, accounts, self.chart.range)
            models = [key for key in accounts if not identities.identity_of(key).is_benchmark]
            self._columns = coin_columns(identities, models, self.chart.range.column_title)
            self._table.set_columns(self._columns)
            self._correlations.set_columns(correlation_columns(identities, accounts))

    def _update_correlations(self, board: Board, identities: TraderIdentities) -> None:
        matrix = self._stats_cache.hourly_correlations(board)
        rows = [
            CorrelationRow(
                row.account, identities.identity_of(row.account), partial(matrix.between, row.account)
            )
            for row in board.leaderboard
        ]
        self._correlations.show_rows(rows)

    # Keys

    @on(LiveTable.Highlighted)
    def _highlight_moved(self) -> None:
        if self.context.board is not None:
            self._draw(self.context.board)

    def open(self, row: CoinRow) -> None:
        """Maximise the chart, or restore its size."""
        self._maximised = not self._maximised
        self.repaint_board()

    def action_back(self) -> None:
        if self._maximised and not self.filter.value:
            self._maximised = False
            self.repaint_board()
        else:
            super().action_back()

    def action_next_range(self) -> None:
        self.chart.next_range()
        self.repaint_board()

    def action_toggle_percent(self) -> None:
        self.chart.toggle_percent()
        self.repaint_board()
