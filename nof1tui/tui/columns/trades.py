"""Columns of the closed trades of all traders."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.domain.figures.views import TradeView
from nof1tui.tui.columns.looks import Look, figure_columns, model_column, view_of
from nof1tui.tui.columns.trader import TRADE_LOOKS, trade_filter_text
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.table.layout import Column


@dataclass(frozen=True, slots=True)
class TradeTableRow:
    """A closed trade with its trader."""

    identity: DisplayIdentity
    view: TradeView

    @property
    def filter_text(self) -> str:
        """The text that the filter searches."""
        account = self.view.account
        names = f"{self.identity.name} {fmt.sanitise_line(account.slug)} {account.season}"
        return f"{names} {trade_filter_text(self.view)}"


def trade_table_columns(*, with_season: bool) -> tuple[Column[TradeTableRow], ...]:
    """The trader screen's columns of trades with the model, and with the season where there are several."""
    looks = TRADE_LOOKS | ({"season": Look(7, 0.5, style="muted")} if with_season else {})
    columns: tuple[Column[TradeTableRow], ...] = figure_columns("trade", looks, view_of)
    closed, *figures = columns
    return closed, model_column(), *figures
