"""Series of the chart and the sparklines: windows of time of the board's equity curves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import ceil, log2
from typing import Literal

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.records import AccountKey, Position
from nof1tui.domain.series.closes import WHOLE_SEASON, Span
from nof1tui.domain.series.curve import Curve, TimeSeries
from nof1tui.tui.chart.spec import ChartMarker, ChartSeries
from nof1tui.tui.style.identities import TraderIdentities
from nof1tui.tui.style.sparkline import resample, spark

ChartStyle = Literal["braille", "block", "ascii"]
"""Characters of curves; `ascii` for terminals and fonts without others."""

_HOUR_S = 3_600.0
_DAY_S = 86_400.0
_MIN_EQUITY_GAP_S = 4_500.0
"""Account rows come every two to three minutes, those of the past each hour: a longer time is a gap."""
MAX_CHART_LINES = 32
"""Most lines of models in one chart; more are not distinct."""
_SAMPLED_STEPS = 64
"""Steps of a curve sampled for its spacing."""


@dataclass(frozen=True, slots=True)
class ChartRange:
    """The time span of the chart."""

    title: str
    column_title: str
    """Title of the sparkline column."""
    seconds: float | None
    """None: the whole season."""


CHART_RANGES = (
    ChartRange("24H", "24 h", 24 * _HOUR_S),
    ChartRange("72H", "72 h", 72 * _HOUR_S),
    ChartRange("7D", "7 d", 168 * _HOUR_S),
    ChartRange("ALL", "trend", None),
)


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The time shown, in seconds since the epoch."""

    start: float
    end: float


def time_window(board: Board, chosen: ChartRange) -> TimeWindow | None:
    """The range back from the newest record; None without a curve."""
    ends = [curve.times[-1] for curve in board.curves.values() if curve.times]
    if not ends:
        return None
    end = max(ends)
    if chosen.seconds is not None:
        return TimeWindow(end - chosen.seconds, end)
    start = min(curve.times[0] for curve in board.curves.values() if curve.times)
    return TimeWindow(min(start, end - _HOUR_S), end)


def next_range(chosen: ChartRange) -> ChartRange:
    return CHART_RANGES[(CHART_RANGES.index(chosen) + 1) % len(CHART_RANGES)]


def metrics_span(board: Board, chosen: ChartRange) -> Span:
    """The span of the range's figures, up to the newest record; the whole season without a curve."""
    shown = time_window(board, chosen)
    if shown is None or chosen.seconds is None:
        return WHOLE_SEASON
    return Span(since=datetime.fromtimestamp(shown.start, UTC))


def gap_s(curves: Collection[Curve], shown: TimeWindow) -> float:
    """Seconds without a point that are drawn as a gap; more for coarse data.

    Rounded up in steps, so that it stays the same while the time shown grows.
    """
    floor = max(_MIN_EQUITY_GAP_S, (shown.end - shown.start) / 40)
    spacings = []
    for curve in curves:
        times, _ = curve.since(shown.start)
        places = range(0, len(times) - 1, max(1, len(times) // _SAMPLED_STEPS))
        steps = sorted(times[place + 1] - times[place] for place in places)
        if steps:
            spacings.append(steps[len(steps) // 2])
    silence = max(floor, 3.0 * max(spacings, default=0.0))
    return float(2.0 ** (ceil(4 * log2(silence)) / 4))


def charted_accounts(
    board: Board, hidden: Collection[AccountKey], only: AccountKey | None
) -> frozenset[AccountKey]:
    """The accounts whose lines are in the chart: the best of those not hidden, and every benchmark."""
    if only is not None and only in board.accounts:
        return frozenset({only})
    shown = [standing for standing in board.leaderboard if standing.account not in hidden]
    best = [standing.account for standing in shown if not standing.is_benchmark][:MAX_CHART_LINES]
    return frozenset((*best, *(standing.account for standing in shown if standing.is_benchmark)))


def shared_capital(board: Board, accounts: Collection[AccountKey]) -> float | None:
    """The starting capital of these accounts, USD; None where it is unknown or not the same for all."""
    capitals = {curve.capital_usd for key, curve in board.curves.items() if key in accounts}
    return capitals.pop() if len(capitals) == 1 else None


def equity_series(
    board: Board,
    identities: TraderIdentities,
    shown: TimeWindow,
    visible: Collection[AccountKey] | None = None,
) -> list[ChartSeries]:
    """One line for each account (or the visible ones), best rank first, benchmarks dashed and last."""
    drawn = []
    for place, standing in enumerate(board.leaderboard):
        curve = board.curves.get(standing.account)
        if curve is None or (visible is not None and standing.account not in visible):
            continue
        identity = identities.identity_of(standing.account)
        is_whole = not curve.times or curve.times[0] >= shown.start
        times, values = (curve.times, curve.values) if is_whole else curve.since(shown.start)
        drawn.append(
            ChartSeries(
                key=standing.account.slug,
                label=identity.short_name,
                color=identity.color,
                times=times,
                values=values,
                dashed=identity.is_benchmark,
                rank=place,
                base=curve.capital_usd,
            )
        )
    return drawn


def trade_markers(log: TradeLog, curve: Curve, positions: Iterable[Position]) -> list[ChartMarker]:
    """Where trades opened ▲ and closed ▼, on the equity curve."""
    marked = [(trade.entry_at, "▲", "gain") for trade in log.trades]
    marked += [(trade.exit_at, "▼", "loss") for trade in log.trades]
    marked += [(position.entry_at, "▲", "gain") for position in positions]
    placed = []
    for at, glyph, style in marked:
        value = None if at is None else curve.value_at(at.timestamp(), _DAY_S)
        if at is not None and value is not None:
            placed.append(ChartMarker(at.timestamp(), value, glyph, style))
    return placed


class Sparklines:
    """Sparklines by key, rendered when needed and cached until curve, time or width change."""

    def __init__(self, style: ChartStyle = "braille") -> None:
        self._style = style
        self._drawn: dict[Hashable, tuple[Curve | TimeSeries, TimeWindow, int, str]] = {}

    def renderer_for(
        self, key: Hashable, curve: Curve | TimeSeries | None, shown: TimeWindow | None
    ) -> Callable[[int], str]:
        """A function that renders this curve in the given number of cells."""
        if curve is None or shown is None:
            return _empty_sparkline
        return partial(self._draw, key, curve, shown)

    def _draw(self, key: Hashable, curve: Curve | TimeSeries, shown: TimeWindow, width: int) -> str:
        known = self._drawn.get(key)
        if known is None or known[0] is not curve or known[1] != shown or known[2] != width:
            values = resample(curve.times, curve.values, shown.start, shown.end, width)
            known = self._drawn[key] = (curve, shown, width, spark(values, self._style))
        return known[3]


def _empty_sparkline(width: int) -> str:
    return ""
