"""Every figure of a trader as a column and as a row, with the number of observations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.figures import catalogue
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.figure import Figure, Reading
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.metrics.trades import TradeBreakdown
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.closes import WHOLE_SEASON, Span
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.domain.stats.upstream_diff import UpstreamDiff
from nof1tui.tui.columns.arena import rank_cell
from nof1tui.tui.columns.looks import Look, figure_columns, model_column, view_of
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, cell_text
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.style.units import painter
from nof1tui.tui.table.layout import Column

_Plain = partial(Look, toned=False)
_LOOKS = {
    "rank": Look(2, paint=rank_cell),
    "return_pct": Look(7),
    "excess_pct": Look(9, 14),
    "volatility_pct": Look(6, 17),
    "sharpe": _Plain(7, 24),
    "sortino": _Plain(7, 15),
    "max_drawdown_pct": _Plain(7, 25),
    "max_drawdown_daily_pct": _Plain(8, 2),
    "drawdown_pct": _Plain(7, 13),
    "underwater_s": Look(7, 12),
    "omega": Look(6, 3),
    "var95_pct": _Plain(7, 4),
    "cvar95_pct": _Plain(7, 5),
    "beta": Look(6, 10),
    "correlation": Look(6, 9),
    "cagr_pct": _Plain(7, 1),
    "calmar": _Plain(6, 1),
    "n": Look(4, 19),
    "win_rate_pct": Look(4, 22),
    "profit_factor": Look(5, 23),
    "payoff": Look(6, 11),
    "expectancy_usd": Look(8, 20),
    "biggest_win_usd": Look(8, 16),
    "biggest_loss_usd": Look(8, 18),
    "hold_median_s": Look(7, 8),
    "fee_share_pct": Look(5, 7),
    "trades": Look(6, 21),
    "exposure_gross": Look(5, 6, text=fmt.multiple),
    "exposure_net": _Plain(7, 5, text=fmt.multiple),
    "leverage_used": Look(7, 4),
    "margin_share_pct": Look(6, 3),
    "nearest_stop_pct": Look(6, 2),
    "nearest_liquidation_pct": Look(6, 2),
    "sharpe_reported": _Plain(9, 16, style="muted"),
    "return_reported_pct": _Plain(11, 3, style="muted"),
}
_GROUPS = ("return", "risk", "trades", "exposure", "record")
"""Groups of figures of one trader, in order. Those of behaviour need stored decisions and have their own
text on the detail page, those of the chain their own line."""


@dataclass(frozen=True, slots=True)
class StatsRow:
    """All figures of one trader."""

    identity: DisplayIdentity
    view: AccountView


def account_view(
    board: Board, account: AccountKey, cache: StatsCache, now: datetime, span: Span = WHOLE_SEASON
) -> AccountView | None:
    """The view of one account; statistics of the others are not computed."""
    views = Views(board, now, cache, span).accounts
    view = next((its for its in views if its.account == account), None)
    return view and replace(view, read_stats=partial(cache.figures_of, board, account, span))


def _is_listed(figure: Figure[Any]) -> bool:
    return figure.is_numeric and figure.group in _GROUPS


def stats_columns() -> tuple[Column[StatsRow], ...]:
    """A column for each figure of an account; those without a look come last and are dropped first."""
    columns: tuple[Column[StatsRow], ...] = figure_columns("account", _LOOKS, view_of, rest=_is_listed)
    rank, *figures = columns
    return rank, model_column(14, 24), *figures


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of one trader, with what it is based on."""

    key: str
    name: str
    value: Cell
    basis: str
    """Number of observations, or why the figure is missing or weak."""

    @property
    def filter_text(self) -> str:
        return f"{self.name} {self.value.text} {self.basis}"


def figure_rows(view: AccountView) -> list[FigureRow]:
    """Every figure with its number of observations, and the reason where it is missing or weak."""
    figures = [figure for figure in catalogue.default_catalogue().of("account") if _is_listed(figure)]
    figures.sort(key=lambda figure: _GROUPS.index(figure.group))
    parts = (*view.stats.trades.sides, *view.stats.trades.coins)
    return [*(_figure_row(figure, figure.read(view)) for figure in figures), *map(_part_row, parts)]


def _figure_row(figure: Figure[Any], reading: Reading) -> FigureRow:
    cell = painter(figure, style="" if figure.signed else "bold")(reading)
    value = cell if isinstance(cell, Cell) else Cell(cell_text(cell))
    return FigureRow(figure.key, figure_name(figure), value, basis_text(figure, reading))


def figure_name(figure: Figure[Any]) -> str:
    """The first clause of its description: `Sharpe ratio of daily returns`."""
    return figure.description.rstrip(".").split(";")[0].split(":")[0].split(",")[0]


def basis_text(figure: Figure[Any], reading: Reading) -> str:
    """`17 trades`, the reason of a figure that is missing or weak, or where a fact is from."""
    if isinstance(reading, FigureValue) and reading.basis_text:
        return reading.basis_text
    return {"reported": "as reported", "config": "from the settings"}.get(figure.source, "")


def _part_row(part: TradeBreakdown) -> FigureRow:
    rate = "" if part.win_rate_pct.value is None else f", win rate {fmt.share(part.win_rate_pct.value)}"
    name = f"Net P&L, {fmt.sanitise_line(part.name, 24)}"
    value = Cell(fmt.gain_usd(part.net_usd, cents=True), fmt.tone(part.net_usd))
    basis = f"{part.trades:,} trades{rate}, {fmt.share(part.share_pct)} of all"
    return FigureRow(f"part:{part.name}", name, value, basis)


def check_rows(checks: Iterable[UpstreamDiff]) -> Iterator[FigureRow]:
    """Reported figures, each with the computed one and the reason where they differ."""
    for check in checks:
        reported = fmt.UNKNOWN if check.upstream is None else f"{check.upstream:,.2f}"
        computed = "computed: n/a" if check.ours is None else f"computed: {check.ours:,.2f}"
        basis = "matches" if check.agrees else f"{computed}{'; ' + check.reason if check.reason else ''}"
        value = Cell(reported, "muted" if check.upstream is None else "" if check.agrees else "warn")
        yield FigureRow(f"upstream:{check.key}", f"Reported: {check.name}", value, basis)


FIGURE_COLUMNS: tuple[Column[FigureRow], ...] = (
    Column("figure", "Figure", 24, lambda row: Cell(row.name), justify="left",
           sort_key=lambda row: row.name, grows=True, max_width=56),
    Column("value", "Value", 12, lambda row: row.value),
    Column("basis", "Based on", 12, lambda row: Cell(row.basis, "muted"), justify="left", grows=True,
           max_width=60, drop_order=1),
)  # fmt: skip


def stat_detail(view: AccountView) -> list[TextPart]:
    """Every figure of a trader as text, one figure a line."""
    parts: list[TextPart] = []
    for row in (*figure_rows(view), *check_rows(view.read_reported())):
        parts += [(f"{row.name:<56}", "$muted"), (f"{row.value.text:>12}", "bold")]
        parts.append((f"  {row.basis}\n", "$muted"))
    return parts
