"""All closed trades in the store, with the totals of those that match the filter."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.export.documents import TRADES
from nof1tui.domain.figures.views import TradeView
from nof1tui.domain.metrics.basic import trade_stats
from nof1tui.domain.records import AccountKey, Feed, Trade
from nof1tui.ports.history import History, PageCursor, RecordFilter
from nof1tui.tui.columns.trades import TradeTableRow, trade_table_columns
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.record_screen import RecordScreen
from nof1tui.tui.screens.table_screen import fit_summary, toned_figure
from nof1tui.tui.style import format as fmt


class TradesScreen(RecordScreen[Trade, TradeTableRow]):
    """Trades of the board's season; those of earlier seasons are read from the store page by page."""

    key_scopes = ("trades", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    feed = Feed.TRADES
    document = TRADES
    empty_title = "No closed trades yet."
    loads_all = True

    def __init__(self) -> None:
        super().__init__(
            trade_table_columns(with_season=False),
            key=lambda line: line.view.trade.id,
            stamp=lambda trade: PageCursor(trade.exit_at, trade.id),
        )
        self._with_season = False
        self._row_of: dict[str, tuple[TradeTableRow, str]] = {}
        """Each row with its filter text, by trade id."""

    def record_source(self, board: Board) -> object:
        return board.trades

    def board_records(self, board: Board) -> Sequence[Trade]:
        logs = (log.trades for log in board.trades.values())
        return list(merge(*logs, key=lambda trade: (trade.exit_at, trade.id), reverse=True))

    async def read_page(
        self, history: History, wanted: RecordFilter, after: PageCursor | None
    ) -> Sequence[Trade]:
        return await history.trades(wanted, after)

    def build_row(self, record: Trade) -> TradeTableRow:
        identity = self.context.identities.identity_of(record.account)
        previous = self._row_of.get(record.id)
        if previous is not None and previous[0].view.trade is record and previous[0].identity is identity:
            return previous[0]
        trader = self.context.identities.trader_of(record.account)
        row = TradeTableRow(identity, TradeView(record, trader))
        self._row_of[record.id] = row, row.filter_text
        return row

    def build_rows(self, board: Board) -> Sequence[TradeTableRow]:
        rows = super().build_rows(board)
        if len(self._row_of) > len(rows):
            self._row_of = {row.view.trade.id: self._row_of[row.view.trade.id] for row in rows}
        with_season = len({row.view.account.season for row in rows}) > 1
        if with_season is not self._with_season:
            self._with_season = with_season
            self._columns = trade_table_columns(with_season=with_season)
            self._table.set_columns(self._columns)
        return rows

    def account_of(self, row: TradeTableRow) -> AccountKey:
        return row.view.account

    def filter_text(self, row: TradeTableRow) -> str:
        return self._row_of[row.view.trade.id][1]

    def summary(self, rows: Sequence[TradeTableRow]) -> Content:
        if not rows:
            return Content("")
        stats = trade_stats(line.view.trade for line in rows)
        factor = fmt.ratio(stats.profit_factor)
        parts = [
            (6, Content(self.count_text("trade", stats.trades))),
            (4, Content(f"win rate {fmt.share(stats.win_rate_pct)}")),
            (5, toned_figure("net", fmt.gain_usd(stats.net_usd, cents=True), fmt.tone(stats.net_usd))),
            (2, Content(f"fees {fmt.usd(stats.fees_usd)}")),
            (3, Content(f"profit factor {factor}")),
            (1, Content(f"best {fmt.gain_usd(stats.biggest_win_usd)}")),
            (0, Content(f"worst {fmt.gain_usd(stats.biggest_loss_usd)}")),
        ]
        return fit_summary(parts, self.size.width - 2)

    def open(self, row: TradeTableRow) -> None:
        trade = row.view.trade
        title = Content(f"{row.identity.name} › {fmt.sanitise_line(trade.coin, 24)} trade")
        self.context.detail.show_trade(trade, title, self.context.history, trade.account)
        self.context.open_page("detail")
