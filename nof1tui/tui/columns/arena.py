"""Columns and rows of the arena's leaderboard.

Rows are built once for each board. Text from outside is sanitised here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from nof1tui.domain.figures.views import AccountView
from nof1tui.tui.columns.looks import Look, figure_columns, view_of
from nof1tui.tui.columns.reconciliation import DRIFT_MARK
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike
from nof1tui.tui.style.units import value_of
from nof1tui.tui.table.layout import Column

_SPARK_WIDTH, _MAX_SPARK_WIDTH = 14, 48
_MAX_NAME_WIDTH = 28


class ArenaRow(NamedTuple):
    """One account in the arena. A tuple, because thousands may be built at every poll."""

    view: AccountView
    name: str
    """Sanitised; with the competition where there are several."""
    color: str
    """`#rrggbb`"""
    spark: Callable[[int], str]
    """Renders the equity curve in the given number of cells."""
    hidden: bool = False
    """Whether its line is left out of the chart."""

    @property
    def slug(self) -> str:
        return self.view.row.account.slug

    @property
    def is_benchmark(self) -> bool:
        return self.view.leaderboard_row.is_benchmark


def arena_filter_text(row: ArenaRow) -> str:
    """The text that the filter searches."""
    maker = fmt.sanitise_line(row.view.trader.maker or "")
    return f"{row.name} {maker} {fmt.sanitise_line(row.slug)}"


def rank_cell(reading: Any) -> Cell:
    """The rank; empty for a benchmark."""
    rank = value_of(reading)
    return Cell("" if rank is None else str(rank), "bold")


def _rank_change(reading: Any) -> Cell:
    change = value_of(reading)
    if not change:
        return Cell("")
    return Cell(f"{'▲' if change > 0 else '▼'}{abs(change)}", "gain" if change > 0 else "loss")


def _name(row: ArenaRow) -> tuple[Any, ...]:
    has_drift = row.view.check is not None and row.view.check.since is not None
    return row.name, row.color, row.hidden, has_drift, row.is_benchmark


def _name_cell(reading: tuple[Any, ...]) -> CellLike:
    """The trader's colour and name; the mark is thin where its line is not drawn."""
    name, color, hidden, has_drift, is_benchmark = reading
    if has_drift:
        text = Cell(f"{DRIFT_MARK}{name}", "loss bold")
    else:
        text = Cell(name, "muted" if is_benchmark else "")
    return Cell("▏" if hidden else "▌", color), text


def _spark(row: ArenaRow, width: int = _SPARK_WIDTH) -> tuple[str, str]:
    return row.spark(width), "muted" if row.is_benchmark else row.color


_LOOKS = {
    "rank": Look(2, paint=rank_cell),
    "rank_change": Look(3, 6, paint=_rank_change, left=True),
    "equity_usd": Look(11, text=fmt.usd, style="bold"),
    "return_pct": Look(8),
    "change_24h_pct": Look(8, 12, text=partial(fmt.pct, digits=2)),
    "unrealized_usd": Look(9, 10),
    "positions": Look(3, 9),
    "leverage": Look(4, 5, title="Lev"),
    "exposure_gross": Look(5, 4, text=fmt.multiple),
    "max_drawdown_pct": Look(7, 8, toned=False),
    "sharpe": Look(6, 2, toned=False),
    "win_rate_pct": Look(4, 3),
    "trades": Look(6, 7),
    "fees_usd": Look(8, 1),
}


def arena_columns(range_title: str, accounts: int = 99) -> tuple[Column[ArenaRow], ...]:
    """Columns of the arena, the rank wide enough for this number of accounts."""
    columns: tuple[Column[ArenaRow], ...] = figure_columns("account", _LOOKS, view_of)
    rank, change, *figures = columns
    return (
        replace(rank, width=max(2, len(str(accounts)))),
        change,
        Column("name", "Model", 18, _name, _name_cell, justify="left", sort_key=lambda row: row.name,
               grows=True, max_width=_MAX_NAME_WIDTH),
        *figures,
        Column("spark", range_title, _SPARK_WIDTH, _spark, lambda reading: Cell(*reading), justify="left",
               drop_order=11, grows=True, max_width=_MAX_SPARK_WIDTH, read_at_width=_spark,
               tooltip="Equity over the chart's range"),
    )  # fmt: skip
