"""What became of decisions: stated confidence against outcome, stops kept or overrun, time to the fill.

An entry is a signal to enter whose order is known (`linkage`). Its outcome is the net P&L of the trades
that closed what it opened; while something of it is open it has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from statistics import median
from typing import Literal

from nof1tui.domain.decisions.attribution import ENTRY_SIDES, Attribution
from nof1tui.domain.events.event import Event
from nof1tui.domain.metrics.figure_value import RELIABLE_TRADES, FigureValue, figure_value, percent
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import Trade

_CLOSED_ENTRIES = "entries that were closed"
_FILLED_ENTRIES = "entries with a known order"
_STOP_TOLERANCE = 0.0025
"""An exit this near its stop, as a share of the price, kept it; further beyond, the stop was overrun."""
_CONFIDENCE_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the table of calibration: from each, but for the last below the next."""

ExitOutcome = Literal["target", "before", "kept", "overrun"]
"""How a trade ended: at its target or beyond, before its stop, at its stop, or worse than its stop."""


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """A signal to enter, with what became of it."""

    attribution: Attribution
    trades: tuple[Trade, ...] = ()
    """Those that closed it, oldest first; empty while it is open."""
    stop: float | None = None
    """In force at the end: as stated on entry, or in the last change of plan before the exit."""

    @property
    def net_usd(self) -> float | None:
        """Of the trades with a known result; None without any."""
        known = [trade.net_usd for trade in self.trades if trade.net_usd is not None]
        return fsum(known) if known else None

    @property
    def exit_outcome(self) -> ExitOutcome | None:
        """Of the last trade; None where it, its price or its stop is not known."""
        if not self.trades:
            return None
        return exit_outcome(self.trades[-1], self.stop, self.attribution.signal.profit_target)


@dataclass(frozen=True, slots=True)
class CalibrationBucket:
    """Entries of about the same stated confidence."""

    low: float
    high: float
    stated_pct: FigureValue
    """Mean confidence as stated, percent."""
    won_pct: FigureValue
    """Share that came out with a net gain."""
    net_usd: FigureValue
    """Mean net P&L of an entry."""


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """All that is told of one account's entries."""

    entry_signals: int
    """Signals to enter."""
    filled_pct: FigureValue
    """Share of them whose order is known."""
    to_fill_s: FigureValue
    """Median time from the decision's stamp to the fill; may be negative, see `linkage`."""
    brier: FigureValue
    """Mean squared difference of confidence and outcome (1 won, 0 lost): 0 is perfect, 0.25 a coin's."""
    calibration: tuple[CalibrationBucket, ...]
    exit_outcomes: Mapping[ExitOutcome, int]


def exit_outcome(trade: Trade, stop: float | None, target: float | None) -> ExitOutcome | None:
    """How a trade ended, by its exit price; None where that or the stop is not known."""
    price, side = trade.exit_price, trade_side(trade)
    if price is None or side is None or (stop is None and target is None):
        return None
    sign, room = (-1.0 if side == "short" else 1.0), _STOP_TOLERANCE * price
    if target is not None and sign * (price - target) >= -room:
        return "target"
    if stop is None:
        return None
    beyond = sign * (stop - price)
    return "overrun" if beyond > room else "kept" if beyond >= -room else "before"


def entry_outcomes(
    links: Iterable[Attribution], trades: Iterable[Trade], plans: Iterable[Event] = ()
) -> tuple[EntryOutcome, ...]:
    """The signals to enter among these links, oldest first; `plans` are events of new exit plans."""
    by_id = {trade.id: trade for trade in trades}
    changed = sorted((event for event in plans if event.kind == "plan"), key=lambda event: event.at)
    found = [
        _entry_outcome(link, by_id, changed)
        for link in links
        if link.signal.action in ENTRY_SIDES and link.signal.coin is not None
    ]
    return tuple(
        sorted(found, key=lambda entry: (entry.attribution.decision.at, entry.attribution.decision.id))
    )


def _entry_outcome(link: Attribution, by_id: Mapping[str, Trade], plans: Sequence[Event]) -> EntryOutcome:
    named = {name for fill in link.orders if fill.effect == "open" for name in fill.trades}
    closed = sorted((by_id[name] for name in named & by_id.keys()), key=lambda trade: trade.exit_at)
    stop = link.signal.stop_loss
    for event in plans:
        mine = (event.account, event.coin) == (link.decision.account, link.signal.coin)
        if mine and closed and link.decision.at < event.at <= closed[-1].exit_at and event.plan is not None:
            stop = event.plan.stop_loss
    return EntryOutcome(link, tuple(closed), stop)


def decision_figures(told: Sequence[EntryOutcome]) -> DecisionFigures:
    """The figures of these entries."""
    filled = [entry for entry in told if entry.attribution.orders]
    waits = [wait for entry in filled if (wait := entry.attribution.to_fill_s) is not None]
    judged = [
        (entry.attribution.signal.confidence, net)
        for entry in told
        if entry.attribution.signal.confidence is not None and (net := entry.net_usd) is not None
    ]
    squares = fsum((stated - (net > 0)) ** 2 for stated, net in judged)
    share = percent(len(filled) / len(told)) if told else None
    return DecisionFigures(
        entry_signals=len(told),
        filled_pct=figure_value(share, len(told), "signals to enter"),
        to_fill_s=figure_value(median(waits) if waits else None, len(waits), _FILLED_ENTRIES),
        brier=figure_value(
            squares / len(judged) if judged else None, len(judged), _CLOSED_ENTRIES, sound=RELIABLE_TRADES
        ),
        calibration=tuple(_calibration(judged)),
        exit_outcomes=Counter(its for entry in told if (its := entry.exit_outcome) is not None),
    )


def _calibration(judged: Sequence[tuple[float, float]]) -> Iterable[CalibrationBucket]:
    """Those of the table that have an entry."""
    for low, high in pairwise(_CONFIDENCE_EDGES):
        mine = [
            (stated, net)
            for stated, net in judged
            if low <= stated < high or stated == high == _CONFIDENCE_EDGES[-1]
        ]
        if not mine:
            continue
        count = len(mine)

        def told(value: float, *, of: int = count) -> FigureValue:
            return figure_value(value, of, _CLOSED_ENTRIES, sound=RELIABLE_TRADES)

        yield CalibrationBucket(
            low,
            high,
            stated_pct=figure_value(
                100.0 * fsum(stated for stated, _ in mine) / count, count, _CLOSED_ENTRIES
            ),
            won_pct=told(100.0 * sum(net > 0 for _, net in mine) / count),
            net_usd=told(fsum(net for _, net in mine) / count),
        )
