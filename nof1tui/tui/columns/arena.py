"""Columns and rows of the arena's leaderboard.

Rows are built once for each board; a column turns one field of a row into the text of a cell. Text from
outside is sanitised here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.tui.columns.reconciliation import DRIFT_MARK
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike
from nof1tui.tui.table.live_table import Column

_RowT = TypeVar("_RowT")

_SPARK_WIDTH, _MAX_SPARK_WIDTH = 14, 48
_MAX_NAME_WIDTH = 28


class ArenaRow(NamedTuple):
    """One account in the arena. A tuple, because thousands may be built at every poll."""

    standing: LeaderboardRow
    name: str
    """Sanitised; with the competition where there are several."""
    color: str
    """`#rrggbb`"""
    spark: Callable[[int], str]
    """Renders the equity curve in the given number of cells."""
    hidden: bool = False
    """Whether its line is left out of the chart."""
    has_drift: bool = False
    """Whether the reported account differs from the chain."""

    @property
    def slug(self) -> str:
        return self.standing.account.slug


def arena_filter_text(row: ArenaRow) -> str:
    """The text that the filter searches."""
    maker = fmt.sanitise_line(row.standing.trader.maker or "")
    return f"{row.name} {maker} {fmt.sanitise_line(row.slug)}"


def _figure(
    text: Callable[[LeaderboardRow], str],
    value: Callable[[LeaderboardRow], float | None] | None = None,
    style: str = "",
) -> Callable[[ArenaRow], Cell]:
    """Renders one figure: coloured by the sign of `value`, muted for a benchmark."""

    def render(row: ArenaRow) -> Cell:
        standing = row.standing
        tone = style
        if value is not None:
            tone = fmt.tone(value(standing)) or style
        return Cell(text(standing), "muted" if standing.is_benchmark else tone)

    return render


def _rank(row: ArenaRow) -> Cell:
    return Cell("" if row.standing.rank is None else str(row.standing.rank), "bold")


def _rank_change(row: ArenaRow) -> Cell:
    change = row.standing.rank_change
    if not change:
        return Cell("")
    return Cell(f"{'▲' if change > 0 else '▼'}{abs(change)}", "gain" if change > 0 else "loss")


def _name(row: ArenaRow) -> CellLike:
    """The trader's colour and name; the mark is thin where its line is not drawn."""
    if row.has_drift:
        name = Cell(f"{DRIFT_MARK}{row.name}", "loss bold")
    else:
        name = Cell(row.name, "muted" if row.standing.is_benchmark else "")
    return Cell("▏" if row.hidden else "▌", row.color), name


def _spark(row: ArenaRow, width: int = _SPARK_WIDTH) -> Cell:
    return Cell(row.spark(width), "muted" if row.standing.is_benchmark else row.color)


_FIGURES: tuple[Column[ArenaRow], ...] = (
    Column("delta", "Δ", 3, _rank_change, justify="left", drop_order=6,
           sort_key=lambda r: r.standing.rank_change, tooltip="Rank change, 24 h"),
    Column("model", "Model", 18, _name, justify="left", sort_key=lambda r: r.name, grows=True,
           max_width=_MAX_NAME_WIDTH),
    Column("equity", "Equity", 11, _figure(lambda s: fmt.usd(s.equity_usd), style="bold"),
           sort_key=lambda r: r.standing.equity_usd),
    Column("return", "Return", 8, _figure(lambda s: fmt.pct(s.return_pct), lambda s: s.return_pct),
           sort_key=lambda r: r.standing.return_pct, tooltip="Return on starting capital"),
    Column("day", "24h", 8, _figure(lambda s: fmt.pct(s.change_24h_pct, 2), lambda s: s.change_24h_pct),
           sort_key=lambda r: r.standing.change_24h_pct, drop_order=12),
    Column("unrealized", "Unreal.", 9,
           _figure(lambda s: fmt.gain_usd(s.unrealized_usd), lambda s: s.unrealized_usd),
           sort_key=lambda r: r.standing.unrealized_usd, drop_order=10,
           tooltip="Unrealised P&L (as reported)"),
    Column("positions", "Pos", 3, _figure(lambda s: fmt.number(s.positions)),
           sort_key=lambda r: r.standing.positions, drop_order=9, tooltip="Open positions"),
    Column("leverage", "Lev", 4, _figure(lambda s: fmt.leverage(s.leverage)),
           sort_key=lambda r: r.standing.leverage, drop_order=5, tooltip="Highest position leverage"),
    Column("exposure", "Expo", 5, _figure(lambda s: fmt.multiple(s.exposure_gross)),
           sort_key=lambda r: r.standing.exposure_gross, drop_order=4, tooltip="Gross notional over equity"),
    Column("drawdown", "MaxDD", 7, _figure(lambda s: fmt.pct(s.max_drawdown_pct)),
           sort_key=lambda r: r.standing.max_drawdown_pct, drop_order=8, tooltip="Max drawdown (intraday)"),
    Column("sharpe", "Sharpe", 6, _figure(lambda s: fmt.ratio(s.sharpe)),
           sort_key=lambda r: r.standing.sharpe, drop_order=2, tooltip="Sharpe, daily closes, annualised"),
    Column("win", "Win", 4, _figure(lambda s: fmt.share(s.stats.win_rate_pct)),
           sort_key=lambda r: r.standing.stats.win_rate_pct, drop_order=3, tooltip="Win rate (net P&L > 0)"),
    Column("trades", "Trades", 6, _figure(lambda s: fmt.number(s.stats.trades)),
           sort_key=lambda r: r.standing.stats.trades, drop_order=7, tooltip="Closed trades"),
    Column("fees", "Fees", 8, _figure(lambda s: fmt.compact_usd(s.stats.fees_usd)),
           sort_key=lambda r: r.standing.stats.fees_usd, drop_order=1, tooltip="Fees on closed trades"),
)  # fmt: skip


def arena_columns(range_title: str, accounts: int = 99) -> tuple[Column[ArenaRow], ...]:
    """Columns of the arena, the rank wide enough for this number of accounts."""
    return (
        Column("rank", "#", max(2, len(str(accounts))), _rank,
               sort_key=lambda r: -(r.standing.rank or 10_000), tooltip="Rank by return"),
        *_FIGURES,
        Column("spark", range_title, _SPARK_WIDTH, _spark, justify="left", drop_order=11, grows=True,
               max_width=_MAX_SPARK_WIDTH, render_at_width=_spark, tooltip="Equity over the chart's range"),
    )  # fmt: skip


def cell_text(cell: CellLike) -> str:
    """The text of a cell, its pieces joined."""
    return cell.text if isinstance(cell, Cell) else "".join(piece.text for piece in cell)


def tab_separated_row(columns: Sequence[Column[_RowT]], row: _RowT) -> str:
    """A row for the clipboard: every column, separated by tabs, as spreadsheets read them."""
    return "\t".join(cell_text(column.render(row)).strip() for column in columns)
