"""Every figure of a trader as a column, each with what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nof1tui.domain.metrics.figure_value import FigureValue
from nof1tui.domain.stats.stats_cache import TraderFigures
from nof1tui.domain.stats.upstream_diff import UpstreamDiff
from nof1tui.tui.columns.trades import model_cell
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.table.layout import Column

NOT_AVAILABLE = "n/a"


@dataclass(frozen=True, slots=True)
class StatsRow:
    identity: DisplayIdentity
    rank: int | None
    figures: TraderFigures
    checks: tuple[UpstreamDiff, ...] = ()
    """Upstream's figures beside ours; none where the figures are those of a range."""


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure: its name here and in full, and how it is told."""

    key: str
    title: str
    name: str
    read: Callable[[TraderFigures], FigureValue]
    format: Callable[[float | None], str]
    width: int = 7
    drop_order: int = 0
    signed: bool = False


def figure_text(stat: Stat, figure: FigureValue) -> str:
    return NOT_AVAILABLE if figure.value is None else stat.format(figure.value)


STATS: tuple[Stat, ...] = (
    Stat("return", "Return", "Return on the capital",
         lambda f: f.performance.return_pct, fmt.pct, signed=True),
    Stat("excess", "vs BTC", "Return beyond BTC bought and held, in points",
         lambda f: f.performance.excess_pct, fmt.points, 9, 14, signed=True),
    Stat("volatility", "Vol", "Volatility of daily returns, annualised",
         lambda f: f.performance.volatility_pct, fmt.share, 6, 17),
    Stat("sharpe", "Sharpe", "Sharpe ratio, annualised", lambda f: f.performance.sharpe, fmt.ratio, 7, 24),
    Stat("sortino", "Sortino", "Sortino ratio, annualised",
         lambda f: f.performance.sortino, fmt.ratio, 7, 15),
    Stat("drawdown", "MaxDD", "Deepest fall from a peak, by the finest rows",
         lambda f: f.performance.max_drawdown_pct, fmt.pct, 7, 25),
    Stat("daily_drawdown", "DD day", "Deepest fall by daily closes",
         lambda f: f.performance.max_drawdown_daily_pct, fmt.pct, 7, 2),
    Stat("now", "DD now", "Fall from the peak at this moment",
         lambda f: f.performance.drawdown_pct, fmt.pct, 7, 13),
    Stat("underwater", "Under", "Since the peak was last stood on",
         lambda f: f.performance.underwater_s, fmt.duration, 7, 12),
    Stat("omega", "Omega", "Omega ratio at 0", lambda f: f.performance.omega, fmt.ratio, 6, 3),
    Stat("var", "VaR95", "Daily loss not exceeded on 95 of 100 days",
         lambda f: f.performance.var95_pct, fmt.pct, 7, 4),
    Stat("cvar", "CVaR95", "Average of the worst 5 of 100 days",
         lambda f: f.performance.cvar95_pct, fmt.pct, 7, 5),
    Stat("beta", "Beta", "Beta to BTC bought and held", lambda f: f.performance.beta, fmt.ratio, 6, 10),
    Stat("correlation", "Corr", "Correlation with BTC bought and held",
         lambda f: f.performance.correlation, fmt.ratio, 6, 9),
    Stat("cagr", "CAGR", "Growth per year, from 90 days on", lambda f: f.performance.cagr_pct, fmt.pct, 7, 1),
    Stat("calmar", "Calmar", "Growth per year over the deepest fall, from 90 days on",
         lambda f: f.performance.calmar, fmt.ratio, 6, 1),
    Stat("win", "Win", "Share of trades with net gain", lambda f: f.trades.win_rate_pct, fmt.share, 4, 22),
    Stat("factor", "PF", "Profit factor: wins over losses",
         lambda f: f.trades.profit_factor, fmt.ratio, 5, 23),
    Stat("payoff", "Payoff", "Average win over average loss", lambda f: f.trades.payoff, fmt.ratio, 6, 11),
    Stat("expectancy", "Expect.", "Average net result of a trade, USD",
         lambda f: f.trades.expectancy_usd, fmt.gain_usd, 8, 20, signed=True),
    Stat("best", "Best", "Biggest win, USD",
         lambda f: f.trades.biggest_win_usd, fmt.gain_usd, 8, 16, signed=True),
    Stat("worst", "Worst", "Biggest loss, USD",
         lambda f: f.trades.biggest_loss_usd, fmt.gain_usd, 8, 18, signed=True),
    Stat("hold", "Hold", "Median time a trade was held",
         lambda f: f.trades.hold_median_s, fmt.duration, 7, 8),
    Stat("fees", "Fee %", "All fees as a share of what trades gained before them",
         lambda f: f.trades.fee_share_pct, fmt.share, 5, 7),
)  # fmt: skip
"""`leaves`: the lowest goes first as the screen narrows."""
_TRADE_STAT_COUNT = 8
"""The last of `_STATS_TAB` are told of closed trades."""

POSITION_STATS: tuple[Stat, ...] = (
    Stat("gross", "Expo", "Exposure: all positions over equity",
         lambda f: f.positions.gross, fmt.multiple, 5, 6),
    Stat("net", "Net", "Net exposure: longs less shorts over equity",
         lambda f: f.positions.net, fmt.multiple, 6, 5),
    Stat("used", "Lev", "Leverage in use: all positions over their margin",
         lambda f: f.positions.leverage_used, fmt.leverage, 5, 4),
    Stat("margin", "Margin", "Margin tied up, share of equity",
         lambda f: f.positions.margin_share_pct, fmt.share, 6, 3),
    Stat("stop", "Stop", "The nearest stop, percent of the mark away",
         lambda f: f.positions.nearest_stop_pct, fmt.share, 6, 2),
    Stat("liquidation", "Liq.", "The nearest liquidation, percent of the mark away",
         lambda f: f.positions.nearest_liquidation_pct, fmt.share, 6, 2),
)  # fmt: skip
"""Told of the positions held at the board's moment, whatever the range."""
DETAIL_STATS: tuple[Stat, ...] = (
    Stat("longest", "", "Longest time under water",
         lambda f: f.performance.longest_underwater_s, fmt.duration),
    Stat("hold_mean", "", "Average time a trade was held", lambda f: f.trades.hold_mean_s, fmt.duration),
    Stat("leverage", "", "Highest leverage of a position",
         lambda f: f.positions.leverage_highest, fmt.leverage),
)  # fmt: skip
"""Told in full only, where one trader is looked at."""


def _column(stat: Stat) -> Column[StatsRow]:
    def cell(line: StatsRow) -> Cell:
        figure = stat.read(line.figures)
        if figure.value is None or figure.weak or line.identity.is_benchmark:
            return Cell(figure_text(stat, figure), "muted")
        return Cell(figure_text(stat, figure), fmt.tone(figure.value) if stat.signed else "")

    return Column(
        stat.key,
        stat.title,
        stat.width,
        cell,
        sort_key=lambda line: stat.read(line.figures).value,
        drop_order=stat.drop_order,
        tooltip=stat.name,
    )


def _theirs(line: StatsRow, key: str) -> float | None:
    return next((check.upstream for check in line.checks if check.key == key), None)


def _reported(line: StatsRow, key: str) -> Cell:
    value = _theirs(line, key)
    return Cell(fmt.UNKNOWN if value is None else f"{value:+.2f}", "muted")


STAT_COLUMNS: tuple[Column[StatsRow], ...] = (
    Column("rank", "#", 2, lambda line: Cell("" if line.rank is None else str(line.rank), "bold"),
           sort_key=lambda line: -(line.rank or 10_000)),
    Column("model", "Model", 14, lambda line: model_cell(line.identity), justify="left",
           sort_key=lambda line: line.identity.name, grows=True, max_width=24,
           render_at_width=lambda line, width: model_cell(line.identity, width)),
    *map(_column, STATS[:-_TRADE_STAT_COUNT]),
    Column("days", "Days", 4, lambda line: Cell(str(line.figures.performance.sharpe.n)), drop_order=19,
           sort_key=lambda line: line.figures.performance.sharpe.n, tooltip="Daily returns that these rest on"),
    *map(_column, STATS[-_TRADE_STAT_COUNT:]),
    Column("trades", "Trades", 6, lambda line: Cell(fmt.number(line.figures.trades.totals.trades)), drop_order=21,
           sort_key=lambda line: line.figures.trades.totals.trades, tooltip="Closed trades that these rest on"),
    *map(_column, POSITION_STATS),
    Column("sharpe_reported", "SR theirs", 9, lambda line: _reported(line, "sharpe"), drop_order=16,
           sort_key=lambda line: _theirs(line, "sharpe"), tooltip="Upstream's own Sharpe ratio: not ours"),
    Column("return_reported", "Ret. theirs", 11, lambda line: _reported(line, "return_pct"), drop_order=3,
           sort_key=lambda line: _theirs(line, "return_pct"), tooltip="Upstream's own return, percent"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of one trader in full."""

    key: str
    name: str
    value: Cell
    basis: str
    """What it rests on, or why it is missing or weak."""

    @property
    def filter_text(self) -> str:
        return f"{self.name} {self.value.text} {self.basis}"


def figure_rows(figures: TraderFigures) -> list[FigureRow]:
    """Every figure with its count, and the reason where it is missing or weak."""
    rows = [_figure_row(stat, stat.read(figures)) for stat in (*STATS, *DETAIL_STATS, *POSITION_STATS)]
    trades, streaks = figures.trades, figures.trades.streaks
    for key, name, length in (
        ("win_streak", "Longest run of wins", streaks.longest_win),
        ("loss_streak", "Longest run of losses", streaks.longest_loss),
    ):
        rows.append(FigureRow(key, name, Cell(str(length), "bold"), f"{trades.totals.judged:,} trades"))
    for part in (*trades.sides, *trades.coins):
        rate = "" if part.win_rate_pct.value is None else f", {fmt.share(part.win_rate_pct.value)} won"
        name = (
            f"Net of {part.name}s" if part in trades.sides else f"Net in {fmt.sanitise_line(part.name, 24)}"
        )
        value = Cell(fmt.gain_usd(part.net_usd, cents=True), fmt.tone(part.net_usd))
        told = f"{part.trades:,} trades{rate}, {fmt.share(part.share_pct)} of all"
        rows.append(FigureRow(f"part:{part.name}", name, value, told))
    return rows


def check_rows(checks: Iterable[UpstreamDiff]) -> list[FigureRow]:
    """What upstream tells, with ours beside it and the reason where they differ."""
    rows = []
    for check in checks:
        theirs = fmt.UNKNOWN if check.upstream is None else f"{check.upstream:,.2f}"
        ours = "ours is n/a" if check.ours is None else f"ours {check.ours:,.2f}"
        told = "the same as ours" if check.agrees else f"{ours}{': ' + check.reason if check.reason else ''}"
        value = Cell(theirs, "muted" if check.upstream is None else "" if check.agrees else "warn")
        rows.append(FigureRow(f"upstream:{check.key}", f"Upstream: {check.name}", value, told))
    return rows


def _figure_row(stat: Stat, figure: FigureValue) -> FigureRow:
    weak = figure.value is None or figure.weak
    tone = "muted" if weak else fmt.tone(figure.value) if stat.signed else "bold"
    text = Cell(figure_text(stat, figure), tone)
    return FigureRow(stat.key, stat.name, text, figure.reason or f"{figure.n:,} {figure.n_of}")


FIGURE_COLUMNS: tuple[Column[FigureRow], ...] = (
    Column("figure", "Figure", 24, lambda row: Cell(row.name), justify="left",
           sort_key=lambda row: row.name, grows=True, max_width=56),
    Column("value", "Value", 12, lambda row: row.value),
    Column("rests", "Rests on", 12, lambda row: Cell(row.basis, "muted"), justify="left", grows=True,
           max_width=60, drop_order=1),
)  # fmt: skip


def stat_detail(line: StatsRow) -> list[TextPart]:
    """Every figure of a trader as the text of a page."""
    parts: list[TextPart] = []
    for row in (*figure_rows(line.figures), *check_rows(line.checks)):
        parts += [(f"{row.name:<56}", "$muted"), (f"{row.value.text:>12}", "bold")]
        parts.append((f"  {row.basis}\n", "$muted"))
    return parts
