"""The tables' columns as data, and the rows they show.

Rows are worked out once a board; a column turns one row's field into the text of a cell. Text that
came from outside is made plain here.
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
    """One account's line in the arena. Thousands may be made at every poll."""

    standing: LeaderboardRow
    name: str
    """Plain; with the competition where there are several."""
    color: str
    """`#rrggbb`"""
    spark: Callable[[int], str]
    """Its curve in so many cells."""
    hidden: bool = False
    """Its line is not in the chart."""
    has_drift: bool = False
    """It has parted from the chain."""

    @property
    def slug(self) -> str:
        return self.standing.account.slug


def arena_filter_text(row: ArenaRow) -> str:
    """What the filter looks at."""
    maker = fmt.sanitise_line(row.standing.trader.maker or "")
    return f"{row.name} {maker} {fmt.sanitise_line(row.slug)}"


def _figure(
    text: Callable[[LeaderboardRow], str],
    value: Callable[[LeaderboardRow], float | None] | None = None,
    style: str = "",
) -> Callable[[ArenaRow], Cell]:
    """A cell of a standing: coloured by the sign of `value`, dim for a benchmark."""

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
    """The trader's colour beside its name; a thin mark where its line is not drawn."""
    if row.has_drift:
        name = Cell(f"{DRIFT_MARK}{row.name}", "loss bold")
    else:
        name = Cell(row.name, "muted" if row.standing.is_benchmark else "")
    return Cell("▏" if row.hidden else "▌", row.color), name


def _spark(row: ArenaRow, width: int = _SPARK_WIDTH) -> Cell:
    return Cell(row.spark(width), "muted" if row.standing.is_benchmark else row.color)


_FIGURES: tuple[Column[ArenaRow], ...] = (
    Column("delta", "Δ", 3, _rank_change, justify="left", drop_order=6,
           sort_key=lambda r: r.standing.rank_change, tooltip="Places won or lost in 24 hours"),
    Column("model", "Model", 18, _name, justify="left", sort_key=lambda r: r.name, grows=True, max_width=_MAX_NAME_WIDTH),
    Column("equity", "Equity", 11, _figure(lambda s: fmt.usd(s.equity_usd), style="bold"),
           sort_key=lambda r: r.standing.equity_usd),
    Column("return", "Return", 8, _figure(lambda s: fmt.pct(s.return_pct), lambda s: s.return_pct),
           sort_key=lambda r: r.standing.return_pct, tooltip="On the starting capital"),
    Column("day", "24h", 8, _figure(lambda s: fmt.pct(s.change_24h_pct, 2), lambda s: s.change_24h_pct),
           sort_key=lambda r: r.standing.change_24h_pct, drop_order=12),
    Column("unrealized", "Unreal.", 9,
           _figure(lambda s: fmt.gain_usd(s.unrealized_usd), lambda s: s.unrealized_usd),
           sort_key=lambda r: r.standing.unrealized_usd, drop_order=10, tooltip="Open P&L as upstream states it"),
    Column("positions", "Pos", 3, _figure(lambda s: fmt.number(s.positions)),
           sort_key=lambda r: r.standing.positions, drop_order=9, tooltip="Open positions"),
    Column("leverage", "Lev", 4, _figure(lambda s: fmt.leverage(s.leverage)),
           sort_key=lambda r: r.standing.leverage, drop_order=5, tooltip="Highest leverage of a position"),
    Column("exposure", "Expo", 5, _figure(lambda s: fmt.multiple(s.exposure_gross)),
           sort_key=lambda r: r.standing.exposure_gross, drop_order=4, tooltip="Gross notional over equity"),
    Column("drawdown", "MaxDD", 7, _figure(lambda s: fmt.pct(s.max_drawdown_pct)),
           sort_key=lambda r: r.standing.max_drawdown_pct, drop_order=8, tooltip="Deepest fall from a peak"),
    Column("sharpe", "Sharpe", 6, _figure(lambda s: fmt.ratio(s.sharpe)),
           sort_key=lambda r: r.standing.sharpe, drop_order=2, tooltip="Annualised, of daily closes"),
    Column("win", "Win", 4, _figure(lambda s: fmt.share(s.stats.win_rate_pct)),
           sort_key=lambda r: r.standing.stats.win_rate_pct, drop_order=3, tooltip="Share of trades with net gain"),
    Column("trades", "Trades", 6, _figure(lambda s: fmt.number(s.stats.trades)),
           sort_key=lambda r: r.standing.stats.trades, drop_order=7, tooltip="Closed trades"),
    Column("fees", "Fees", 8, _figure(lambda s: fmt.compact_usd(s.stats.fees_usd)),
           sort_key=lambda r: r.standing.stats.fees_usd, drop_order=1, tooltip="Paid on closed trades"),
)  # fmt: skip


def arena_columns(range_title: str, places: int = 99) -> tuple[Column[ArenaRow], ...]:
    """Columns of the arena for so many places; `leaves` is the order in which they go as it narrows."""
    return (
        Column("rank", "#", max(2, len(str(places))), _rank,
               sort_key=lambda r: -(r.standing.rank or 10_000), tooltip="Place by return"),
        *_FIGURES,
        Column("spark", range_title, _SPARK_WIDTH, _spark, justify="left", drop_order=11, grows=True,
               max_width=_MAX_SPARK_WIDTH, render_at_width=_spark, tooltip="Equity over the chart's range"),
    )  # fmt: skip


def cell_text(cell: CellLike) -> str:
    """What a cell says, its pieces joined."""
    return cell.text if isinstance(cell, Cell) else "".join(piece.text for piece in cell)


def tab_separated_row(columns: Sequence[Column[_RowT]], row: _RowT) -> str:
    """A row as it goes to the clipboard: every column, tabs between, as a spreadsheet takes them."""
    return "\t".join(cell_text(column.render(row)).strip() for column in columns)
