"""The life of a position and the decisions behind an order, as text of the detail page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from nof1tui.domain.board import Board, TradeLog
from nof1tui.domain.decisions.attribution import (
    MAX_FILL_DELAY,
    MAX_FILL_LEAD,
    Attribution,
    ExecutedOrder,
    attribute_orders,
    executed_orders,
    find_cause,
)
from nof1tui.domain.decisions.outcomes import DecisionFigures, ExitOutcome
from nof1tui.domain.events.position_history import PositionChange, PositionHistory, position_changes
from nof1tui.domain.records import Decision
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.style.sparkline import forward_fill, resample, spark
from nof1tui.tui.text.details import heading, signal_parts

_SPARK_WIDTH = 64
_SUMMARY_LIMIT = 600
"""Characters of the decision's summary; the Chat screen has all of it."""


def position_history_parts(life: PositionHistory) -> list[TextPart]:
    """Unrealised P&L over its life, and each change of plan or size."""
    parts = _pnl(life.unrealized)
    changed = position_changes(life.versions)
    parts += heading("Changes since it was opened")
    if not life.versions:
        return [*parts, ("The store has not seen its beginning.\n", "$muted")]
    if not changed:
        return [*parts, ("None: plan, size and leverage are as they were.\n", "$muted")]
    for change in changed:
        parts += [(f"{fmt.day_and_time(change.at)}  ", "$muted"), _said(change), "\n"]
    return parts


def _pnl(line: TimeSeries) -> list[TextPart]:
    parts = heading("Unrealised P&L over its life")
    if len(line) < 2:
        return [*parts, ("Nothing stored yet.\n", "$muted")]
    low, high = min(line.values), max(line.values)
    cells = forward_fill(resample(line.times, line.values, line.times[0], line.times[-1], _SPARK_WIDTH))
    return [
        *parts,
        (spark(cells).lstrip(), "$accent"),
        "\n",
        ("low ", "$muted"),
        f"{fmt.gain_usd(low, cents=True)} {_when(line, low)}",
        (" · high ", "$muted"),
        f"{fmt.gain_usd(high, cents=True)} {_when(line, high)}",
        "\n",
    ]


def _when(line: TimeSeries, value: float) -> str:
    at = line.times[line.values.index(value)]
    return fmt.day_and_time(datetime.fromtimestamp(at, UTC))


def _said(change: PositionChange) -> str:
    tellers = {"quantity": fmt.quantity, "leverage": fmt.leverage}
    said = [
        f"{name} {tellers.get(name, fmt.price)(old)} → {tellers.get(name, fmt.price)(new)}"
        for name, old, new in change.figures
    ]
    if change.invalidation:
        said.append(f"invalid when {fmt.sanitise_line(change.invalidation, 300)}")
    return " · ".join(said)


def attribution_parts(
    words: str, fill: ExecutedOrder | None, decisions: Iterable[Decision]
) -> list[TextPart]:
    """Which decision asked for this order; `words` say what it did."""
    found = find_cause(fill, decisions) if fill is not None else None
    if fill is None or found is None:
        because = (
            "Its time is not known."
            if fill is None
            else "The store does not have it."
            if fill.effect == "open"
            else "It was a stop, a target or a liquidation, or the store does not have it."
        )
        return [*heading(f"{words} by no known decision"), (f"{because}\n".capitalize(), "$muted")]
    decision, signal = found
    away = (fill.at - decision.at).total_seconds()
    apart = f"{fmt.duration(abs(away))} {'before' if away >= 0 else 'after'} the fill"
    return [
        *heading(f"{words} by the decision of {fmt.day_and_time(decision.at)} UTC, {apart}"),
        *signal_parts(signal)[1:],
        ("\n" + fmt.sanitise_line(decision.summary or "", _SUMMARY_LIMIT) + "\n", "$muted"),
    ]


def fills_near_decision(board: Board | None, decision: Decision) -> tuple[ExecutedOrder, ...]:
    """The orders of a decision's account that the board knows of, as near to it as its own may be."""
    if board is None:
        return ()
    account = decision.account
    trades = board.trades.get(account, TradeLog()).trades
    row = board.accounts.get(account)
    fills = executed_orders(trades, (row,) if row else ())
    return tuple(fill for fill in fills if -MAX_FILL_LEAD <= fill.at - decision.at <= MAX_FILL_DELAY)


def link_decision(
    decision: Decision, others: Iterable[Decision], fills: Iterable[ExecutedOrder]
) -> tuple[Attribution, ...]:
    """What a decision caused, others of its account not having been nearer."""
    mine = {its.id: its for its in others if its.account == decision.account} | {decision.id: decision}
    return tuple(its for its in attribute_orders(mine.values(), fills) if its.decision is decision)


def decision_stats_parts(figures: DecisionFigures) -> list[TextPart]:
    """What became of a trader's entries: fills, stops, and confidence against outcome."""
    parts = heading("Decisions to enter")
    for name, figure, told in (
        ("Signals with a known order", figures.filled_pct, fmt.share),
        ("Median time to the fill", figures.to_fill_s, _seconds),
        ("Brier score (0 perfect, 0.25 a coin's)", figures.brier, fmt.ratio),
    ):
        value = "n/a" if figure.value is None else told(figure.value)
        parts += [(f"{name:<56}", "$muted"), (f"{value:>12}", "bold")]
        parts.append((f"  {figure.reason or f'{figure.n:,} {figure.n_of}'}\n", "$muted"))
    for verdict, words in _VERDICTS.items():
        parts += [(f"{words:<56}", "$muted"), (f"{figures.exit_outcomes.get(verdict, 0):>12}\n", "bold")]
    if figures.calibration:
        parts += heading("Confidence against outcome")
        parts.append((f"{'Stated':<12}{'Mean':>8}{'Won':>8}{'Net each':>12}{'Entries':>10}\n", "$muted"))
    for bucket in figures.calibration:
        stated, won, net = bucket.stated_pct, bucket.won_pct, bucket.net_usd
        range_ = f"{bucket.low:.1f} to {bucket.high:.1f}"
        style = "$muted" if won.weak else ""
        figures_ = f"{fmt.share(stated.value):>8}{fmt.share(won.value):>8}{fmt.gain_usd(net.value):>12}"
        parts.append((f"{range_:<12}{figures_}{won.n:>10,}\n", style))
    return parts


_VERDICTS: dict[ExitOutcome, str] = {
    "target": "Closed at the target or beyond",
    "before": "Closed before stop and target",
    "kept": "Closed at the stop",
    "overrun": "Closed worse than the stop",
}


def _seconds(value: float | None) -> str:
    return fmt.UNKNOWN if value is None else f"{value:.1f}s"
