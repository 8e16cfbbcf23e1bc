"""Every figure of a trader as a column, each with what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nof1tui.domain.figure_book import TraderFigures
from nof1tui.domain.figures import Figure
from nof1tui.tui import format as fmt
from nof1tui.tui.cells import Cell
from nof1tui.tui.lineup import Face
from nof1tui.tui.trade_columns import model_cell
from nof1tui.tui.widgets.table_strips import Column

NOT_MEANT = "n/a"


@dataclass(frozen=True, slots=True)
class StatLine:
    face: Face
    rank: int | None
    figures: TraderFigures


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure: its name here and in full, and how it is told."""

    key: str
    title: str
    name: str
    read: Callable[[TraderFigures], Figure]
    told: Callable[[float | None], str]
    width: int = 7
    leaves: int = 0
    signed: bool = False


def figure_text(stat: Stat, figure: Figure) -> str:
    return NOT_MEANT if figure.value is None else stat.told(figure.value)


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


def _column(stat: Stat) -> Column[StatLine]:
    def cell(line: StatLine) -> Cell:
        figure = stat.read(line.figures)
        if figure.value is None or figure.weak or line.face.is_benchmark:
            return Cell(figure_text(stat, figure), "muted")
        return Cell(figure_text(stat, figure), fmt.tone(figure.value) if stat.signed else "")

    return Column(
        stat.key,
        stat.title,
        stat.width,
        cell,
        sort=lambda line: stat.read(line.figures).value,
        leaves=stat.leaves,
        tooltip=stat.name,
    )


STAT_COLUMNS: tuple[Column[StatLine], ...] = (
    Column("rank", "#", 2, lambda line: Cell("" if line.rank is None else str(line.rank), "bold"),
           sort=lambda line: -(line.rank or 10_000)),
    Column("model", "Model", 14, lambda line: model_cell(line.face), justify="left",
           sort=lambda line: line.face.name, grows=True, most=24),
    *map(_column, STATS[:-8]),
    Column("days", "Days", 4, lambda line: Cell(str(line.figures.performance.sharpe.n)), leaves=19,
           sort=lambda line: line.figures.performance.sharpe.n, tooltip="Daily returns that these rest on"),
    *map(_column, STATS[-8:]),
    Column("trades", "Trades", 6, lambda line: Cell(fmt.number(line.figures.trades.sums.trades)), leaves=21,
           sort=lambda line: line.figures.trades.sums.trades, tooltip="Closed trades that these rest on"),
)  # fmt: skip


def stat_detail(line: StatLine) -> list[str | tuple[str, str]]:
    """Every figure with its count, and the reason where it is missing or weak."""
    parts: list[str | tuple[str, str]] = []
    for stat in STATS:
        figure = stat.read(line.figures)
        parts += [(f"{stat.name:<56}", "$muted"), (f"{figure_text(stat, figure):>12}", "bold")]
        parts.append((f"  {figure.reason or f'{figure.n:,} {figure.counted}'}\n", "$muted"))
    return parts
