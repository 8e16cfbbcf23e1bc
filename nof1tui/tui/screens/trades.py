"""All closed trades in the store, with the totals of those that match the filter."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.export.rows import build_trade_row
from nof1tui.domain.metrics.basic import trade_stats
from nof1tui.domain.records import AccountKey, Feed, Trade
from nof1tui.ports.history import History, PageCursor, RecordFilter
from nof1tui.tui.columns.trades import ALL_TRADES_COLUMNS, SEASON_COLUMN, TradeTableRow
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.record_screen import RecordScreen
from nof1tui.tui.screens.table_screen import fit_summary, toned_figure
from nof1tui.tui.style import format as fmt
from nof1tui.tui.table.export import TableExport


class TradesScreen(RecordScreen[Trade, TradeTableRow]):
    """Trades of the board's season; those of earlier seasons are read from the store page by page."""

    key_scopes = ("trades", "records", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings(*key_scopes)]
    feed = Feed.TRADES
    empty_title = "No closed trades yet."
    loads_all = True

    def __init__(self) -> None:
        super().__init__(
            ALL_TRADES_COLUMNS,
            key=lambda line: line.trade.id,
            stamp=lambda trade: PageCursor(trade.exit_at, trade.id),
        )
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
        if previous is not None and previous[0].trade is record and previous[0].identity is identity:
            return previous[0]
        row = TradeTableRow(identity, record)
        self._row_of[record.id] = row, row.filter_text
        return row

    def build_rows(self, board: Board) -> Sequence[TradeTableRow]:
        rows = super().build_rows(board)
        if len(self._row_of) > len(rows):
            self._row_of = {row.trade.id: self._row_of[row.trade.id] for row in rows}
        seasons = len({row.trade.account.season for row in rows})
        columns = (*ALL_TRADES_COLUMNS, SEASON_COLUMN) if seasons > 1 else ALL_TRADES_COLUMNS
        if columns != self._columns:
            self._columns = columns
            self._table.set_columns(columns)
        return rows

    def account_of(self, row: TradeTableRow) -> AccountKey:
        return row.trade.account

    def filter_text(self, row: TradeTableRow) -> str:
        return self._row_of[row.trade.id][1]

    def summary(self, rows: Sequence[TradeTableRow]) -> Content:
        if not rows:
            return Content("")
        stats = trade_stats(line.trade for line in rows)
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
        title = Content(f"{row.identity.name} › {fmt.sanitise_line(row.trade.coin, 24)} trade")
        self.context.detail.show_trade(row.trade, title, self.context.history, row.trade.account)
        self.context.open_page("detail")

    def build_export(self) -> TableExport:
        name, trades = self.context.identities.roster_name, (line.trade for line in self.shown_rows)
        return TableExport("trades", [build_trade_row(trade, name(trade.account)) for trade in trades])
