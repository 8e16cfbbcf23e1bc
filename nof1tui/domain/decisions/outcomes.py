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

from nof1tui.domain.decisions.attribution import ENTRIES, Link
from nof1tui.domain.events.event import Event
from nof1tui.domain.metrics.figure_value import SOUND_TRADES, Figure, figure, percent
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import Trade

CLOSED = "entries that were closed"
FILLED = "entries with a known order"
SLIPPAGE = 0.0025
"""An exit this near its stop, as a share of the price, kept it; further beyond, the stop was overrun."""
EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the table of calibration: from each, but for the last below the next."""

Verdict = Literal["target", "before", "kept", "overrun"]
"""How a trade ended: at its target or beyond, before its stop, at its stop, or worse than its stop."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A signal to enter, with what became of it."""

    link: Link
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
    def verdict(self) -> Verdict | None:
        """Of the last trade; None where it, its price or its stop is not known."""
        if not self.trades:
            return None
        return verdict(self.trades[-1], self.stop, self.link.signal.profit_target)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Entries of about the same stated confidence."""

    low: float
    high: float
    stated_pct: Figure
    """Mean confidence as stated, percent."""
    won_pct: Figure
    """Share that came out with a net gain."""
    net_usd: Figure
    """Mean net P&L of an entry."""


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """All that is told of one account's entries."""

    asked: int
    """Signals to enter."""
    filled_pct: Figure
    """Share of them whose order is known."""
    to_fill_s: Figure
    """Median time from the decision's stamp to the fill; may be negative, see `linkage`."""
    brier: Figure
    """Mean squared difference of confidence and outcome (1 won, 0 lost): 0 is perfect, 0.25 a coin's."""
    buckets: tuple[Bucket, ...]
    verdicts: Mapping[Verdict, int]


def verdict(trade: Trade, stop: float | None, target: float | None) -> Verdict | None:
    """How a trade ended, by its exit price; None where that or the stop is not known."""
    price, side = trade.exit_price, trade_side(trade)
    if price is None or side is None or (stop is None and target is None):
        return None
    sign, room = (-1.0 if side == "short" else 1.0), SLIPPAGE * price
    if target is not None and sign * (price - target) >= -room:
        return "target"
    if stop is None:
        return None
    beyond = sign * (stop - price)
    return "overrun" if beyond > room else "kept" if beyond >= -room else "before"


def entries(links: Iterable[Link], trades: Iterable[Trade], plans: Iterable[Event] = ()) -> tuple[Entry, ...]:
    """The signals to enter among these links, oldest first; `plans` are events of new exit plans."""
    by_id = {trade.id: trade for trade in trades}
    changed = sorted((event for event in plans if event.kind == "plan"), key=lambda event: event.at)
    found = [
        _entry(link, by_id, changed)
        for link in links
        if link.signal.action in ENTRIES and link.signal.coin is not None
    ]
    return tuple(sorted(found, key=lambda entry: (entry.link.decision.at, entry.link.decision.id)))


def _entry(link: Link, by_id: Mapping[str, Trade], plans: Sequence[Event]) -> Entry:
    named = {name for fill in link.fills if fill.act == "open" for name in fill.trades}
    closed = sorted((by_id[name] for name in named & by_id.keys()), key=lambda trade: trade.exit_at)
    stop = link.signal.stop_loss
    for event in plans:
        mine = (event.account, event.coin) == (link.decision.account, link.signal.coin)
        if mine and closed and link.decision.at < event.at <= closed[-1].exit_at and event.plan is not None:
            stop = event.plan.stop_loss
    return Entry(link, tuple(closed), stop)


def decision_figures(told: Sequence[Entry]) -> DecisionFigures:
    """The figures of these entries."""
    filled = [entry for entry in told if entry.link.fills]
    waits = [wait for entry in filled if (wait := entry.link.to_fill_s) is not None]
    judged = [
        (entry.link.signal.confidence, net)
        for entry in told
        if entry.link.signal.confidence is not None and (net := entry.net_usd) is not None
    ]
    squares = fsum((stated - (net > 0)) ** 2 for stated, net in judged)
    share = percent(len(filled) / len(told)) if told else None
    return DecisionFigures(
        asked=len(told),
        filled_pct=figure(share, len(told), "signals to enter"),
        to_fill_s=figure(median(waits) if waits else None, len(waits), FILLED),
        brier=figure(squares / len(judged) if judged else None, len(judged), CLOSED, sound=SOUND_TRADES),
        buckets=tuple(_buckets(judged)),
        verdicts=Counter(its for entry in told if (its := entry.verdict) is not None),
    )


def _buckets(judged: Sequence[tuple[float, float]]) -> Iterable[Bucket]:
    """Those of the table that have an entry."""
    for low, high in pairwise(EDGES):
        mine = [
            (stated, net) for stated, net in judged if low <= stated < high or stated == high == EDGES[-1]
        ]
        if not mine:
            continue
        count = len(mine)

        def told(value: float, *, of: int = count) -> Figure:
            return figure(value, of, CLOSED, sound=SOUND_TRADES)

        yield Bucket(
            low,
            high,
            stated_pct=figure(100.0 * fsum(stated for stated, _ in mine) / count, count, CLOSED),
            won_pct=told(100.0 * sum(net > 0 for _, net in mine) / count),
            net_usd=told(fsum(net for _, net in mine) / count),
        )
