"""Outcomes of decisions: calibration of stated confidence, stops filled or overrun, time to the order.

An entry is a signal to enter. Its outcome is the net P&L of the trades that closed the position it
opened (see `attribution`); an open position has no outcome yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import fsum
from statistics import median
from typing import Literal

from msgspec import Struct

from nof1tui.domain.decisions.attribution import ENTRY_SIDES, Attribution
from nof1tui.domain.events.event import Event
from nof1tui.domain.metrics.figure_value import RELIABLE_TRADES, FigureValue, figure_value, percent
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import Trade

_CLOSED_ENTRIES = "entries that were closed"
_FILLED_ENTRIES = "entries with an order"
_STOP_TOLERANCE = 0.0025
"""Share of the price: an exit this near the stop is at the stop; further beyond, the stop is overrun."""
_CONFIDENCE_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Edges of the calibration buckets; only the last bucket includes its upper edge."""

ExitOutcome = Literal["target", "before", "kept", "overrun"]
"""Exit at the target or beyond, before stop and target, at the stop, or worse than the stop."""


class EntryOutcome(Struct, frozen=True):
    """A signal to enter, with the trades that closed its position."""

    attribution: Attribution
    trades: tuple[Trade, ...] = ()
    """The closing trades, oldest first; empty while the position is open."""
    stop: float | None = None
    """The stop in force at the exit: as stated on entry, or in the last plan change before the exit."""

    @property
    def net_usd(self) -> float | None:
        """Net P&L of the trades with a known result; None without any."""
        known = [trade.net_usd for trade in self.trades if trade.net_usd is not None]
        return fsum(known) if known else None

    @property
    def exit_outcome(self) -> ExitOutcome | None:
        """How the last trade ended; None if the trade, its price or its stop is unknown."""
        if not self.trades:
            return None
        return exit_outcome(self.trades[-1], self.stop, self.attribution.signal.profit_target)


class CalibrationBucket(Struct, frozen=True):
    """Entries with similar stated confidence."""

    low: float
    high: float
    stated_pct: FigureValue
    """Mean stated confidence, percent."""
    won_pct: FigureValue
    """Share with a net gain, percent."""
    net_usd: FigureValue
    """Mean net P&L of an entry."""


class DecisionFigures(Struct, frozen=True):
    """All figures of one account's entries."""

    entry_signals: int
    """Number of signals to enter."""
    filled_pct: FigureValue
    """Share of them with an order, percent."""
    to_fill_s: FigureValue
    """Median time from decision to order; may be negative, see `attribution`."""
    brier: FigureValue
    """Mean squared difference of confidence and outcome (1 won, 0 lost): 0 best, 0.25 coin toss."""
    calibration: tuple[CalibrationBucket, ...]
    exit_outcomes: Mapping[ExitOutcome, int]


def exit_outcome(trade: Trade, stop: float | None, target: float | None) -> ExitOutcome | None:
    """How a trade ended, by its exit price; None if that, or stop and target, are unknown."""
    price, side = trade.exit_price, trade_side(trade)
    if price is None or side is None or (stop is None and target is None):
        return None
    sign, tolerance = (-1.0 if side == "short" else 1.0), _STOP_TOLERANCE * price
    if target is not None and sign * (price - target) >= -tolerance:
        return "target"
    if stop is None:
        return None
    beyond = sign * (stop - price)
    return "overrun" if beyond > tolerance else "kept" if beyond >= -tolerance else "before"


def entry_outcomes(
    attributions: Iterable[Attribution], trades: Iterable[Trade], plans: Iterable[Event] = ()
) -> tuple[EntryOutcome, ...]:
    """The entries among these attributions, oldest first; `plans` are events of changed exit plans."""
    by_id = {trade.id: trade for trade in trades}
    changed = sorted((event for event in plans if event.kind == "plan"), key=lambda event: event.at)
    entries = [
        _entry_outcome(attribution, by_id, changed)
        for attribution in attributions
        if attribution.signal.action in ENTRY_SIDES and attribution.signal.coin is not None
    ]
    return tuple(
        sorted(entries, key=lambda entry: (entry.attribution.decision.at, entry.attribution.decision.id))
    )


def _entry_outcome(
    attribution: Attribution, by_id: Mapping[str, Trade], plans: Sequence[Event]
) -> EntryOutcome:
    trade_ids = {name for order in attribution.orders if order.effect == "open" for name in order.trades}
    closed = sorted(
        (by_id[trade_id] for trade_id in trade_ids & by_id.keys()), key=lambda trade: trade.exit_at
    )
    stop = attribution.signal.stop_loss
    for event in plans:
        same_position = (event.account, event.coin) == (attribution.decision.account, attribution.signal.coin)
        if (
            same_position
            and closed
            and attribution.decision.at < event.at <= closed[-1].exit_at
            and event.plan is not None
        ):
            stop = event.plan.stop_loss
    return EntryOutcome(attribution, tuple(closed), stop)


def decision_figures(entries: Sequence[EntryOutcome]) -> DecisionFigures:
    """The figures of these entries: time to order, calibration, exit outcomes."""
    filled = [entry for entry in entries if entry.attribution.orders]
    waits = [wait for entry in filled if (wait := entry.attribution.to_fill_s) is not None]
    with_outcome = [
        (entry.attribution.signal.confidence, net)
        for entry in entries
        if entry.attribution.signal.confidence is not None and (net := entry.net_usd) is not None
    ]
    squares = fsum((stated - (net > 0)) ** 2 for stated, net in with_outcome)
    share = percent(len(filled) / len(entries)) if entries else None
    return DecisionFigures(
        entry_signals=len(entries),
        filled_pct=figure_value(share, len(entries), "signals to enter"),
        to_fill_s=figure_value(median(waits) if waits else None, len(waits), _FILLED_ENTRIES),
        brier=figure_value(
            squares / len(with_outcome) if with_outcome else None,
            len(with_outcome),
            _CLOSED_ENTRIES,
            sound=RELIABLE_TRADES,
        ),
        calibration=tuple(_calibration(with_outcome)),
        exit_outcomes=Counter(end for entry in entries if (end := entry.exit_outcome) is not None),
    )


def _calibration(with_outcome: Sequence[tuple[float, float]]) -> Iterable[CalibrationBucket]:
    """The calibration buckets that have entries."""
    for low, high in pairwise(_CONFIDENCE_EDGES):
        members = [
            (stated, net)
            for stated, net in with_outcome
            if low <= stated < high or stated == high == _CONFIDENCE_EDGES[-1]
        ]
        if not members:
            continue
        count = len(members)

        def averaged(value: float, *, of: int = count) -> FigureValue:
            return figure_value(value, of, _CLOSED_ENTRIES, sound=RELIABLE_TRADES)

        yield CalibrationBucket(
            low,
            high,
            stated_pct=figure_value(
                100.0 * fsum(stated for stated, _ in members) / count, count, _CLOSED_ENTRIES
            ),
            won_pct=averaged(100.0 * sum(net > 0 for _, net in members) / count),
            net_usd=averaged(fsum(net for _, net in members) / count),
        )
