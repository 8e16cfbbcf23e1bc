"""Columns of the closed trades of all traders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nof1tui.domain.records import Trade
from nof1tui.tui.columns.trader import TRADE_COLUMNS, trade_filter_text
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.table.layout import Column


@dataclass(frozen=True, slots=True)
class TradeTableRow:
    """A closed trade with its trader."""

    identity: DisplayIdentity
    trade: Trade

    @property
    def filter_text(self) -> str:
        """The text that the filter searches."""
        account = self.trade.account
        names = f"{self.identity.name} {fmt.sanitise_line(account.slug)} {account.season}"
        return f"{names} {trade_filter_text(self.trade)}"


def model_cell(identity: DisplayIdentity, width: int = 99) -> CellLike:
    """The trader's colour and name, or its short name where the name is too wide."""
    return Cell("▌", identity.color), Cell(identity.name_for_width(width - 1))


def _of_trade(column: Column[Trade]) -> Column[TradeTableRow]:
    sort: Callable[[Trade], Any] | None = column.sort_key
    return Column(
        column.key,
        column.title,
        column.width,
        lambda line: column.render(line.trade),
        justify=column.justify,
        sort_key=(lambda line: sort(line.trade)) if sort else None,
        drop_order=column.drop_order + 1 if column.drop_order else _DROP_ORDERS.get(column.key, 0),
        tooltip=column.tooltip,
    )


_DROP_ORDERS = {"side": 8, "closed": 9}
"""Drop order of columns that the trader screen never drops."""

_CLOSED, *_FIGURES = (_of_trade(column) for column in TRADE_COLUMNS)

ALL_TRADES_COLUMNS: tuple[Column[TradeTableRow], ...] = (
    _CLOSED,
    Column(
        "model",
        "Model",
        16,
        lambda line: model_cell(line.identity),
        render_at_width=lambda line, width: model_cell(line.identity, width),
        justify="left",
        sort_key=lambda line: line.identity.name,
        grows=True,
        max_width=28,
    ),
    *_FIGURES,
)

SEASON_COLUMN: Column[TradeTableRow] = Column(
    "season",
    "Season",
    7,
    lambda line: Cell(fmt.sanitise_line(line.trade.account.season, 12), "muted"),
    justify="left",
    sort_key=lambda line: line.trade.account.season,
    drop_order=1,
)
