"""Every figure of a trader as a column and as a row, with the number of observations."""

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
    """All figures of one trader."""

    identity: DisplayIdentity
    rank: int | None
    figures: TraderFigures
    checks: tuple[UpstreamDiff, ...] = ()
    """Reported figures beside the computed ones; empty where the figures are of a range."""


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure: its column title, its full name, and how it is read and formatted."""

    key: str
    title: str
    name: str
    read: Callable[[TraderFigures], FigureValue]
    format: Callable[[float | None], str]
    width: int = 7
    drop_order: int = 0
    signed: bool = False


def figure_text(stat: Stat, figure: FigureValue) -> str:
    """The formatted figure, `n/a` where it has no value."""
    return NOT_AVAILABLE if figure.value is None else stat.format(figure.value)


STATS: tuple[Stat, ...] = (
    Stat("return", "Return", "Return",
         lambda f: f.performance.return_pct, fmt.pct, signed=True),
    Stat("excess", "vs BTC", "Excess return vs BTC hold (pp)",
         lambda f: f.performance.excess_pct, fmt.points, 9, 14, signed=True),
    Stat("volatility", "Vol", "Volatility of daily returns, annualised",
         lambda f: f.performance.volatility_pct, fmt.share, 6, 17),
    Stat("sharpe", "Sharpe", "Sharpe ratio, annualised", lambda f: f.performance.sharpe, fmt.ratio, 7, 24),
    Stat("sortino", "Sortino", "Sortino ratio, annualised",
         lambda f: f.performance.sortino, fmt.ratio, 7, 15),
    Stat("drawdown", "MaxDD", "Max drawdown (intraday)",
         lambda f: f.performance.max_drawdown_pct, fmt.pct, 7, 25),
    Stat("daily_drawdown", "DD daily", "Max drawdown (daily)",
         lambda f: f.performance.max_drawdown_daily_pct, fmt.pct, 8, 2),
    Stat("now", "DD now", "Current drawdown",
         lambda f: f.performance.drawdown_pct, fmt.pct, 7, 13),
    Stat("underwater", "UW time", "Time under water",
         lambda f: f.performance.underwater_s, fmt.duration, 7, 12),
    Stat("omega", "Omega", "Omega ratio at 0", lambda f: f.performance.omega, fmt.ratio, 6, 3),
    Stat("var", "VaR95", "VaR 95 % (1 day)",
         lambda f: f.performance.var95_pct, fmt.pct, 7, 4),
    Stat("cvar", "CVaR95", "CVaR 95 % (1 day)",
         lambda f: f.performance.cvar95_pct, fmt.pct, 7, 5),
    Stat("beta", "Beta", "Beta to BTC", lambda f: f.performance.beta, fmt.ratio, 6, 10),
    Stat("correlation", "Corr", "Correlation with BTC",
         lambda f: f.performance.correlation, fmt.ratio, 6, 9),
    Stat("cagr", "CAGR", "CAGR (n ≥ 90 days)", lambda f: f.performance.cagr_pct, fmt.pct, 7, 1),
    Stat("calmar", "Calmar", "Calmar ratio (n ≥ 90 days)",
         lambda f: f.performance.calmar, fmt.ratio, 6, 1),
    Stat("win", "Win", "Win rate", lambda f: f.trades.win_rate_pct, fmt.share, 4, 22),
    Stat("factor", "PF", "Profit factor (gross wins ÷ gross losses)",
         lambda f: f.trades.profit_factor, fmt.ratio, 5, 23),
    Stat("payoff", "Payoff", "Payoff ratio", lambda f: f.trades.payoff, fmt.ratio, 6, 11),
    Stat("expectancy", "Expect.", "Expectancy (net USD per trade)",
         lambda f: f.trades.expectancy_usd, fmt.gain_usd, 8, 20, signed=True),
    Stat("best", "Best", "Biggest win, USD",
         lambda f: f.trades.biggest_win_usd, fmt.gain_usd, 8, 16, signed=True),
    Stat("worst", "Worst", "Biggest loss, USD",
         lambda f: f.trades.biggest_loss_usd, fmt.gain_usd, 8, 18, signed=True),
    Stat("hold", "Hold", "Median holding time",
         lambda f: f.trades.hold_median_s, fmt.duration, 7, 8),
    Stat("fees", "Fee %", "Fees as % of gross profit",
         lambda f: f.trades.fee_share_pct, fmt.share, 5, 7),
)  # fmt: skip
"""Figures of returns, risk and closed trades."""
_TRADE_STAT_COUNT = 8
"""Number of figures at the end of `STATS` that are of closed trades."""

POSITION_STATS: tuple[Stat, ...] = (
    Stat("gross", "Expo", "Gross exposure",
         lambda f: f.positions.gross, fmt.multiple, 5, 6),
    Stat("net", "Net", "Net exposure",
         lambda f: f.positions.net, fmt.multiple, 6, 5),
    Stat("used", "Lev", "Effective leverage",
         lambda f: f.positions.leverage_used, fmt.leverage, 5, 4),
    Stat("margin", "Margin", "Margin used (% of equity)",
         lambda f: f.positions.margin_share_pct, fmt.share, 6, 3),
    Stat("stop", "Stop", "Distance to nearest stop",
         lambda f: f.positions.nearest_stop_pct, fmt.share, 6, 2),
    Stat("liquidation", "Liq.", "Distance to nearest liquidation",
         lambda f: f.positions.nearest_liquidation_pct, fmt.share, 6, 2),
)  # fmt: skip
"""Figures of the positions open at the board's time, whatever the range."""
DETAIL_STATS: tuple[Stat, ...] = (
    Stat("longest", "", "Longest time under water",
         lambda f: f.performance.longest_underwater_s, fmt.duration),
    Stat("hold_mean", "", "Mean holding time", lambda f: f.trades.hold_mean_s, fmt.duration),
    Stat("leverage", "", "Highest position leverage",
         lambda f: f.positions.leverage_highest, fmt.leverage),
)  # fmt: skip
"""Figures that are shown on the page of one trader only."""


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


def _reported_value(line: StatsRow, key: str) -> float | None:
    return next((check.upstream for check in line.checks if check.key == key), None)


def _reported(line: StatsRow, key: str) -> Cell:
    value = _reported_value(line, key)
    return Cell(fmt.UNKNOWN if value is None else f"{value:+.2f}", "muted")


STAT_COLUMNS: tuple[Column[StatsRow], ...] = (
    Column("rank", "#", 2, lambda line: Cell("" if line.rank is None else str(line.rank), "bold"),
           sort_key=lambda line: -(line.rank or 10_000)),
    Column("model", "Model", 14, lambda line: model_cell(line.identity), justify="left",
           sort_key=lambda line: line.identity.name, grows=True, max_width=24,
           render_at_width=lambda line, width: model_cell(line.identity, width)),
    *map(_column, STATS[:-_TRADE_STAT_COUNT]),
    Column("days", "Days", 4, lambda line: Cell(str(line.figures.performance.sharpe.n)), drop_order=19,
           sort_key=lambda line: line.figures.performance.sharpe.n, tooltip="Daily returns (n)"),
    *map(_column, STATS[-_TRADE_STAT_COUNT:]),
    Column("trades", "Trades", 6, lambda line: Cell(fmt.number(line.figures.trades.totals.trades)),
           drop_order=21, sort_key=lambda line: line.figures.trades.totals.trades,
           tooltip="Closed trades (n)"),
    *map(_column, POSITION_STATS),
    Column("sharpe_reported", "Sharpe (nof1)", 13, lambda line: _reported(line, "sharpe"), drop_order=16,
           sort_key=lambda line: _reported_value(line, "sharpe"), tooltip="Sharpe as reported by the API"),
    Column("return_reported", "Return (nof1)", 13, lambda line: _reported(line, "return_pct"), drop_order=3,
           sort_key=lambda line: _reported_value(line, "return_pct"),
           tooltip="Return as reported by the API, percent"),
)  # fmt: skip


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


def figure_rows(figures: TraderFigures) -> list[FigureRow]:
    """Every figure with its number of observations, and the reason where it is missing or weak."""
    rows = [_figure_row(stat, stat.read(figures)) for stat in (*STATS, *DETAIL_STATS, *POSITION_STATS)]
    trades, streaks = figures.trades, figures.trades.streaks
    for key, name, length in (
        ("win_streak", "Longest winning streak", streaks.longest_win),
        ("loss_streak", "Longest losing streak", streaks.longest_loss),
    ):
        rows.append(FigureRow(key, name, Cell(str(length), "bold"), f"{trades.totals.judged:,} trades"))
    for part in (*trades.sides, *trades.coins):
        rate = "" if part.win_rate_pct.value is None else f", win rate {fmt.share(part.win_rate_pct.value)}"
        name = f"Net P&L, {fmt.sanitise_line(part.name, 24)}"
        value = Cell(fmt.gain_usd(part.net_usd, cents=True), fmt.tone(part.net_usd))
        basis = f"{part.trades:,} trades{rate}, {fmt.share(part.share_pct)} of all"
        rows.append(FigureRow(f"part:{part.name}", name, value, basis))
    return rows


def check_rows(checks: Iterable[UpstreamDiff]) -> list[FigureRow]:
    """Reported figures, each with the computed one and the reason where they differ."""
    rows = []
    for check in checks:
        reported = fmt.UNKNOWN if check.upstream is None else f"{check.upstream:,.2f}"
        computed = "computed: n/a" if check.ours is None else f"computed: {check.ours:,.2f}"
        basis = "matches" if check.agrees else f"{computed}{'; ' + check.reason if check.reason else ''}"
        value = Cell(reported, "muted" if check.upstream is None else "" if check.agrees else "warn")
        rows.append(FigureRow(f"upstream:{check.key}", f"Reported: {check.name}", value, basis))
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
    Column("basis", "Based on", 12, lambda row: Cell(row.basis, "muted"), justify="left", grows=True,
           max_width=60, drop_order=1),
)  # fmt: skip


def stat_detail(line: StatsRow) -> list[TextPart]:
    """Every figure of a trader as text, one figure a line."""
    parts: list[TextPart] = []
    for row in (*figure_rows(line.figures), *check_rows(line.checks)):
        parts += [(f"{row.name:<56}", "$muted"), (f"{row.value.text:>12}", "bold")]
        parts.append((f"  {row.basis}\n", "$muted"))
    return parts
